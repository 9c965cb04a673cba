"""Which pairs are wrongly together, which wrongly apart, and what decided? A page to be read by a person.

It shows titles, which belong to their publishers: for local reading, never to be committed.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from html import escape
from itertools import zip_longest
from typing import Literal, NamedTuple

import numpy as np

from service.model import Evidence, Float64, WindowArticle
from service.settings import Settings
from service.stories.evidence import FEATURES, UNTITLED, Measured, measure, measure_against
from service.stories.examples import Examples, LabelledSet
from service.stories.judge import evidence_of, judge
from service.stories.recluster import fill
from service.stories.same_event import SameEventModel

SHOWN = 30
NAMED = 3
LITTLE = 0.05  # a part of the log-odds under this is not worth naming

Kind = Literal["wrongly together", "no candidate", "below the threshold", "story mean too low"]
MISSES: tuple[Kind, ...] = ("no candidate", "below the threshold", "story mean too low")
Title = Callable[[str], str]


class Mistake(NamedTuple):
    """A pair that the labels and the re-clustered stories disagree on. `probability` is None where neither
    article has the other among its candidates; `evidence` says then what it would have been."""

    a: str
    b: str
    kind: Kind
    probability: float | None
    evidence: Evidence
    usual: Mapping[str, float]  # what each feature adds for a same-event pair of the set, on average

    @property
    def worst_first(self) -> float:
        """The wrong merges, and the misses that probability did not cause, that looked surest come first; of
        other misses the least probable."""
        sign = 1.0 if self.kind in ("no candidate", "below the threshold") else -1.0
        return sign * self.evidence.probability


def mistakes(
    labelled: LabelledSet,
    predictions: Sequence[Mapping[str, str]],
    models: Sequence[SameEventModel],
    examples: Examples,
    settings: Settings,
) -> list[Mistake]:
    """All mistakes of the re-clustered stories, each fold's by its own model."""
    view = _View(labelled.items, settings)
    same = examples.features[examples.same & ~examples.cold]
    usual = [_usual(model, same) for model in models]
    found = {}
    for fold, predicted in enumerate(predictions):
        for a, b, together in _wrong(labelled, predicted, fold):
            if a in view and b in view and (min(a, b), max(a, b)) not in found:
                found[min(a, b), max(a, b)] = view.mistake(a, b, together, models[fold], usual[fold])
    return list(found.values())


def _usual(model: SameEventModel, same: Float64) -> Mapping[str, float]:
    added = model.warm.contributions(same).mean(axis=0)
    added[UNTITLED] = 0.0  # a title is nothing that a pair lacks
    return dict(zip(FEATURES, added.tolist(), strict=True))


def _wrong(labelled: LabelledSet, predicted: Mapping[str, str], fold: int) -> Iterator[tuple[str, str, bool]]:
    """Pairs with an article of a fold that are wrongly together (True) or wrongly apart."""
    if labelled.pairs:
        for (a, b), same in labelled.pairs.items():
            if a < b and labelled.fold(a) == fold and same != (predicted[a] == predicted[b]):
                yield a, b, not same
        return
    groups: dict[str, list[str]] = defaultdict(list)
    stories: dict[str, list[str]] = defaultdict(list)
    for article_id, story in labelled.stories.items():
        groups[predicted[article_id]].append(article_id)
        stories[story].append(article_id)
    for a, story in labelled.stories.items():
        if labelled.fold(a) == fold:
            yield from ((a, b, True) for b in groups[predicted[a]] if labelled.stories[b] != story)
            yield from ((a, b, False) for b in stories[story] if predicted[b] != predicted[a])


class _View:
    """All articles in one window, as re-clustering sees them."""

    def __init__(self, items: Sequence[WindowArticle], settings: Settings) -> None:
        matchable = sorted((item for item in items if item.sketch.matchable), key=_canonical)
        self._window = fill(matchable, settings)
        self._measured = lru_cache(maxsize=None)(self._measure)

    def __contains__(self, article_id: str) -> bool:
        return article_id in self._window

    def _measure(self, slot: int) -> Measured:
        return measure(self._window, slot, self._window.candidates(slot))

    def mistake(
        self, a: str, b: str, together: bool, model: SameEventModel, usual: Mapping[str, float]
    ) -> Mistake:
        """Say how a pair came to be judged wrongly."""
        slots = self._window.slot(a), self._window.slot(b)
        threshold = model.merge_from(len(self._window))
        seen = [self._said(one, other, model) for one, other in (slots, slots[::-1])]
        said = [each for each in seen if each is not None]
        probability = float(np.mean([p for _, _, p in said])) if said else None
        measured, row, alone = said[0] if said else self._asked(*slots, model)
        evidence = evidence_of(model, measured, row, alone if probability is None else probability, threshold)
        kind: Kind = "story mean too low"
        if together:
            kind = "wrongly together"
        elif probability is None:
            kind = "no candidate"
        elif probability < threshold:
            kind = "below the threshold"
        return Mistake(a, b, kind, probability, evidence, usual)

    def _said(self, slot: int, other: int, model: SameEventModel) -> tuple[Measured, int, float] | None:
        """What an article says of one of its candidates."""
        measured = self._measured(slot)
        rows = np.flatnonzero(measured.slots == other)
        if not len(rows):
            return None
        return measured, int(rows[0]), float(judge(model, measured)[rows[0]])

    def _asked(self, slot: int, other: int, model: SameEventModel) -> tuple[Measured, int, float]:
        """What an article would say of one that is no candidate."""
        found = self._window.candidates(slot)
        measured = measure_against(self._window, slot, found, [other], np.ones(1, np.bool_))
        return measured, 0, float(judge(model, measured)[0])


