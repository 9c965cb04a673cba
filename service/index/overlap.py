"""Which words does an article share with others? The work of comparing, done once for whoever asks.

The others' words are held against the query's in two steps, both in the nearest cache: a table of flags lets
almost only shared words through, without a branch; a hash table tells which word of the query each one is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from service.index.memory import LINE, ask_for, prefetch
from service.model import Int32, Int64, UInt8
from service.sketch.jit import kernel, tight

_FLAGS = 1 << 13
_LAST_FLAG = np.uint32(_FLAGS - 1)


class Overlap(NamedTuple):
    """The words that each of k articles shares with a query.

    pairs: int32 (n, 2), a word's position in the article and in the query; starts, counts: int32 (k,), where
    an article's pairs begin, and how many they are.
    """

    pairs: Int32
    starts: Int32
    counts: Int32


@kernel
def finder_of(numbers: Int32) -> tuple[UInt8, Int64]:
    """Lay out a query's word numbers: flags, uint8 (_FLAGS,), 1 where it has a word of these last bits;
    table, int64 (n,), a word in the upper half and its position in the query in the lower, -1 where there is
    none. Numbers count up: their last bits are spread well enough."""
    size = 16
    while size < 2 * len(numbers):
        size *= 2
    flags, table = np.zeros(_FLAGS, np.uint8), np.full(size, -1, np.int64)
    for i in range(len(numbers)):
        flags[np.uint32(numbers[i]) & _LAST_FLAG] = 1
        place = np.int64(numbers[i]) & (size - 1)
        while table[place] >= 0:
            place = (place + 1) & (size - 1)
        table[place] = np.int64(numbers[i]) << 32 | i
    return flags, table


@kernel
def overlap_of(
    slots: Int32, flags: UInt8, table: Int64, words: tuple[Int32, UInt8, UInt8, Int64]
) -> tuple[Int32, Int32, Int32]:
    """Hold the articles in these slots against a query: what `Overlap` has. `words` are those of
    `TermsIndex`."""
    numbers, _, _, ends = words
    room = 1
    for slot in slots:
        prefetch(ends, slot)
    for slot in slots:
        room += ends[slot + 1] - ends[slot]
    pairs = np.empty((room, 2), np.int32)
    starts, counts = np.empty(len(slots), np.int32), np.empty(len(slots), np.int32)
    found = 0
    for k in range(len(slots)):
        if k == 0:
            _ask_for(slots[0], words)
        if k + 1 < len(slots):
            _ask_for(slots[k + 1], words)
        starts[k] = found
        counts[k] = _shared(numbers, ends[slots[k]], ends[slots[k] + 1], flags, table, pairs, found)
        found += counts[k]
    return pairs, starts, counts


@tight
def _ask_for(slot: int, words: tuple[Int32, UInt8, UInt8, Int64]) -> None:
    """Have the words of an article fetched, and what is told of each."""
    numbers, counts, places, ends = words
    start, end = ends[slot], ends[slot + 1]
    ask_for(numbers[start:end])
    for p in range(start, end + LINE, LINE):  # few lines: the one behind the last step is one in two
        prefetch(counts, p)
        prefetch(places, p)


@tight
def _shared(
    numbers: Int32, start: int, end: int, flags: UInt8, table: Int64, pairs: Int32, first: int
) -> int:
    """Write the words that one article shares into `pairs` from `first` on; returns how many they are. Before
    they are known, the positions of those that may be are written there."""
    passed, here = (
        np.uint64(first),
        np.int32(0),
    )  # as unsigned numbers, they need not be tested for being negative
    for number in numbers[start:end]:
        pairs[passed, 0] = here
        here += np.int32(1)
        passed += np.uint64(flags[np.uint32(number) & _LAST_FLAG])
    found = first
    mask = np.uint64(len(table) - 1)
    for k in range(first, np.int64(passed)):
        number = numbers[start + pairs[k, 0]]
        place = np.uint64(number) & mask
        while table[place] >> 32 != number and table[place] >= 0:
            place = (place + np.uint64(1)) & mask
        if table[place] >= 0:
            pairs[found, 0], pairs[found, 1] = pairs[k, 0], table[place] & 0xFFFFFFFF
            found += 1
    return found - first
