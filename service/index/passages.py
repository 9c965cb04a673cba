"""Which articles of the window share a passage with this one, and how many carry each passage?

A bucket is one cache line of 16 entries; an entry names a passage hash and an article that carries it. Where
a bucket is full the oldest entry gives way: a query costs one line per passage whatever the stream is like.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from service.index.memory import blank, prefetch
from service.index.ranking import largest
from service.model import Int32, Int64, UInt8, UInt32
from service.sketch.jit import kernel, tight

_WAYS = 16  # entries of a bucket
_LOAD = 10  # mean entries per bucket at which the table doubles: by then 0.4 % of them have lost their place
KEPT = 9  # newest articles remembered of one passage; a formula must not push all else out of its bucket
_HASH_BITS = 32

# What `PassagesIndex.state` counts: the newest place, the places that expired, passages of live articles
# (repeats included), and bits of a bucket's number.
_NEWEST, _EXPIRED, _ENTRIES, _BITS = 0, 1, 2, 3

# What the kernels see: the table, seqs, lengths, met (see `PassagesIndex`) and the state.
PassagesArrays = tuple[UInt32, Int64, Int32, Int32, Int64]


class Found(NamedTuple):
    """seqs: int64 (n,), of articles that share passages, those that share most first, then the newest; hits:
    int32 (n,), how many they share; carriers: uint8, for each passage asked about how many articles of the
    window carry it, at most KEPT."""

    seqs: Int64
    hits: Int32
    carriers: UInt8


class PassagesIndex:
    """Finds articles by the passages of their sketches, which are sorted and each there once.

    Exact while no bucket is full and no passage is in more than 9 articles; beyond that the newest are found.
    Not for use from several threads at once. Memory: about 6 to 13 bytes per passage.

    >>> index = PassagesIndex()
    >>> index.add(7, np.array([11, 12, 13], np.uint32))
    >>> found = index.candidates(np.array([12, 13, 14], np.uint32))
    >>> found.seqs.tolist(), found.hits.tolist(), found.carriers.tolist()
    ([7], [2], [1, 1, 0])
    """

    def __init__(self, capacity: int = 1024) -> None:
        # Places count all articles ever added, from 1; an article lies in slot place % capacity.
        # Places up to the expired one are no longer in the window.
        self._capacity = 1 << max(4, (capacity - 1).bit_length())
        bits = self._capacity.bit_length()  # twice as many places as live articles, see below
        self._state: Int64 = np.array([0, 0, 0, bits], np.int64)
        self._table: UInt32 = blank((1 << bits, _WAYS), np.uint32)
        self._seqs = np.zeros(self._capacity, np.int64)
        self._lengths = np.zeros(self._capacity, np.int32)  # passages of each article
        self._met = np.zeros(self._capacity, np.int32)  # scratch of `find_passages`, all zero in between

    def __len__(self) -> int:
        """The number of articles in the ring, removed ones included until they expire."""
        return int(self._state[_NEWEST] - self._state[_EXPIRED])

    @property
    def arrays(self) -> PassagesArrays:
        """What kernels work on, until room is made."""
        return self._table, self._seqs, self._lengths, self._met, self._state

    def add(self, seq: int, passages: UInt32) -> None:
        """Enter an article; one without passages is passed over. `seq` is larger than any before.

        Raises:
            ValueError: `seq` is not larger.
        """
        newest = self._state[_NEWEST]
        if len(passages) and newest and seq <= int(self._seqs[newest % self._capacity]):
            raise ValueError("articles enter the index in growing order")
        self.make_room(len(passages))
        enter_passages(seq, passages, self.arrays)

    def candidates(self, passages: UInt32, limit: int = 64, least: int = 1) -> Found:
        """Return at most `limit` articles that share at least `least` of the passages."""
        return Found(*find_passages(passages, least, limit, self.arrays))

    def expire(self, low: int) -> None:
        """Forget all articles whose seq is under `low`."""
        while len(self) and self._seqs[(self._state[_EXPIRED] + 1) % self._capacity] < low:
            self._state[_EXPIRED] += 1
            self._forget(int(self._state[_EXPIRED]))

    def remove(self, seq: int, passages: UInt32) -> None:
        """Forget one article, which has these passages; one that is not there is no error."""
        places = range(int(self._state[_EXPIRED]) + 1, int(self._state[_NEWEST]) + 1)
        at = bisect_left(places, seq, key=lambda place: int(self._seqs[place % self._capacity]))
        if at < len(places) and self._seqs[places[at] % self._capacity] == seq:
            _erase(passages, places[at], self._table, self._state)
            self._forget(places[at])

    def drop(self, seqs: Sequence[int]) -> None:
        """Forget articles of which it is not known which passages they have; those not there are no error."""
        places = np.arange(self._state[_EXPIRED] + 1, self._state[_NEWEST] + 1)
        gone = places[np.isin(self._seqs[places % self._capacity], seqs)]
        mask = (1 << int(self._state[_BITS])) - 1
        held = np.isin(self._table & np.uint32(mask), (gone & mask).astype(np.uint32))
        self._table[held] = np.uint32(self._state[_EXPIRED] & mask)  # as `_erase` does
        for place in gone.tolist():
            self._forget(place)

    def _forget(self, place: int) -> None:
        """Give back an article's part of the counts."""
        self._state[_ENTRIES] -= self._lengths[place % self._capacity]
        self._lengths[place % self._capacity] = 0

    def make_room(self, passages: int) -> None:
        """Have room for a further article, which has so many passages.

        For one at a time: where the table doubles must depend on the articles alone, and not on how they are
        cut into batches, since a larger table loses fewer entries.
        """
        while not _room(passages, self.arrays):
            if len(self) == self._capacity:
                self._grow_ring()
            else:
                doubled = blank((2 * len(self._table), _WAYS), np.uint32)
                _copy_doubled(self._table, self._state, doubled)
                self._table = doubled
                self._state[_BITS] += 1

    def _grow_ring(self) -> None:
        places = np.arange(self._state[_EXPIRED] + 1, self._state[_NEWEST] + 1)
        old, new = places % self._capacity, places % (2 * self._capacity)
        self._capacity *= 2
        seqs, lengths = np.zeros(self._capacity, np.int64), np.zeros(self._capacity, np.int32)
        seqs[new], lengths[new] = self._seqs[old], self._lengths[old]
        self._seqs, self._lengths, self._met = seqs, lengths, np.zeros(self._capacity, np.int32)


