"""Which articles of the window may be copies of this one? MinHash bands in memory (MMDS, ch. 3.4).

Each band of a signature is a key into a directory that points to the newest article with that key; a chain
leads on to ever older ones. Articles lie in a ring: to expire is to move a mark, and the ring doubles when it
is full.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import cache
from typing import Any

import numpy as np

from service.index.memory import blank, prefetch
from service.index.ranking import largest
from service.model import Int32, Int64, UInt8, UInt32
from service.sketch.jit import door, inner, kernel, tight
from service.sketch.kernels import mix

# A key that very many articles carry is followed to this many of the newest: bounds the time of one query.
_CHAIN = 256
_FOUND = 4096

# What `CopiesIndex.state` counts: the newest place, the places that expired, and rows of a band.
_NEWEST, _EXPIRED, _ROWS = 0, 1, 2

_NO_ROOM, _NOT_LARGER = 1, 2  # why a signature cannot be entered

_KEY, _BEFORE = 0, 1  # what a link of a chain consists of: the key of a band, the next older place with it

# What the kernels see: head, links, seqs, removed, met (see `CopiesIndex`) and the state.
CopiesArrays = tuple[UInt32, UInt32, Int64, UInt8, Int32, Int64]


@cache
def _enter() -> Any:
    return door(enter_next, 0, np.empty(0, np.uint32), CopiesIndex().arrays)


@cache
def _find() -> Any:
    return door(find_copies, np.empty(0, np.uint32), 0, CopiesIndex().arrays)


class CopiesIndex:
    """Finds articles whose signatures agree in at least one band of `rows` slots.

    Two articles of Jaccard similarity J meet with probability 1 - (1 - J^rows)^bands: 0.9998 at J = .7 with
    the default 32 bands of 4, where the 14 x 9 that datasketch picks for a threshold of .7 find half of them.

    Not for use from several threads at once. Memory: 12 bytes per band and article (384 at the default).

    >>> index = CopiesIndex(bands=2, rows=1)
    >>> index.add(7, np.array([1, 2], np.uint32))
    >>> index.candidates(np.array([1, 3], np.uint32)).tolist()
    [7]
    """

    def __init__(self, bands: int = 32, rows: int = 4, capacity: int = 1024) -> None:
        self._bands, self._rows = bands, rows
        # Places count all articles ever added, from 1; an article lies in slot place % capacity.
        # Places up to the expired one are no longer in the window.
        self._state: Int64 = np.array([0, 0, rows], np.int64)
        self._allocate(1 << max(4, (capacity - 1).bit_length()))

    def __len__(self) -> int:
        """The number of articles in the ring, removed ones included until they expire."""
        return int(self._state[_NEWEST] - self._state[_EXPIRED])

    @property
    def arrays(self) -> CopiesArrays:
        """What kernels work on, until room is made."""
        return self._arrays

    def make_room(self) -> None:
        """Have room for a further article. For one at a time, as with passages: when the ring doubles must
        not depend on batches, since a chain in a smaller one is followed less far."""
        if len(self) == self._capacity:
            self._grow()

    def add(self, seq: int, signature: UInt32) -> None:
        """Enter an article. `seq` is larger than any before. An unmatchable one (shape (0,)) is passed over.

        Raises:
            ValueError: the signature is too short for the bands, or `seq` is not larger.
        """
        self.check(signature)
        refused = _enter()(seq, signature, self._arrays)
        if refused == _NO_ROOM:
            self._grow()
            refused = _enter()(seq, signature, self._arrays)
        if refused:
            raise ValueError("articles enter the index in growing order")

    def candidates(self, signature: UInt32, limit: int = 64) -> Int64:
        """Return the seqs of at most `limit` articles that share a band: those that share most bands first,
        then the newest. An unmatchable signature has none."""
        self.check(signature)
        found: Int64 = _find()(signature, limit, self._arrays)
        return found

    def expire(self, low: int) -> None:
        """Forget all articles whose seq is under `low`."""
        state = self._state
        while len(self) and self._seqs[(state[_EXPIRED] + 1) % self._capacity] < low:
            state[_EXPIRED] += 1

    def remove(self, seq: int) -> None:
        """Forget one article; one that is not there is no error."""
        places = range(int(self._state[_EXPIRED]) + 1, int(self._state[_NEWEST]) + 1)
        at = bisect_left(places, seq, key=lambda place: int(self._seqs[place % self._capacity]))
        if at < len(places) and self._seqs[places[at] % self._capacity] == seq:
            self._removed[places[at] % self._capacity] = 1

    def check(self, signature: UInt32) -> None:
        """Raise ValueError for a signature that is too short for the bands; one of no slots is none."""
        if 0 < len(signature) < self._bands * self._rows:
            raise ValueError(f"{self._bands} bands of {self._rows} need more slots than {len(signature)}")

    def _allocate(self, capacity: int) -> None:
        self._capacity = capacity
        self._head = blank((self._bands, capacity), np.uint32)  # newest place of a key's chain
        # Of each article and band, side by side, since one is read with the other.
        self._links = blank((capacity, self._bands, 2), np.uint32)
        self._seqs = np.zeros(capacity, np.int64)
        self._removed = np.zeros(capacity, np.uint8)
        self._met = np.zeros(capacity, np.int32)  # scratch of `_find`, all zero in between
        said = self._seqs, self._removed, self._met, self._state
        self._arrays: CopiesArrays = (self._head, self._links, *said)

    def _grow(self) -> None:
        """Double the ring and enter everything anew, oldest first, from the stored keys."""
        places = np.arange(int(self._state[_EXPIRED]) + 1, int(self._state[_NEWEST]) + 1)
        slots = places % self._capacity
        links, seqs, removed = self._links[slots], self._seqs[slots], self._removed[slots]
        self._allocate(2 * self._capacity)
        slots = places % self._capacity
        self._links[slots], self._seqs[slots], self._removed[slots] = links, seqs, removed
        _relink(self._state[_EXPIRED] + 1, self._state[_NEWEST], self._head, self._links)


@tight
def _band_key(signature: UInt32, band: int, rows: int) -> np.uint32:
    value = np.uint64(0)
    for i in range(band * rows, band * rows + rows):
        value = mix(value ^ np.uint64(signature[i]))
    return np.uint32(value)


@inner
def keys_of(signature: UInt32, index: CopiesArrays) -> UInt32:
    """Return the keys of a signature's bands; none of a signature of no slots."""
    own = np.empty(index[0].shape[0] if len(signature) else 0, np.uint32)
    for band in range(len(own)):
        own[band] = _band_key(signature, band, index[5][_ROWS])
    return own


