"""What does the same-event model learn from? Pairs of labelled articles, measured as the service would meet
them.

Each set is met in several ways, so that one model holds in all of them: in a full window, as a stream, in
cold windows of a few articles, and without dates and titles.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from service.index.window import Window
from service.model import Float64, Int32, Int64, Sketch, WindowArticle
from service.settings import Settings
from service.stories.evidence import FEATURES, measure, measure_against
from service.stories.recluster import fill

FOLDS = 5
THIN = 4
COLD_EVERY = 4  # every fourth article begins a cold window
COLD_SIZES = (3, 5, 8, 13, 21, 33)  # articles in one
_NONE = np.empty(0, np.uint32)


# Features of a pair, whether it is one event, the folds of its articles, articles in the window.
Row = tuple[Float64, bool, tuple[int, int], int]


@dataclass(frozen=True)
class LabelledSet:
    """Articles in file order with their labels: either `stories` (article id to gold story) or `pairs` (two
    article ids to whether they are one event), the other being empty."""

    name: str
    items: Sequence[WindowArticle]
    stories: Mapping[str, str] = field(default_factory=dict)
    pairs: Mapping[tuple[str, str], bool] = field(default_factory=dict)

    def same(self, a: str, b: str) -> bool | None:
        """Whether two articles are one event; None where the labels do not say."""
        if self.pairs:
            return self.pairs.get((a, b))
        known = a in self.stories and b in self.stories
        return self.stories[a] == self.stories[b] if known else None

    @cached_property
    def partners(self) -> Mapping[str, Sequence[str]]:
        """The articles that an article is paired with by a label."""
        found: dict[str, list[str]] = {}
        for a, b in self.pairs:
            found.setdefault(a, []).append(b)
        return found

    def fold(self, article_id: str) -> int:
        """The fold of an article: that of its story, so that a story is never split between training and
        scoring; of its labelled pair otherwise."""
        return _digest(self.stories.get(article_id, article_id)) % FOLDS


@dataclass(frozen=True, eq=False)
class Examples:
    """features: float64 (n, len(FEATURES)); same: bool (n,); folds: int32 (n, 2), of either article;
    articles: int64 (n,), in the window when the pair was measured; cold: bool (n,), whether that was a
    window of a few articles on purpose; weight: float64 (n,), which sums to 1 over a set's warm examples and
    over its cold ones."""

    features: Float64
    same: np.ndarray
    folds: Int32
    articles: Int64
    cold: np.ndarray
    weight: Float64

    def where(self, keep: np.ndarray) -> Examples:
        """The examples that are marked in a bool array."""
        return Examples(*(getattr(self, name)[keep] for name in Examples.__annotations__))

    def outside(self, fold: int) -> Examples:
        """The examples of which neither article is in a fold."""
        return self.where((self.folds != fold).all(axis=1))


def examples(labelled: LabelledSet, settings: Settings) -> Examples:
    """Measure the labelled pairs of a set in each of the ways; the ways weigh the same, and so do sets."""
    bare = replace(labelled, items=[_bare(item) for item in labelled.items])
    warm = [_full(labelled, settings), _streamed(labelled, settings), _full(bare, settings)]
    cold = [_cold(labelled, settings), _cold(bare, settings)]
    return join(
        [_collected(way, False, len(warm)) for way in warm]
        + [_collected(way, True, len(cold)) for way in cold]
    )


def join(parts: Sequence[Examples]) -> Examples:
    """All examples of several sets."""
    return Examples(*(np.concatenate([getattr(p, name) for p in parts]) for name in Examples.__annotations__))


def _collected(way: Iterator[Row], cold: bool, ways: int) -> Examples:
    """All rows of one of so many ways."""
    rows = _thinned(way)
    return Examples(
        np.array([features for features, _, _, _ in rows]).reshape(-1, len(FEATURES)),
        np.array([same for _, same, _, _ in rows], np.bool_),
        np.array([folds for _, _, folds, _ in rows], np.int32).reshape(-1, 2),
        np.array([articles for _, _, _, articles in rows], np.int64),
        np.full(len(rows), cold),
        _balanced(rows) / ways,
    )


def _thinned(way: Iterator[Row]) -> list[Row]:
    """One in THIN of the pairs of different events, which are many, and all others."""
    return [row for number, row in enumerate(way) if row[1] or number % THIN == 0]


def _balanced(rows: Sequence[Row]) -> Float64:
    """Weights that make up for the thinning, and sum to 1."""
    weight = np.array([1.0 if row[1] else float(THIN) for row in rows])
    balanced: Float64 = weight / max(1.0, weight.sum())
    return balanced


def _full(labelled: LabelledSet, settings: Settings) -> Iterator[Row]:
    items = [item for item in labelled.items if item.sketch.matchable]
    window = fill(items, settings)
    for item in items:
        yield from _measured(labelled, window, window.slot(item.article_id))


def _streamed(labelled: LabelledSet, settings: Settings) -> Iterator[Row]:
    window = Window(settings)
    for item in labelled.items:
        if item.sketch.matchable:
            with window.visit():
                yield from _measured(labelled, window, window.stage(item))
            window.add(item)


def _cold(labelled: LabelledSet, settings: Settings) -> Iterator[Row]:
    """Windows of a few articles that all resemble one another, as when a store begins with one subject: what
    is alike there proves little."""
    items = [item for item in labelled.items if item.sketch.matchable]
    window = fill(items, settings)
    for item in items:
        digest = _digest("cold " + item.article_id)
        partners = labelled.partners.get(item.article_id, ())
        if not partners if labelled.pairs else digest % COLD_EVERY:
            continue
        near = window.candidates(window.slot(item.article_id)).neighbours.tolist()
        alike = _few_of_each(labelled, [item.article_id, *(window.id(slot) for slot in near)])
        size = COLD_SIZES[digest // COLD_EVERY % len(COLD_SIZES)]
        chosen = dict.fromkeys((*partners, *alike[:size]))
        chunk = [window.item(window.slot(id)) for id in chosen if id in window]
        yield from _streamed(replace(labelled, items=_shuffled(chunk)), settings)


def _few_of_each(labelled: LabelledSet, article_ids: Sequence[str]) -> list[str]:
    """At most two articles of any story: most of what a cold window holds is about other events."""
    seen: Counter[str] = Counter()
    kept = []
    for article_id in article_ids:
        story = labelled.stories.get(article_id, article_id)
        seen[story] += 1
        if seen[story] <= 2:
            kept.append(article_id)
    return kept


def _measured(labelled: LabelledSet, window: Window, slot: int) -> Iterator[Row]:
    """The labelled pairs of an article that is in the window, or staged there."""
    id = window.id(slot)
    partners = [b for b in labelled.partners.get(id, ()) if b in window and b != id]
    if labelled.pairs and not partners:
        return
    found = window.candidates(slot)
    if labelled.pairs:
        paired = [window.slot(b) for b in partners]
        measured = measure_against(window, slot, found, paired, np.isin(paired, found.texts))
    else:
        measured = measure(window, slot, found)
    for row, other_slot in enumerate(measured.slots.tolist()):
        other = window.id(other_slot)
        same = labelled.same(id, other)
        if same is None:
            continue
        folds = _fold(labelled, id, other), _fold(labelled, other, id)
        yield measured.features[row], same, folds, measured.articles


def _fold(labelled: LabelledSet, a: str, b: str) -> int:
    return labelled.fold(min(a, b) if labelled.pairs else a)


def _bare(item: WindowArticle) -> WindowArticle:
    """The same report as an undated text whose title is its first line."""
    old = item.sketch
    body = np.concatenate((old.title, old.body))
    sketch = Sketch(_NONE, body, old.flags, old.signature, old.passages)
    return replace(item, published_at=None, sketch=sketch)


def _shuffled(items: Sequence[WindowArticle]) -> list[WindowArticle]:
    return sorted(items, key=lambda item: _digest("order " + item.article_id))


def _digest(text: str) -> int:
    return zlib.crc32(text.encode())