def _canonical(item: WindowArticle) -> tuple[float, str]:
    return (math.inf if item.published_at is None else item.published_at, item.article_id)


def page(labelled: LabelledSet, found: Sequence[Mistake], title: Title) -> str:
    """The worst mistakes of a set side by side, as HTML."""
    counts, name = Counter(mistake.kind for mistake in found), escape(labelled.name)
    missed = sum(counts[kind] for kind in MISSES)
    told = ", ".join(f"{counts[kind]:,} {kind}" for kind in MISSES)
    merges = _different(labelled, (m for m in found if m.kind == "wrongly together"))[:SHOWN]
    return "".join(
        (
            f"<h2>{name}: {counts['wrongly together']:,} pairs wrongly together</h2>",
            _table(merges, title),
            f"<h2>{name}: {missed:,} pairs missed ({told})</h2>",
            _table(_worst_misses(labelled, found), title),
        )
    )


def _worst_misses(labelled: LabelledSet, found: Sequence[Mistake]) -> list[Mistake]:
    """As many of each kind as there are, in turn."""
    kinds = [_different(labelled, (m for m in found if m.kind == kind)) for kind in MISSES]
    mixed = [mistake for row in zip_longest(*kinds) for mistake in row if mistake is not None]
    return sorted(mixed[:SHOWN], key=lambda mistake: MISSES.index(mistake.kind))


def _different(labelled: LabelledSet, found: Iterable[Mistake]) -> list[Mistake]:
    """Worst first: one of each two stories, then a second one, and so on: they say much the same."""
    kept: list[tuple[int, Mistake]] = []
    seen: Counter[frozenset[str]] = Counter()
    for mistake in sorted(found, key=lambda mistake: (mistake.worst_first, mistake.a, mistake.b)):
        stories = frozenset(labelled.stories.get(id, id) for id in mistake[:2])
        kept.append((seen[stories], mistake))
        seen[stories] += 1
    return [mistake for _, mistake in sorted(kept, key=lambda pair: pair[0])]


def _table(found: Sequence[Mistake], title: Title) -> str:
    head = "<tr><th>one<th>other<th>probability<th>for<th>against, beside what same-event pairs have</tr>"
    return f"<table>{head}{''.join(_row(mistake, title) for mistake in found)}</table>"


def _row(mistake: Mistake, title: Title) -> str:
    articles = "".join(
        f'<td dir="auto"><code>{escape(id)}</code><br>{escape(title(id))}' for id in mistake[:2]
    )
    said = f"{mistake.evidence.probability:.2f}"
    if mistake.probability is None:
        said = f"no candidate; {said} if asked"
    kind = "" if mistake.kind == "wrongly together" else f"<br>{mistake.kind}"
    return f"<tr>{articles}<td>{said}{kind}<td>{_for(mistake)}<td>{_against(mistake)}</tr>"


def _for(mistake: Mistake) -> str:
    """The features that add most."""
    return _features(mistake, mistake.evidence.contributions, -1)


def _against(mistake: Mistake) -> str:
    """The features that add least, beside what they add on average for pairs of one event: most curves begin
    at nothing and rise, so hardly any feature of its own takes something away."""
    added = mistake.evidence.contributions
    return _features(mistake, {name: added[name] - mistake.usual[name] for name in added}, 1)


def _features(mistake: Mistake, parts: Mapping[str, float], sign: int) -> str:
    named = [
        name for name in sorted(parts, key=lambda name: sign * parts[name]) if -sign * parts[name] > LITTLE
    ]
    values = mistake.evidence.features
    return "<br>".join(
        f"{parts[name]:+.2f} {escape(FEATURES[name])}: {values[name]:.2f}" for name in named[:NAMED]
    )


def document(pages: Sequence[str]) -> str:
    """A whole HTML file."""
    style = (
        "body{font:14px sans-serif;margin:2em}td,th{border:1px solid #ccc;padding:.4em;vertical-align:top}"
        "table{border-collapse:collapse}td:nth-child(-n+2){width:22%}th{text-align:left}"
    )
    head = '<!doctype html><meta charset="utf-8"><title>Mistakes</title>'
    note = "<p>For local reading: the titles are their publishers'. Re-clustered, cross-fitted by fold."
    return f"{head}<style>{style}</style><h1>Worst mistakes</h1>{note}{''.join(pages)}"
