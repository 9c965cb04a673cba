"""How would the whole window be grouped, seen at once? As in placing, but without an order of arrival.

Articles enter in an order that depends on them alone (time, then id), are all counted before any is compared,
and each pair is judged from both sides; so the stories depend on articles and settings, and on nothing else.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from service.index.window import Window
from service.model import Float64, Int32, Link, WindowArticle
from service.settings import Settings
from service.sketch.exact import resemblance
from service.stories.constraints import Constraints
from service.stories.cross_language import CrossLanguage, evidence_across
from service.stories.decide import SAME_TEXT, copied_of
from service.stories.evidence import REPLACED, Measured, measure
from service.stories.judge import evidence_of, judge
from service.stories.linkage import linked
from service.stories.mending import mend
from service.stories.same_event import SameEventModel, default_model, warmth_of
from service.stories.strays import without_strays
from service.stories.twins import votes_of

LEAST = 0.02  # pairs less probable than this are taken for certainly different
KEPT_LINKS = 8  # links kept per article, strongest first


class Cluster(NamedTuple):
    """Articles of one story, sorted, and links between them."""

    article_ids: tuple[str, ...]
    links: tuple[Link, ...]


def recluster(
    items: Sequence[WindowArticle],
    model: SameEventModel | None = None,
    settings: Settings | None = None,
    constraints: Constraints | None = None,
) -> list[Cluster]:
    """Group articles into stories as the constraints demand; every article is in exactly one cluster."""
    model, settings = model or default_model(), settings or Settings()
    constraints = constraints or Constraints()
    matchable = sorted((item for item in items if item.sketch.matchable), key=_canonical)
    view = _View(matchable, model, settings)
    clusters = [*_clusters(view, constraints)]
    clusters += [Cluster((item.article_id,), ()) for item in items if not item.sketch.matchable]
    mended = _mended(clusters, constraints) if len(constraints) else clusters
    return sorted(mended, key=lambda cluster: cluster.article_ids)


def fill(ordered: Sequence[WindowArticle], settings: Settings) -> Window:
    """A window of all the articles, each counted before the first was entered: slot i holds article i."""
    window = Window(settings)
    window.add(*ordered, counted_first=True)
    return window


class _View:
    """All articles seen at once.

    pairs: the mean vote of either side on (i, j), i < j; one side's word alone where the other did not see
    it. copies: for each article, those that it is a copy of, most alike first, of equal ones the last.
    """

    def __init__(self, items: Sequence[WindowArticle], model: SameEventModel, settings: Settings) -> None:
        self.items, self._model = items, model
        self.threshold = model.merge_from(len(items))
        self.copies: list[list[int]] = []
        self._measured: list[Measured] = []
        self._rows: dict[tuple[int, int], tuple[int, float]] = {}
        window = fill(items, settings)
        self.across = _across(items, settings) if settings.cross_language else {}
        seen = [self._judge(window, i) for i in range(len(items))]
        self.pairs: dict[tuple[int, int], float] = {}
        for (i, j), (_, probability) in self._rows.items():
            slots, probabilities = seen[j]
            back = probabilities[slots == i]
            mean = (probability + float(back[0])) / 2 if len(back) else probability
            self.pairs[min(i, j), max(i, j)] = mean
        self.pairs.update(self.across)

    def _judge(self, window: Window, i: int) -> tuple[Int32, Float64]:
        """Measure an article's candidates and keep what may matter; returns their slots and probabilities."""
        measured = measure(window, i, window.candidates(i))
        votes = votes_of(judge(self._model, measured), measured.features[:, REPLACED])
        for row in np.flatnonzero((votes >= LEAST) | (votes < 0.0)).tolist():
            self._rows[i, int(measured.slots[row])] = row, float(votes[row])
        self._measured.append(measured)
        copied = copied_of(measured.features, measured.shares)
        alike = [(-copied[row], -int(measured.slots[row])) for row in np.flatnonzero(copied).tolist()]
        self.copies.append([-slot for _, slot in sorted(alike)])
        return measured.slots, votes

    def originals(self) -> list[int]:
        """For each article the one whose copy it is, itself where there is none: no copy of a copy, so that
        small edits do not add up. The last of equal articles is the original, which all others see."""
        originals = list(range(len(self.items)))
        for i in reversed(originals[:]):
            for j in (originals[j] for j in self.copies[i] if j > i):
                if self.pairs.get((i, j), 0.0) < 0.0:  # its original's twin
                    continue
                if resemblance(self.items[i].sketch.body, self.items[j].sketch.body)[0] >= SAME_TEXT:
                    originals[i] = j
                    break
        return originals

    def link(self, i: int, j: int) -> Link:
        """The link between two articles that see each other, with the evidence of the side that saw it."""
        if (i, j) in self.across:
            evidence = evidence_across(self.across[i, j], self.threshold)
            return Link(self.items[i].article_id, self.items[j].article_id, evidence)
        a, b = (i, j) if (i, j) in self._rows else (j, i)
        row, _ = self._rows[a, b]
        probability = self.pairs[i, j]
        evidence = evidence_of(self._model, self._measured[a], row, probability, self.threshold)
        return Link(self.items[a].article_id, self.items[b].article_id, evidence)


