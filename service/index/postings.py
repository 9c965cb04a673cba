"""Which articles are entered under a word, newest first? Blocks in one array, each within one cache line.

A block is [older block, capacity and number of slots in it, slots...]; a word's blocks grow from 2 to 14
slots: most words lead to one or two articles, a few to very many.
"""

from __future__ import annotations

import numpy as np

from service.index.memory import blank, prefetch, roomier
from service.model import Int32, Int64
from service.sketch.jit import kernel, tight

NONE = -1
_HEAD = 2  # numbers in front of a block's slots
_FIRST, _MOST = 2, 14  # slots in a word's first block, and at most
_LINE = _HEAD + _MOST  # 64 bytes
_USED = 255  # the lower byte of a block's second number; the others are its capacity


# What the kernels see: heads and pool as below, and how much of the pool is used; behind that, where the next
# block of four numbers and that of eight go, if this is within a line.
PostingsArrays = tuple[Int64, Int32, Int64]


class Postings:
    """Chains of slots by word number.

    heads: int64 (words,), where the newest block of a word begins, NONE for a word without one.
    pool: int32, all blocks.
    """

    def __init__(self, words: int) -> None:
        self.heads: Int64 = np.full(words, NONE, np.int64)
        self.pool: Int32 = blank((1 << 16,), np.int32)
        self._used: Int64 = np.zeros(3, np.int64)

    @property
    def arrays(self) -> PostingsArrays:
        """What kernels work on, until room is made."""
        return self.heads, self.pool, self._used

    def make_room(self, words: int, entries: int) -> None:
        """Have room for so many words in all, and so many further entries under them."""
        missing = words - len(self.heads)
        if missing > 0:
            self.heads = np.concatenate((self.heads, np.full(missing, NONE, np.int64)))
        while int(self._used[0]) + entries * _LINE > len(self.pool):
            self.pool = roomier(self.pool, 2 * len(self.pool))

    def enter(self, slot: int, words: Int32) -> None:
        """Put an article at the newest end of these words' chains; `slot` is no smaller than any before."""
        self.make_room(len(self.heads), len(words))
        enter_slot(slot, words, self.arrays)


@kernel
def enter_slot(slot: int, words: Int32, chains: PostingsArrays) -> None:
    """Put an article at the newest end of these words' chains; there is room for it."""
    heads, pool, used = chains
    ask_for_chains(words, chains)
    for word in words:
        block = heads[word]
        if block == NONE or pool[block + 1] & _USED == pool[block + 1] >> 8:
            capacity = _FIRST if block == NONE else min(_MOST, 2 * (pool[block + 1] >> 8) + _HEAD)
            older, block = block, _allot(_HEAD + capacity, used)
            pool[block], pool[block + 1] = older, capacity << 8
            heads[word] = block
        pool[block + _HEAD + (pool[block + 1] & _USED)] = slot
        pool[block + 1] += 1


@tight
def _allot(size: int, used: Int64) -> int:
    """Return where a new block goes: behind those of its size in their line, or at the start of a new one."""
    kind = size // (_HEAD + _FIRST)
    if size < _LINE and used[kind] % _LINE:
        used[kind] += size
        return used[kind] - size  # type: ignore[no-any-return]
    start = used[0]
    used[0] += _LINE
    if size < _LINE:
        used[kind] = start + size
    return start  # type: ignore[no-any-return]


@tight
def ask_for_chains(words: Int32, chains: PostingsArrays) -> None:
    """Have the newest block of each word fetched, all at once."""
    heads, pool, _ = chains
    for word in words:
        prefetch(heads, word)
    for word in words:
        if heads[word] != NONE:
            prefetch(pool, heads[word])


@kernel
def newest(word: int, chains: PostingsArrays, out: Int32) -> int:
    """Fill `out` with the newest slots of a word's chain, newest first; returns how many there are."""
    heads, pool, _ = chains
    found = 0
    block = heads[word]
    while block != NONE and found < len(out):
        last = block + _HEAD + (pool[block + 1] & _USED)
        prefetch(pool, max(0, pool[block]))
        for at in range(last - 1, max(block + _HEAD, last - (len(out) - found)) - 1, -1):
            out[found] = pool[at]
            found += 1
        block = np.int64(pool[block])
    return found
