"""How would the whole window be grouped, seen at once? As in placing, but without an order of arrival.

Articles enter in an order that depends on them alone (time, then id), are all counted before any is compared,
and each pair is judged from both sides; so the stories depend on articles and settings, and on nothing else.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from service.index.window import Window
from service.model import Int64, Link, UInt32, WindowArticle
from service.settings import Settings
from service.sketch.exact import resemblance
from service.stories.constraints import Constraints
from service.stories.cross_language import CrossLanguage, evidence_across
from service.stories.decide import SAME_TEXT
from service.stories.halves import halved
from service.stories.linkage import linked
from service.stories.mending import mend
from service.stories.same_event import SameEventModel, default_model, warmth_of
from service.stories.seen import Seen, look
from service.stories.strays import MOST, without_strays

KEPT_LINKS = 8  # links kept per article, strongest first


class Cluster(NamedTuple):
    """Articles of one story, sorted, and links between them."""

    article_ids: tuple[str, ...]
    links: tuple[Link, ...]


class View(NamedTuple):
    """All articles seen at once.

    ids: of the matchable ones, in canonical order. seen: what they see of each other. originals: for each
    article the one whose copy it is, itself where there is none. across: the probabilities of pairs in
    different languages. alike: of the pairs whose texts were compared, whether one is the other's copy.
    """

    ids: Sequence[str]
    seen: Seen
    originals: Sequence[int]
    across: Mapping[tuple[int, int], float]
    alike: Mapping[tuple[int, int], bool] = MappingProxyType({})


def recluster(
    items: Sequence[WindowArticle],
    model: SameEventModel | None = None,
    settings: Settings | None = None,
    constraints: Constraints | None = None,
) -> list[Cluster]:
    """Group articles into stories as the constraints demand; every article is in exactly one cluster."""
    model, settings = model or default_model(), settings or Settings()
    view = view_of(items, model, settings)
    others = [item.article_id for item in items if not item.sketch.matchable]
    groups = group(view, others, model, constraints or Constraints())
    return [*with_links(view, groups, model)]


def fill(ordered: Iterable[WindowArticle], settings: Settings) -> Window:
    """A window of all the articles, each counted before the first was entered: slot i holds article i."""
    window = Window(settings)
    window.fill(ordered)
    return window


def canonical(published_at: float | None, article_id: str) -> tuple[float, str]:
    """The order of articles that depends on them alone."""
    return (math.inf if published_at is None else published_at, article_id)


def view_of(items: Iterable[WindowArticle], model: SameEventModel, settings: Settings) -> View:
    """All articles seen at once."""
    return view_and_window(in_order(items), model, settings)[0]


def view_and_window(
    ordered: Iterable[WindowArticle], model: SameEventModel, settings: Settings
) -> tuple[View, Window]:
    """All articles seen at once, and the window that they fill, in the order of the view: they come as
    `in_order` gives them, and are not held all at once unless their anchors are asked for."""
    ordered = list(ordered) if settings.cross_language else ordered
    window = fill(ordered, settings)
    seen, ids = look(window, model), list(window)
    across = across_of(ordered, settings) if settings.cross_language else {}
    originals, alike = originals_of(len(ids), seen, window.body, {})
    return View(ids, seen, originals, across, alike), window


def in_order(items: Iterable[WindowArticle]) -> list[WindowArticle]:
    """The matchable ones, in canonical order."""
    matchable = (item for item in items if item.sketch.matchable)
    return sorted(matchable, key=lambda item: canonical(item.published_at, item.article_id))


def group(
    view: View, others: Iterable[str], model: SameEventModel, constraints: Constraints
) -> list[tuple[str, ...]]:
    """The stories, by their articles: those of the view, and `others`, each of which stands alone unless
    people decided otherwise."""
    members: dict[int, list[str]] = defaultdict(list)
    for article_id, story in zip(view.ids, _stories(view, model, constraints), strict=True):
        members[story].append(article_id)
    groups = [tuple(sorted(ids)) for ids in members.values()] + [(id,) for id in others]
    if len(constraints):
        # Linkage groups first: a bundle of unlike articles that were one from the beginning would be like
        # nothing, and lose the stories that each of them belongs to.
        groups = [tuple(sorted(ids)) for ids in mend(groups, constraints, ())]
    return sorted(groups)


def with_links(view: View, groups: Iterable[tuple[str, ...]], model: SameEventModel) -> Iterator[Cluster]:
    """Groups with the strongest links inside each, a few for each article."""
    groups = list(groups)
    story_of = {id: number for number, ids in enumerate(groups) for id in ids}
    stories = np.array([story_of.get(id, -1) for id in view.ids], np.int64)
    pairs = view.seen.pairs
    here = np.flatnonzero(
        (stories[pairs.a] == stories[pairs.b]) & (stories[pairs.a] >= 0) & (pairs.votes > 0.0)
    )
    inside: dict[int, list[tuple[float, int, int, int]]] = defaultdict(list)
    found = zip(pairs.votes[here].tolist(), pairs.a[here].tolist(), pairs.b[here].tolist(), strict=True)
    for row, (vote, i, j) in zip(here.tolist(), found, strict=True):
        if (i, j) not in view.across:
            inside[int(stories[i])].append((-vote, i, j, row))
    for (i, j), probability in view.across.items():
        if stories[i] == stories[j] >= 0:
            inside[int(stories[i])].append((-probability, i, j, -1))
    for number, ids in enumerate(groups):
        yield Cluster(ids, tuple(_strongest(view, sorted(inside[number]), model)))


def _strongest(
    view: View, pairs: Sequence[tuple[float, int, int, int]], model: SameEventModel
) -> Iterator[Link]:
    threshold = model.merge_from(len(view.ids))
    kept: Counter[int] = Counter()
    for negative, i, j, row in pairs:
        if min(kept[i], kept[j]) < KEPT_LINKS:
            kept.update((i, j))
            if row < 0:
                yield Link(view.ids[i], view.ids[j], evidence_across(-negative, threshold))
            else:
                a, b, evidence = view.seen.evidence(row, model, len(view.ids), threshold)
                yield Link(view.ids[a], view.ids[b], evidence)


def originals_of(
    count: int, seen: Seen, body_of: Callable[[int], UInt32], known: Mapping[tuple[int, int], bool]
) -> tuple[list[int], dict[tuple[int, int], bool]]:
    """For each article the one whose copy it is, itself where there is none: no copy of a copy, so that
    small edits do not add up. The last of equal articles is the original, which all others see. And which
    texts were compared for it, those `known` included."""
    pairs = seen.pairs
    against = np.flatnonzero(pairs.votes < 0.0)
    twins = set(zip(pairs.a[against].tolist(), pairs.b[against].tolist(), strict=True))
    copies: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for i, j, alike in zip(*(column.tolist() for column in seen.copies), strict=True):
        if j > i:
            copies[i].append((-alike, -j))
    originals, compared = list(range(count)), dict(known)
    for i in sorted(copies, reverse=True):
        for j in (originals[-j] for _, j in sorted(set(copies[i]))):
            if (i, j) in twins:
                continue
            if (i, j) not in compared:
                compared[i, j] = resemblance(body_of(i), body_of(j))[0] >= SAME_TEXT
            if compared[i, j]:
                originals[i] = j
                break
    return originals, compared


def across_of(items: Iterable[WindowArticle], settings: Settings) -> dict[tuple[int, int], float]:
    """What pairs of different languages have in common."""
    seen = CrossLanguage(settings.window_days)
    for i, item in enumerate(items):
        seen.add(i, item)
    return seen.pairs()


def _stories(view: View, model: SameEventModel, constraints: Constraints) -> list[int]:
    """The number of each article's story. One that must be apart from others is nobody's copy."""
    names = {i: constraints.name(id) for i, id in enumerate(view.ids) if id in constraints}
    parted = {i: name for i, name in names.items() if constraints.apart(name)}
    apart = {name: constraints.apart(name) for name in parted.values()}
    originals = [i if i in parted else original for i, original in enumerate(view.originals)]
    a, b, votes = _votes(view)
    stories = linked(originals, a, b, votes, model.merge_from(len(view.ids)), parted, apart)
    of, sizes = np.array(stories, np.int64), np.bincount(stories) if stories else np.zeros(0, np.int64)
    here = np.flatnonzero((of[a] == of[b]) & (sizes[of[a]] <= MOST)) if len(a) else a[:0]
    inside = zip(a[here].tolist(), b[here].tolist(), votes[here].tolist(), strict=True)
    pairs, warmth = {(i, j): vote for i, j, vote in inside}, warmth_of(len(view.ids))
    stories = without_strays(stories, originals, pairs, warmth)
    # Between reports in different languages most pairs say nothing, so that each language is a half.
    return stories if view.across else halved(stories, originals, pairs, warmth)


def _votes(view: View) -> tuple[Int64, Int64, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """The votes of all pairs, in order."""
    pairs = view.seen.pairs
    a, b, votes = pairs.a.astype(np.int64), pairs.b.astype(np.int64), pairs.votes
    if not view.across:
        return a, b, votes
    together = dict(zip(zip(a.tolist(), b.tolist(), strict=True), votes.tolist(), strict=True))
    together |= view.across
    keys = np.array(sorted(together), np.int64).reshape(-1, 2)
    return keys[:, 0], keys[:, 1], np.array([together[i, j] for i, j in keys.tolist()])
