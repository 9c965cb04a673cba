"""Which words does an article share with others? The work of comparing, done once for whoever asks.

The others' words are held against the query's in two steps, both in the nearest cache: a table of flags lets
almost only shared words through, without a branch; a hash table tells which word of the query each one is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from service.model import Int32, Int64, UInt8
from service.sketch.jit import inner, kernel

_FLAGS = 1 << 13


class Overlap(NamedTuple):
    """The words that each of k articles shares with a query.

    pairs: int32 (n, 2), a word's position in the article and in the query; starts, counts: int32 (k,), where
    an article's pairs begin, and how many they are.
    """

    pairs: Int32
    starts: Int32
    counts: Int32


@kernel
def finder_of(numbers: Int32) -> tuple[UInt8, Int32]:
    """Lay out a query's word numbers: flags, uint8 (_FLAGS,), 1 where it has a word of that hash; table,
    int32 (n, 2), a word and its position in the query, -1 where there is none."""
    size = 16
    while size < 2 * len(numbers):
        size *= 2
    flags, table = np.zeros(_FLAGS, np.uint8), np.full((size, 2), -1, np.int32)
    for i in range(len(numbers)):
        flags[_hash(numbers[i]) & (_FLAGS - 1)] = 1
        place = _hash(numbers[i]) & (size - 1)
        while table[place, 0] >= 0:
            place = (place + 1) & (size - 1)
        table[place, 0], table[place, 1] = numbers[i], i
    return flags, table


@kernel
def overlap_of(
    slots: Int32, flags: UInt8, table: Int32, numbers: Int32, ends: Int64
) -> tuple[Int32, Int32, Int32]:
    """Hold the articles in these slots against a query: what `Overlap` has. `numbers` and `ends` are those of
    `TermsIndex`."""
    room = 1
    for slot in slots:
        room += ends[slot + 1] - ends[slot]
    pairs = np.empty((room, 2), np.int32)
    starts, counts = np.empty(len(slots), np.int32), np.empty(len(slots), np.int32)
    found = 0
    for k in range(len(slots)):
        starts[k] = found
        counts[k] = _shared(numbers, ends[slots[k]], ends[slots[k] + 1], flags, table, pairs, found)
        found += counts[k]
    return pairs, starts, counts


@inner
def _hash(number: int) -> int:
    return np.int64(number) * np.int64(0x9E3779B1) >> np.int64(15)  # type: ignore[return-value]


@inner
def _shared(
    numbers: Int32, start: int, end: int, flags: UInt8, table: Int32, pairs: Int32, first: int
) -> int:
    """Write the words that one article shares into `pairs` from `first` on; returns how many they are. Before
    they are known, the positions of those that may be are written there."""
    passed = first
    for p in range(start, end):
        pairs[passed, 0] = p - start
        passed += flags[_hash(numbers[p]) & (_FLAGS - 1)]
    found = first
    for k in range(first, passed):
        number = numbers[start + pairs[k, 0]]
        place = _hash(number) & (table.shape[0] - 1)
        while table[place, 0] != number and table[place, 0] >= 0:
            place = (place + 1) & (table.shape[0] - 1)
        if table[place, 0] == number:
            pairs[found, 0], pairs[found, 1] = pairs[k, 0], table[place, 1]
            found += 1
    return found - first
