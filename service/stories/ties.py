"""How do articles of the window hang together? What each, on arrival, was found to have in common with those
before it.

Re-clustering sees all pairs anew; placing remembers them, so that a story can be looked at as a whole at any
time without comparing a single pair again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from service.index.memory import roomier
from service.model import Float64, Int32, Int64
from service.sketch.jit import inner, kernel

LEAST = 0.05  # pairs less probable than this are taken for certainly different and not remembered
NONE = -1

# What the kernels see: starts, counts and originals by slot; others and values of all; how much of these is
# used, in an array of one.
TiesArrays = tuple[Int64, Int32, Int32, Int32, Float64, Int64]


class Ties:
    """The probabilities of pairs, by slot of the window. Memory: 16 bytes per article and 12 per tie, of
    which an article has five on average. What is known of an article that left the window is kept until the
    next `renumber`.

    starts, counts: int64 and int32 (slots,), which of `others` and `values` an article said; a count of NONE
        where it was not asked.
    originals: int32 (slots,), the article before it whose copy it is, else NONE.
    """

    def __init__(self) -> None:
        self._starts: Int64 = np.zeros(1024, np.int64)
        self._counts: Int32 = np.full(1024, NONE, np.int32)
        self._originals: Int32 = np.full(1024, NONE, np.int32)
        self._others: Int32 = np.empty(4096, np.int32)
        self._values: Float64 = np.empty(4096, np.float64)
        self._used: Int64 = np.zeros(1, np.int64)

    @property
    def arrays(self) -> TiesArrays:
        """What kernels work on, until room is made."""
        return self._starts, self._counts, self._originals, self._others, self._values, self._used

    def make_room(self, slots: int, ties: int) -> None:
        """Have room for so many slots in all, and so many further ties."""
        while len(self._counts) < slots:
            unknown = np.full_like(self._counts, NONE)
            self._starts = roomier(self._starts, 2 * len(self._starts))
            self._counts = np.concatenate((self._counts, unknown))
            self._originals = np.concatenate((self._originals, unknown))
        while len(self._others) < self._used[0] + ties:
            self._others = roomier(self._others, 2 * len(self._others))
            self._values = roomier(self._values, 2 * len(self._values))

    def __contains__(self, slot: int) -> bool:
        """Whether an article was asked what it has in common with the others."""
        return slot < len(self._counts) and self._counts[slot] != NONE

    def see(self, slot: int, others: Int32, values: Float64, original: int = NONE) -> None:
        """Remember what an article says of others, see `remember`."""
        self.make_room(slot + 1, len(others))
        remember(slot, others, values, original, self.arrays)

    def add(self, slot: int, more: Mapping[int, float]) -> None:
        """Remember more of what an article says, about others than before."""
        others = [other for other, _ in self._said(slot)] + list(more)
        values = [value for _, value in self._said(slot)] + list(more.values())
        original = int(self._originals[slot])
        self.see(slot, np.array(others, np.int32), np.array(values, np.float64), original)

    def others(self, slot: int) -> list[int]:
        """The articles before it that an article has something in common with."""
        return [other for other, _ in self._said(slot)]

    def between(self, slots: Sequence[int], others: Sequence[int]) -> float:
        """The mean probability over all pairs between articles; unseen ones count as 0."""
        return float(_mean_between(np.array(slots, np.int32), np.array(others, np.int32), self.arrays))

    def renumber(self, slots: Int32) -> None:
        """Articles lie in new slots; `slots` are the old ones of the new 0, 1, 2... What is in none is
        forgotten."""
        self.make_room(int(slots.max(initial=NONE)) + 1, 0)  # of some nothing is known
        new = {old: slot for slot, old in enumerate(slots.tolist())}
        said = [self._said(old) if old in self else None for old in slots.tolist()]
        originals = self._originals[slots].tolist()
        self.__init__()  # type: ignore[misc]
        for slot, pairs in enumerate(said):
            if pairs is not None:
                kept = [(new[other], value) for other, value in pairs if other in new]
                others = np.array([other for other, _ in kept], np.int32)
                values = np.array([value for _, value in kept], np.float64)
                self.see(slot, others, values, new.get(originals[slot], NONE))

    def _said(self, slot: int) -> list[tuple[int, float]]:
        said = slice(self._starts[slot], self._starts[slot] + self._counts[slot])
        return list(zip(self._others[said].tolist(), self._values[said].tolist(), strict=True))

    def parts(self, slots: Sequence[int], threshold: float) -> list[list[int]]:
        """The parts of a story that hold together, largest first, of equal ones that with the older article;
        copies stay with their originals."""
        ordered = np.array(sorted(slots), np.int32)
        found: dict[int, list[int]] = {}
        for slot, part in zip(
            ordered.tolist(), parts_of(ordered, threshold, self.arrays).tolist(), strict=True
        ):
            found.setdefault(part, []).append(slot)
        return sorted(found.values(), key=lambda part: (-len(part), part[0]))


@kernel
def remember(slot: int, others: Int32, values: Float64, original: int, ties: TiesArrays) -> None:
    """Remember what an article says of those before it, so that each pair counts once; `original` is the one
    of them whose copy it is. There is room for it."""
    starts, counts, originals, all_others, all_values, used = ties
    starts[slot], originals[slot] = used[0], original
    for i in range(len(others)):
        if (values[i] >= LEAST or values[i] < 0.0) and others[i] < slot:
            all_others[used[0]], all_values[used[0]] = others[i], values[i]
            used[0] += 1
    counts[slot] = used[0] - starts[slot]


@inner
def all_asked(slots: Int32, ties: TiesArrays) -> bool:
    """Tell whether all of these articles were asked what they have in common with others."""
    return bool((ties[1][slots] != NONE).all())


@inner
def mean_of(slots: Int32, others: Int32, ties: TiesArrays) -> float:
    """Return the mean probability over all pairs between two stories, each sorted; unseen ones count as 0."""
    return (_total(slots, others, ties) + _total(others, slots, ties)) / (len(slots) * len(others))


@kernel
def _mean_between(slots: Int32, others: Int32, ties: TiesArrays) -> float:
    return mean_of(slots, others, ties)


@inner
def _total(slots: Int32, others: Int32, ties: TiesArrays) -> float:
    """Add up what some articles say of others, which are sorted."""
    starts, counts, _, all_others, values, _ = ties
    total = 0.0
    for slot in slots:
        for k in range(starts[slot], starts[slot] + counts[slot]):
            if _find(others, all_others[k]) != NONE:
                total += values[k]
    return total


@inner
def _find(slots: Int32, slot: int) -> int:
    """The position of a slot among sorted ones, else NONE."""
    low, high = 0, len(slots)
    while low < high:
        middle = (low + high) // 2
        if slots[middle] < slot:
            low = middle + 1
        else:
            high = middle
    return low if low < len(slots) and slots[low] == slot else NONE


@kernel
def parts_of(slots: Int32, threshold: float, ties: TiesArrays) -> Int32:
    """Return which part of a story each of its articles is in, which are sorted: the parts that average
    linkage leaves, named by their first article's position.

    It is `linkage.linked` for few articles: copies count once and stay with their originals. With all means
    in one table it takes microseconds, and is asked for every fifth article.
    """
    starts, counts, originals, all_others, values, _ = ties
    n = len(slots)
    group = np.empty(n, np.int32)  # of copies that count once
    for i in range(n):
        at = _find(slots, originals[slots[i]])
        group[i] = group[at] if NONE < at < i else i
    sums, pairs, sizes = np.zeros((n, n)), np.zeros((n, n)), np.ones(n)
    for i in range(n):
        for k in range(starts[slots[i]], starts[slots[i]] + counts[slots[i]]):
            at = _find(slots, all_others[k])
            if at != NONE and group[at] != group[i]:
                a, b = min(group[at], group[i]), max(group[at], group[i])
                sums[a, b] += values[k]
                pairs[a, b] += 1.0
    for a in range(n):
        for b in range(a + 1, n):
            if pairs[a, b]:
                sums[a, b] = sums[b, a] = sums[a, b] / pairs[a, b]
    while True:
        best, a, b = threshold, NONE, NONE
        for i in range(n):
            if group[i] != i:
                continue
            for j in range(i + 1, n):
                if group[j] == j and sums[i, j] > 0.0:
                    mean = sums[i, j] / (sizes[i] * sizes[j])
                    if mean > best or (mean == best and a == NONE):
                        best, a, b = mean, i, j
        if a == NONE:
            return group
        sizes[a] += sizes[b]
        for i in range(n):
            sums[a, i] += sums[b, i]
            sums[i, a] = sums[a, i]
            group[i] = a if group[i] == b else group[i]