# A table of 2^bits buckets: the upper `bits` bits of a passage hash choose the bucket, the others are the
# upper part of the entry (its tag), and the lower `bits` bits of the entry are those of the article's place.
# The distance of places (age, modulo 2^bits) tells which entries are live. At most half of the 2^bits places
# are, and the others are swept to the youngest expired place every 2^(bits - 2) articles, so that no old
# entry comes round to look young.


@tight
def _bucket(passage: np.uint32, bits: int) -> tuple[np.int64, np.int64]:
    """Return the bucket of a passage and its tag, in place in the upper part of an entry."""
    return np.int64(passage) >> (_HASH_BITS - bits), (np.int64(passage) << bits) & 0xFFFFFFFF


@tight
def _liveness(state: Int64) -> tuple[int, int, int]:
    """Return the bits of a bucket's number, the newest place and how many places are live."""
    return state[_BITS], state[_NEWEST], state[_NEWEST] - state[_EXPIRED]


@tight
def _is_room(passages: int, index: PassagesArrays) -> bool:
    _, seqs, _, _, state = index
    bits, _, live = _liveness(state)
    dense = 2 * len(seqs) > 1 << bits or state[_ENTRIES] + passages > _LOAD << bits
    return bool(live < len(seqs) and not dense)


@kernel
def _room(passages: int, index: PassagesArrays) -> bool:
    return _is_room(passages, index)


@tight
def have_room(passages: UInt32, index: PassagesArrays) -> bool:
    """Tell whether an article with these passages can be entered at once."""
    return len(passages) == 0 or _is_room(len(passages), index)


@kernel
def enter_passages(seq: int, passages: UInt32, index: PassagesArrays) -> None:
    """Enter an article under its passages; there is room for it. One without any is passed over."""
    table, seqs, lengths, _, state = index
    if len(passages) == 0:
        return
    state[_NEWEST] += 1
    state[_ENTRIES] += len(passages)
    bits, newest, live = _liveness(state)
    if newest % (1 << bits - 2) == 0:
        _sweep(table, state)
    slot = newest & (len(seqs) - 1)
    seqs[slot], lengths[slot] = seq, len(passages)
    mask = (1 << bits) - 1
    tags = np.uint32(0xFFFFFFFF & ~mask)
    _ask_for(passages, bits, table)
    for passage in passages:
        bucket, tag = _bucket(passage, bits)
        alike, oldest = 0, np.int64(-1)
        for w in range(_WAYS):  # without a branch
            alike += (table[bucket, w] & tags) == np.uint32(tag)
            oldest = max(oldest, (newest - table[bucket, w]) & mask)
        way = -1
        if alike >= KEPT:
            way = _oldest_alike(table[bucket], tag, newest, live, mask)  # type: ignore[arg-type]
        if way < 0:
            way = _WAYS
            for w in range(_WAYS):
                way = min(way, w if (newest - table[bucket, w]) & mask == oldest else _WAYS)
        table[bucket, way] = tag | (newest & mask)


