"""Do two reports in different languages tell one event? By the anchors they share, where that is asked for.

How much two texts share says little: any two reports from one country share its name. What says much is that
no other report in either language is nearly as like. So a pair is measured by its likeness over that of the
next best ones, seen from the side where these are nearer, and by the weight of what is shared.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from service.index.anchors import AnchorsIndex, Met
from service.model import Evidence, Int32, WindowArticle

DAY = 86_400.0
LEAST = 0.02  # pairs less probable than this are taken for certainly different
LEAST_WORDS = 3  # words that two texts must share: one rare name may be an accident
CONTRAST = 5  # the next best articles of a language, whose mean a pair is held against
COPY = 0.7  # articles that share so much of their anchors are one report: a copy is no rival
# The likeness that stands in for each of them that is missing, and what keeps a quotient from exploding.
_USUAL, _SMALL = 0.05, 0.01


class Weights(NamedTuple):
    """What the logarithms of how far a pair stands out, and of what it shares, add to the log-odds of one
    event; fitted by `python bench/cross_language.py`."""

    bias: float
    standing: float
    shared: float


WEIGHTS = Weights(-5.13, 6.04, 0.55)


Seen = tuple[float, float, float]  # likeness, that of the next best ones, and the weight shared


class CrossLanguage:
    """The window's articles by their anchors. Slots are the window's."""

    def __init__(self, within_days: float) -> None:
        self._index = AnchorsIndex(within_days)
        self._languages: dict[str, int] = {}

    def add(self, slot: int, item: WindowArticle) -> None:
        """Enter an article; one without anchors, or in no certain language, is passed over."""
        if item.lang_certain and len(item.sketch.anchors) and item.sketch.matchable:
            language = self._languages.setdefault(item.lang, len(self._languages))
            days = math.nan if item.published_at is None else item.published_at / DAY
            self._index.add(slot, item.sketch.anchors, language, days)

    def remove(self, slot: int) -> None:
        """Take an article out; one that is not there is no error."""
        self._index.remove(slot)

    def renumber(self, slots: Int32) -> None:
        """Articles lie in new slots; `slots` are the old ones of the new 0, 1, 2..."""
        self._index.renumber(slots)

    @contextmanager
    def visit(self, slot: int, item: WindowArticle) -> Iterator[None]:
        """An article that is only asked about."""
        self.add(slot, item)
        try:
            yield
        finally:
            self.remove(slot)

    def ties(self, slot: int) -> dict[int, float]:
        """The probability of one event for each article in another language that may be related."""
        if slot not in self._index:
            return {}
        return {other: probability(*seen) for other, seen in self._ties(slot, {})}

    def pairs(self) -> dict[tuple[int, int], float]:
        """The same for all pairs, the lower slot first."""
        return {pair: probability(*seen) for pair, seen in self.measured().items()}

    def measured(self) -> dict[tuple[int, int], Seen]:
        """What `probability` is told of all pairs, the lower slot first."""
        met = {slot: self._index.met(slot) for slot in self._index}
        return {(slot, other): seen for slot in met for other, seen in self._ties(slot, met) if slot < other}

    def words(self, a: int, b: int) -> list[tuple[int, int, float]]:
        """The words that two articles share, by number in either, and their weights."""
        known = a in self._index and b in self._index
        if not known or self._index.language(a) == self._index.language(b):
            return []
        return self._index.shared(a, b).words

    def _ties(self, slot: int, known: Mapping[int, Mapping[int, Met]]) -> Iterator[tuple[int, Seen]]:
        """Yield the articles that may be related, each with what `probability` is told."""
        language = self._index.language(slot)
        for others in (known.get(slot) or self._index.met(slot)).values():
            for other, likeness in zip(*others, strict=True):
                shared = self._index.shared(slot, other)
                level = self._level(others, other)
                if len(shared.words) < LEAST_WORDS or probability(likeness, level, shared.weight) < LEAST:
                    continue
                back = (known.get(other) or self._index.met(other, language)).get(language)
                if back is None or slot not in back.slots:
                    continue
                level = max(level, self._level(back, slot))
                if probability(likeness, level, shared.weight) >= LEAST:
                    yield other, (likeness, level, shared.weight)

    def _level(self, met: Met, but: int) -> float:
        """How like the next best articles are, apart from one and its copies."""
        rivals = [
            likeness
            for other, likeness in zip(*met, strict=True)
            if other != but and self._index.alike(other, but) < COPY
        ][:CONTRAST]
        return (sum(rivals) + _USUAL * (CONTRAST - len(rivals))) / CONTRAST


def features(likeness: float, level: float, weight: float) -> tuple[float, float]:
    """What the weights are for."""
    return math.log((likeness + _SMALL / 10) / (level + _SMALL)), math.log1p(weight)


def probability(likeness: float, level: float, weight: float) -> float:
    """The probability of one event for a pair so like that shares so much weight, where the next best ones
    are `level` like."""
    standing, shared = features(likeness, level, weight)
    odds = WEIGHTS.bias + WEIGHTS.standing * standing + WEIGHTS.shared * shared
    return 1.0 / (1.0 + math.exp(-odds))


def evidence_across(value: float, threshold: float) -> Evidence:
    """The evidence for a pair of this probability; its anchors are read off the texts when somebody asks."""
    return Evidence("event", value >= threshold, value, 0.0, 0.0, 0.0)