def _across(items: Sequence[WindowArticle], settings: Settings) -> dict[tuple[int, int], float]:
    """What pairs of different languages have in common."""
    seen = CrossLanguage(settings.window_days)
    for i, item in enumerate(items):
        seen.add(i, item)
    return seen.pairs()


def _mended(clusters: Sequence[Cluster], constraints: Constraints) -> list[Cluster]:
    """Clusters that hold articles which must be together become one, as far as they may.

    A bundle of unlike articles that were one from the beginning would be like nothing: it lost the stories
    that each of them belongs to.
    """
    groups = mend((cluster.article_ids for cluster in clusters), constraints, ())
    home = {article_id: number for number, group in enumerate(groups) for article_id in group}
    inside: dict[int, list[Link]] = defaultdict(list)
    for link in (link for cluster in clusters for link in cluster.links):
        if home[link.a] == home[link.b]:
            inside[home[link.a]].append(link)
    return [Cluster(tuple(sorted(group)), tuple(inside[number])) for number, group in enumerate(groups)]


def _stories(view: _View, constraints: Constraints) -> list[int]:
    """The number of each article's story. One that must be apart from others is nobody's copy."""
    pairs = ((i, j, probability) for (i, j), probability in view.pairs.items())
    names = [constraints.name(item.article_id) for item in view.items]
    parted = {i: name for i, name in enumerate(names) if constraints.apart(name)}
    apart = {name: constraints.apart(name) for name in parted.values()}
    originals = [i if i in parted else original for i, original in enumerate(view.originals())]
    stories = linked(originals, pairs, view.threshold, parted, apart)
    return without_strays(stories, originals, view.pairs, warmth_of(len(view.items)))


def _clusters(view: _View, constraints: Constraints) -> Iterator[Cluster]:
    """Each story with the strongest links inside it, a few for each article."""
    stories = _stories(view, constraints)
    members: dict[int, list[str]] = defaultdict(list)
    for item, story in zip(view.items, stories, strict=True):
        members[story].append(item.article_id)
    inside: dict[int, list[tuple[float, int, int]]] = defaultdict(list)
    for (i, j), probability in view.pairs.items():
        if stories[i] == stories[j] and probability > 0.0:
            inside[stories[i]].append((-probability, i, j))
    for story, article_ids in members.items():
        yield Cluster(tuple(sorted(article_ids)), tuple(_strongest(view, sorted(inside[story]))))


def _strongest(view: _View, pairs: Sequence[tuple[float, int, int]]) -> Iterator[Link]:
    kept: Counter[int] = Counter()
    for _, i, j in pairs:
        if min(kept[i], kept[j]) < KEPT_LINKS:
            kept.update((i, j))
            yield view.link(i, j)


def _canonical(item: WindowArticle) -> tuple[float, str]:
    return (math.inf if item.published_at is None else item.published_at, item.article_id)