@tight
def _ask_for(passages: UInt32, bits: int, table: UInt32) -> None:
    """Have the buckets of passages fetched, all at once."""
    for passage in passages:
        prefetch(table, _bucket(passage, bits)[0] * _WAYS)


@tight
def _oldest_alike(entries: UInt32, tag: int, newest: int, live: int, mask: int) -> int:
    """Return which of a bucket's entries is the oldest of a passage that KEPT live ones have; else -1."""
    way, count, oldest = -1, 0, np.int64(-1)
    for w in range(_WAYS):
        entry = np.int64(entries[w])
        age = (newest - entry) & mask
        if entry & ~mask == tag and age < live:
            count += 1
            if age > oldest:
                way, oldest = w, age
    return way if count >= KEPT else -1


@kernel
def _erase(passages: UInt32, place: int, table: UInt32, state: Int64) -> None:
    """Take a live article out of its buckets: its entries become those of the youngest expired place."""
    bits, newest, live = _liveness(state)
    mask = (1 << bits) - 1
    for passage in passages:
        bucket, tag = _bucket(passage, bits)
        for w in range(_WAYS):
            if table[bucket, w] == tag | (place & mask):
                table[bucket, w] = (newest - live) & mask


@kernel
def find_passages(
    passages: UInt32, least: int, limit: int, index: PassagesArrays
) -> tuple[Int64, Int32, UInt8]:
    """Return what `Found` has: articles that carry some of the passages, how many, and the carriers."""
    table, seqs, _, met, state = index
    bits, newest, live = _liveness(state)
    mask, slots = (1 << bits) - 1, len(met) - 1
    places, carriers = np.empty(min(live, _WAYS * len(passages)), np.int64), np.zeros(len(passages), np.uint8)
    tags = np.uint32(0xFFFFFFFF & ~mask)
    _ask_for(passages, bits, table)
    found = 0
    for i in range(len(passages)):
        bucket, tag = _bucket(passages[i], bits)
        alike = 0
        for w in range(_WAYS):  # most buckets have nothing: all entries at once, without a branch
            alike += (table[bucket, w] & tags) == np.uint32(tag)
        if alike == 0:
            continue
        for w in range(_WAYS):
            entry = np.int64(table[bucket, w])
            age = (newest - entry) & mask
            if entry & ~mask == tag and age < live:
                carriers[i] += 1
                slot = (newest - age) & slots
                if met[slot] == 0:
                    places[found] = newest - age
                    found += 1
                met[slot] += 1
    rank = np.empty(found)
    kept = 0
    for i in range(found):
        slot = places[i] & slots
        if met[slot] >= least:
            places[kept], rank[kept] = places[i], np.float64(met[slot]) * (1 << 40) + places[i]
            kept += 1
        met[slot] = 0
    order = largest(rank[:kept], limit)
    hits = np.empty(len(order), np.int32)
    for i in range(len(order)):
        hits[i] = np.int32(rank[order[i]] / (1 << 40))
        order[i] = seqs[places[order[i]] & slots]
    return order, hits, carriers


@tight
def _sweep(table: UInt32, state: Int64) -> None:
    """Make every entry that is not live one of the youngest expired place."""
    bits, newest, live = _liveness(state)
    mask = (1 << bits) - 1
    for bucket in range(table.shape[0]):
        for w in range(_WAYS):
            if (newest - np.int64(table[bucket, w])) & mask >= live:
                table[bucket, w] = (newest - live) & mask


@kernel
def _copy_doubled(table: UInt32, state: Int64, result: UInt32) -> None:
    """Fill a table of twice the buckets with the live entries of `table`."""
    bits, newest, live = _liveness(state)
    mask = (1 << bits) - 1
    result[:] = (newest - live) & (2 * mask + 1)
    for bucket in range(table.shape[0]):
        filled = np.zeros(2, np.int64)
        for w in range(_WAYS):
            entry = np.int64(table[bucket, w])
            age = (newest - entry) & mask
            if age >= live:
                continue
            half = entry >> (_HASH_BITS - 1)  # the tag's first bit now chooses between two buckets
            tag = (entry & ~mask) << 1 & 0xFFFFFFFF
            result[2 * bucket + half, filled[half]] = tag | ((newest - age) & (2 * mask + 1))
            filled[half] += 1
