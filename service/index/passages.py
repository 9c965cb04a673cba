"""Which articles of the window share a passage with this one, and how many carry each passage?

A bucket is one cache line of 16 entries; an entry names a passage hash and an article that carries it. Where
a bucket is full the oldest entry gives way: a query costs one line per passage whatever the stream is like.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple

import numpy as np

from service.index.ranking import largest
from service.model import Int32, Int64, UInt8, UInt32
from service.sketch.jit import kernel

_WAYS = 16  # entries of a bucket
_LOAD = 10  # mean entries per bucket at which the table doubles: by then 0.4 % of them have lost their place
KEPT = 9  # newest articles remembered of one passage; a formula must not push all else out of its bucket
_HASH_BITS = 32
_NONE = np.empty(0, np.uint32)


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
    Not for use from several threads at once. Memory: about 6 to 13 bytes per passage; the passage arrays of
    live articles are referred to, not copied.

    >>> index = PassagesIndex()
    >>> index.add(7, np.array([11, 12, 13], np.uint32))
    >>> found = index.candidates(np.array([12, 13, 14], np.uint32))
    >>> found.seqs.tolist(), found.hits.tolist(), found.carriers.tolist()
    ([7], [2], [1, 1, 0])
    """

    def __init__(self, capacity: int = 1024) -> None:
        # Places count all articles ever added, from 1; an article lies in slot place % capacity.
        self._newest = 0
        self._expired = 0  # places up to this one are no longer in the window
        self._entries = 0  # passages of live articles, repeats included
        self._passages: dict[int, UInt32] = {}  # live and not removed, by place
        self._capacity = 1 << max(4, (capacity - 1).bit_length())
        self._bits = self._capacity.bit_length()  # twice as many places as live articles, see below
        self._table = np.zeros((1 << self._bits, _WAYS), np.uint32)
        self._seqs = np.zeros(self._capacity, np.int64)
        self._met = np.zeros(self._capacity, np.int32)  # scratch of `_find`, all zero in between

    def __len__(self) -> int:
        """The number of articles in the ring, removed ones included until they expire."""
        return self._newest - self._expired

    def add(self, seq: int, passages: UInt32) -> None:
        """Enter an article; one without passages is passed over. `seq` is larger than any before.

        Raises:
            ValueError: `seq` is not larger.
        """
        if not len(passages):
            return
        if self._newest and seq <= int(self._seqs[self._newest % self._capacity]):
            raise ValueError("articles enter the index in growing order")
        self._make_room(len(passages))
        self._newest += 1
        if self._newest % (1 << self._bits - 2) == 0:
            _sweep(self._bits, self._newest, len(self), self._table)
        self._seqs[self._newest % self._capacity] = seq
        self._passages[self._newest] = passages
        self._entries += len(passages)
        _insert(passages, self._bits, self._newest, len(self), self._table)

    def candidates(self, passages: UInt32, limit: int = 64, least: int = 1) -> Found:
        """Return at most `limit` articles that share at least `least` of the passages."""
        places, hits, carriers = _find(
            passages, least, limit, self._bits, self._newest, len(self), self._table, self._met
        )
        return Found(self._seqs[places % self._capacity], hits, carriers)

    def expire(self, low: int) -> None:
        """Forget all articles whose seq is under `low`."""
        while self._expired < self._newest and self._seqs[(self._expired + 1) % self._capacity] < low:
            self._expired += 1
            self._forget(self._expired)

    def remove(self, seq: int) -> None:
        """Forget one article; one that is not there is no error."""
        places = range(self._expired + 1, self._newest + 1)
        at = bisect_left(places, seq, key=lambda place: int(self._seqs[place % self._capacity]))
        if at == len(places) or self._seqs[places[at] % self._capacity] != seq:
            return
        passages = self._passages.get(places[at], _NONE)
        _erase(passages, self._bits, self._newest, len(self), self._table, places[at])
        self._forget(places[at])

    def _forget(self, place: int) -> None:
        """Give back an article's part of the counts."""
        self._entries -= len(self._passages.pop(place, _NONE))

    def _make_room(self, passages: int) -> None:
        if len(self) == self._capacity:
            self._grow_ring()
        if 2 * self._capacity > 1 << self._bits or self._entries + passages > _LOAD << self._bits:
            self._table = _doubled(self._table, self._bits, self._newest, len(self))
            self._bits += 1

    def _grow_ring(self) -> None:
        places = np.arange(self._expired + 1, self._newest + 1)
        old, new = places % self._capacity, places % (2 * self._capacity)
        self._capacity *= 2
        seqs = np.zeros(self._capacity, np.int64)
        seqs[new] = self._seqs[old]
        self._seqs, self._met = seqs, np.zeros(self._capacity, np.int32)


