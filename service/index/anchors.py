"""Which articles in other languages have the same names, numbers and dates? An index of anchors, in memory.

An anchor is known by keys (see `text.anchors`); a key that two texts share weighs as much as it is rare in
both of their languages. Slots are those of the window.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from service.model import Float64, Int32, Int64, UInt32

ASKED = 128  # keys of an article that lead to others, the rarest
WALK = 128  # newest articles looked at per key
NEAR = 8  # articles of each other language that are compared exactly

_STRENGTH = np.uint32(0xFF)  # low bits of a row's second column; above them the number of the word
WORD_SHIFT = 8


class Met(NamedTuple):
    """The articles of one other language that are most like an article: slots and likeness, best first."""

    slots: list[int]
    likeness: list[float]


class Shared(NamedTuple):
    """What two articles share. likeness: as part of all anchors of both, in [0, 1]; weight: nats of rarity;
    words: (number of the word in a, number in b, weight), each word once, weightiest first."""

    likeness: float
    weight: float
    words: list[tuple[int, int, float]]


class _Entry(NamedTuple):
    """rows: int32 (k,) of the vocabulary, ascending; words: int64 (k,), which of the article's words a key is
    of; strengths: float64 (k,)."""

    rows: Int32
    words: Int64
    strengths: Float64
    language: int
    days: float


class AnchorsIndex:
    """Finds, among articles in other languages, those that share the most and rarest anchors. Days: of
    publication, NaN when unknown; articles further apart than `within_days` never meet."""

    def __init__(self, within_days: float) -> None:
        self._within_days = within_days
        self._rows: dict[int, int] = {}
        self._carriers: list[list[int]] = []
        self._frequency: Int32 = np.zeros((1024, 8), np.int32)  # by row and language
        self._articles: Int64 = np.zeros(8, np.int64)  # by language
        self._entries: dict[int, _Entry] = {}

    def __contains__(self, slot: int) -> bool:
        return slot in self._entries

    def __iter__(self) -> Iterator[int]:
        return iter(self._entries)

    def language(self, slot: int) -> int:
        """The language of an article that was entered."""
        return self._entries[slot].language

    def add(self, slot: int, anchors: UInt32, language: int, days: float) -> None:
        """Enter an article; `anchors` as in a sketch."""
        rows = np.array([self._row(key) for key in anchors[:, 0].tolist()], np.int32)
        order = np.argsort(rows, kind="stable")
        rows, packed = rows[order], anchors[order, 1]
        # A key of two words of one article is kept for the first.
        first = np.flatnonzero(np.concatenate(([True], rows[1:] != rows[:-1]))[: len(rows)])
        words = (packed >> np.uint32(WORD_SHIFT)).astype(np.int64)
        entry = _Entry(rows[first], words[first], (packed & _STRENGTH)[first] / 100.0, language, days)
        self._make_room(language)
        self._entries[slot] = entry
        for row in entry.rows.tolist():
            self._carriers[row].append(slot)
        self._count(entry, 1)

    def remove(self, slot: int) -> None:
        """Take an article out; one that is not there is no error."""
        entry = self._entries.pop(slot, None)
        if entry is not None:
            self._count(entry, -1)
            for row in entry.rows.tolist():
                self._carriers[row].remove(slot)

    def renumber(self, slots: Int32) -> None:
        """Articles lie in new slots; `slots` are the old ones of the new 0, 1, 2... What is in none is
        forgotten."""
        new = {old: slot for slot, old in enumerate(slots.tolist())}
        for old in self._entries.keys() - new.keys():
            self.remove(old)
        self._entries = {new[old]: entry for old, entry in self._entries.items()}
        self._carriers = [[new[old] for old in carriers] for carriers in self._carriers]

    def met(self, slot: int, only: int | None = None) -> dict[int, Met]:
        """The articles most like one that was entered, by language, or of the `only` language."""
        entry = self._entries[slot]
        found: dict[int, list[int]] = defaultdict(list)
        for other in self._lead(entry, only):
            found[self._entries[other].language].append(other)
        return {language: self._met(slot, others) for language, others in found.items()}

    def _met(self, slot: int, others: list[int]) -> Met:
        likeness = {other: self.shared(slot, other).likeness for other in others}
        slots = sorted(others, key=lambda other: (-likeness[other], other))
        return Met(slots, [likeness[other] for other in slots])

    def shared(self, a: int, b: int) -> Shared:
        """What two articles share that were entered."""
        one, other = self._entries[a], self._entries[b]
        rows, in_a, in_b = np.intersect1d(one.rows, other.rows, assume_unique=True, return_indices=True)
        rarity = np.minimum(self._idf(rows, one.language), self._idf(rows, other.language))
        weights = rarity * np.minimum(one.strengths[in_a], other.strengths[in_b])
        size = math.sqrt(self._size(one) * self._size(other))
        words = _paired(one.words[in_a], other.words[in_b], weights)
        weight = sum(gain for _, _, gain in words)
        return Shared(weight / size if size else 0.0, weight, words)

    def alike(self, a: int, b: int) -> float:
        """How much of the smaller article's anchors stands in the other, whatever their rarity."""
        one, other = self._entries[a].rows, self._entries[b].rows
        return len(np.intersect1d(one, other, assume_unique=True)) / max(1, min(len(one), len(other)))

    def _row(self, key: int) -> int:
        row = self._rows.setdefault(key, len(self._carriers))
        if row == len(self._carriers):
            self._carriers.append([])
        return row

    def _make_room(self, language: int) -> None:
        if language >= len(self._articles):
            self._frequency = np.concatenate((self._frequency, np.zeros_like(self._frequency)), axis=1)
            self._articles = np.concatenate((self._articles, np.zeros_like(self._articles)))
        while len(self._carriers) > len(self._frequency):
            self._frequency = np.concatenate((self._frequency, np.zeros_like(self._frequency)))

    def _count(self, entry: _Entry, change: int) -> None:
        self._frequency[entry.rows, entry.language] += change
        self._articles[entry.language] += change

    def _idf(self, rows: Int32, language: int) -> Float64:
        """How rare keys are among a language's articles, in nats."""
        articles = float(self._articles[language])
        rarity: Float64 = np.log((articles + 1.0) / (self._frequency[rows, language] + 0.5))
        return np.maximum(0.0, rarity)

    def _size(self, entry: _Entry) -> float:
        """What an article's anchors weigh in all: of each word the weightiest key."""
        best = np.zeros(int(entry.words.max(initial=-1)) + 1)
        np.maximum.at(best, entry.words, self._idf(entry.rows, entry.language) * entry.strengths)
        return float(best.sum())

    def _lead(self, entry: _Entry, only: int | None) -> Iterator[int]:
        """The articles that the rarest keys lead to, a few of each other language."""
        carried = self._frequency[entry.rows]
        foreign = carried.sum(axis=1) - carried[:, entry.language]
        gains = self._idf(entry.rows, entry.language) * entry.strengths
        shared = np.flatnonzero((foreign > 0) & (gains > 0.0))
        asked = shared[np.argsort(foreign[shared] / gains[shared], kind="stable")[:ASKED]]
        scores: dict[int, float] = defaultdict(float)
        for row, gain in zip(entry.rows[asked].tolist(), gains[asked].tolist(), strict=True):
            for other in self._carriers[row][-WALK:]:
                scores[other] += gain
        taken: dict[int, int] = defaultdict(int)
        for other in sorted(scores, key=lambda other: (-scores[other], other)):
            language = self._entries[other].language
            if language == entry.language or only not in (None, language) or taken[language] == NEAR:
                continue
            if (
                abs(entry.days - self._entries[other].days) > self._within_days
            ):  # unknown (NaN) is never apart
                continue
            taken[language] += 1
            yield other


def _paired(a: Int64, b: Int64, weights: Float64) -> list[tuple[int, int, float]]:
    """Return pairs of words, the weightiest first, no word in two of them."""
    pairs: list[tuple[int, int, float]] = []
    in_a: set[int] = set()
    in_b: set[int] = set()
    order = np.argsort(-weights, kind="stable")
    for one, other, weight in zip(a[order].tolist(), b[order].tolist(), weights[order].tolist(), strict=True):
        if weight > 0.0 and one not in in_a and other not in in_b:
            in_a.add(one)
            in_b.add(other)
            pairs.append((one, other, weight))
    return pairs