@inner
def keys_entered(seq: int, index: CopiesArrays) -> UInt32:
    """Return the keys of the bands of an article that was entered; none where it was not or has expired."""
    _, links, seqs, _, _, state = index
    mask, low, high = len(seqs) - 1, state[_EXPIRED] + 1, state[_NEWEST]
    while low < high:
        middle = (low + high) // 2
        if seqs[middle & mask] < seq:
            low = middle + 1
        else:
            high = middle
    found = low == high and seqs[low & mask] == seq
    return links[low & mask, :, _KEY].copy() if found else np.empty(0, np.uint32)


@inner
def _ask_for(own: UInt32, index: CopiesArrays) -> None:
    """Have what each band's key leads to fetched, all at once."""
    head, links = index[:2]
    bands, capacity = head.shape
    for band in range(bands):
        prefetch(head, band * capacity + (own[band] & (capacity - 1)))
    for band in range(bands):
        slot = head[band, own[band] & (capacity - 1)] & (capacity - 1)
        prefetch(links, 2 * (slot * bands + band))


@tight
def have_ring_room(index: CopiesArrays) -> bool:
    """Tell whether a further article can be entered at once."""
    return bool(index[5][_NEWEST] - index[5][_EXPIRED] < index[0].shape[1])


@kernel
def enter_copy(seq: int, signature: UInt32, index: CopiesArrays) -> None:
    """Enter a signature at the newest end of each of its chains; there is room for it."""
    head, links, seqs, removed, _, state = index
    state[_NEWEST] += 1
    slot = state[_NEWEST] & (head.shape[1] - 1)
    seqs[slot], removed[slot] = seq, 0
    for band in range(head.shape[0]):
        links[slot, band, _KEY] = _band_key(signature, band, state[_ROWS])
        _link(state[_NEWEST], band, head, links)


@kernel
def enter_next(seq: int, signature: UInt32, index: CopiesArrays) -> int:
    """Enter a signature of an article, one of no slots is passed over; returns why that cannot be, or 0."""
    _, _, seqs, _, _, state = index
    if len(signature) == 0:
        return 0
    if state[_NEWEST] and seq <= seqs[state[_NEWEST] & (len(seqs) - 1)]:
        return _NOT_LARGER
    if not have_ring_room(index):
        return _NO_ROOM
    enter_copy(seq, signature, index)
    return 0


@kernel
def _relink(first: int, last: int, head: UInt32, links: UInt32) -> None:
    """Enter articles that have their keys already, band by band, oldest first."""
    for band in range(head.shape[0]):
        for place in range(first, last + 1):
            _link(place, band, head, links)


@tight
def _link(place: int, band: int, head: UInt32, links: UInt32) -> None:
    mask = head.shape[1] - 1
    slot = place & mask
    bucket = links[slot, band, _KEY] & mask
    links[slot, band, _BEFORE] = head[band, bucket]
    head[band, bucket] = np.uint32(place)


@kernel
def find_copies(signature: UInt32, limit: int, index: CopiesArrays) -> Int64:
    """Return the seqs of articles that share a band, those that share most first, then the newest."""
    return find_by_keys(keys_of(signature, index), limit, index)


@inner
def find_by_keys(own: UInt32, limit: int, index: CopiesArrays) -> Int64:
    """`find_copies` by the keys of the bands.

    Chains hold the lower 32 bits of places; the distance from the newest (age) tells whether an article still
    lives.
    """
    head, links, seqs, removed, met, state = index
    newest, live, mask = state[_NEWEST], state[_NEWEST] - state[_EXPIRED], head.shape[1] - 1
    if len(own) == 0 or live == 0:
        return np.empty(0, np.int64)
    places = np.empty(_FOUND, np.int64)
    found = 0
    _ask_for(own, index)
    for band in range(head.shape[0]):
        key = own[band]
        pointer, last_age = head[band, key & mask], np.int64(-1)
        for _ in range(_CHAIN):
            age = np.int64(np.uint32(np.uint32(newest) - pointer))
            if age >= live or age <= last_age:
                break
            last_age, slot = age, np.int64(pointer) & mask
            if links[slot, band, _KEY] == key and not removed[slot] and (met[slot] or found < _FOUND):
                if met[slot] == 0:
                    places[found] = newest - age
                    found += 1
                met[slot] += 1
            pointer = links[slot, band, _BEFORE]
    rank = np.empty(found)
    for i in range(found):
        slot = places[i] & mask
        rank[i], met[slot] = np.float64(met[slot]) * (1 << 40) + places[i], 0
    order = largest(rank, limit)
    for i in range(len(order)):
        order[i] = seqs[places[order[i]] & mask]
    return order