# A table of 2^bits buckets: the upper `bits` bits of a passage hash choose the bucket, the others are the
# upper part of the entry (its tag), and the lower `bits` bits of the entry are those of the article's place.
# The distance of places (age, modulo 2^bits) tells which entries are live. At most half of the 2^bits places
# are, and the others are swept to the youngest expired place every 2^(bits - 2) articles, so that no old
# entry comes round to look young.


@kernel
def _bucket(passage: np.uint32, bits: int) -> tuple[np.int64, np.int64]:
    """Return the bucket of a passage and its tag, in place in the upper part of an entry."""
    return np.int64(passage) >> (_HASH_BITS - bits), (np.int64(passage) << bits) & 0xFFFFFFFF


@kernel
def _insert(passages: UInt32, bits: int, newest: int, live: int, table: UInt32) -> None:
    """Enter the newest article under its passages."""
    mask = (1 << bits) - 1
    for passage in passages:
        bucket, tag = _bucket(passage, bits)
        way, same, same_way = 0, 0, 0
        oldest = same_age = np.int64(-1)
        for w in range(_WAYS):
            entry = np.int64(table[bucket, w])
            age = (newest - entry) & mask
            if entry & ~mask == tag and age < live:
                same += 1
                if age > same_age:
                    same_way, same_age = w, age
            if age > oldest:
                way, oldest = w, age
        table[bucket, same_way if same >= KEPT else way] = tag | (newest & mask)


@kernel
def _erase(passages: UInt32, bits: int, newest: int, live: int, table: UInt32, place: int) -> None:
    """Take a live article out of its buckets: its entries become those of the youngest expired place."""
    mask = (1 << bits) - 1
    for passage in passages:
        bucket, tag = _bucket(passage, bits)
        for w in range(_WAYS):
            if table[bucket, w] == tag | (place & mask):
                table[bucket, w] = (newest - live) & mask


@kernel
def _find(
    passages: UInt32, least: int, limit: int, bits: int, newest: int, live: int, table: UInt32, met: Int32
) -> tuple[Int64, Int32, UInt8]:
    """Return the places of articles that carry some of the passages, how many, and the passages' carriers."""
    mask, slots = (1 << bits) - 1, len(met) - 1
    places, carriers = np.empty(min(live, _WAYS * len(passages)), np.int64), np.zeros(len(passages), np.uint8)
    found = 0
    for i in range(len(passages)):
        bucket, tag = _bucket(passages[i], bits)
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
    return places[order], (rank[order] / (1 << 40)).astype(np.int32), carriers


@kernel
def _sweep(bits: int, newest: int, live: int, table: UInt32) -> None:
    """Make every entry that is not live one of the youngest expired place."""
    mask = (1 << bits) - 1
    for bucket in range(table.shape[0]):
        for w in range(_WAYS):
            if (newest - np.int64(table[bucket, w])) & mask >= live:
                table[bucket, w] = (newest - live) & mask


@kernel
def _doubled(table: UInt32, bits: int, newest: int, live: int) -> UInt32:
    """Return a table of twice the buckets with the live entries of `table`."""
    mask = (1 << bits) - 1
    result = np.full((2 * table.shape[0], _WAYS), (newest - live) & (2 * mask + 1), np.uint32)
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
    return result
