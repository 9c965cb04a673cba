"""Which number does a word have in this window, and how many articles use it?

Dense numbers make fast tables.
"""

from __future__ import annotations

import numpy as np

from service.model import Float32, Int32, Int64, UInt32
from service.sketch.jit import kernel


class Vocabulary:
    """Numbers words (token hashes) from 0 in order of first sight and counts the articles that use each.

    capacity: words there is room for at first, a power of two.

    frequency: int32, shape (words,), articles of the window that use the word.
    log_frequency: float32, shape (words,), log(frequency + PRIOR): what idf subtracts, kept so that no
        logarithm is computed when articles are compared.
    """

    # A word nobody used yet counts as half an article, as in BM25's idf (Robertson & Sparck Jones 1976).
    PRIOR = 0.5

    def __init__(self, capacity: int = 1 << 15) -> None:
        self._table = _empty(2 * capacity)
        self._keys = np.zeros(capacity, np.uint32)
        self.frequency: Int32 = np.zeros(capacity, np.int32)
        self.log_frequency: Float32 = _unused(capacity)
        self.size = 0

    def number(self, keys: UInt32) -> Int32:
        """Return the numbers of an article's words, new words included: int32, shape like `keys`."""
        while self.size + len(keys) > len(self._keys):
            self._grow()
        numbers = np.empty(len(keys), np.int32)
        self.size = _number(keys, self._table, self._keys, self.size, numbers)
        return numbers

    def count(self, numbers: Int32, change: int) -> None:
        """Count an article's words in (change 1) or out (change -1)."""
        _count(numbers, change, self.PRIOR, self.frequency, self.log_frequency)

    def forget(self, size: int) -> None:
        """Take back the newest numbers, so that `size` are left; no counted article uses them."""
        _forget(self._table, self._keys, size, self.size)
        self.size = size

    def _grow(self) -> None:
        self.log_frequency = np.concatenate((self.log_frequency, _unused(len(self._keys))))
        self._keys = np.concatenate((self._keys, np.zeros_like(self._keys)))
        self.frequency = np.concatenate((self.frequency, np.zeros_like(self.frequency)))
        self._table = _empty(2 * len(self._keys))
        numbers = np.empty(self.size, np.int32)
        _number(self._keys[: self.size].copy(), self._table, self._keys, 0, numbers)


def _empty(places: int) -> Int64:
    return np.full(places, -1, np.int64)


def _unused(words: int) -> Float32:
    return np.full(words, np.log(Vocabulary.PRIOR), np.float32)


@kernel
def _number(keys: UInt32, table: Int64, known: UInt32, size: int, numbers: Int32) -> int:
    """Find the words in the table, or enter them: each is one number there, its key above its own number."""
    mask = len(table) - 1
    for i in range(len(keys)):
        place = np.int64(keys[i]) & mask
        while table[place] >= 0 and table[place] >> 31 != keys[i]:
            place = (place + 1) & mask
        if table[place] < 0:
            table[place], known[size] = np.int64(keys[i]) << 31 | size, keys[i]
            size += 1
        numbers[i] = table[place] & 0x7FFFFFFF
    return size


@kernel
def _forget(table: Int64, known: UInt32, size: int, now: int) -> None:
    """Free the places of the newest words, the newest first: nothing was ever put behind them."""
    mask = len(table) - 1
    for number in range(now - 1, size - 1, -1):
        place = np.int64(known[number]) & mask
        while table[place] & 0x7FFFFFFF != number:
            place = (place + 1) & mask
        table[place] = -1


# Most words are rare, and logarithms cost more than looking them up.
_LOGS = np.log(np.arange(4096) + Vocabulary.PRIOR)


@kernel
def _count(numbers: Int32, change: int, prior: float, frequency: Int32, log_frequency: Float32) -> None:
    for i in range(len(numbers)):
        frequency[numbers[i]] += change
        users = frequency[numbers[i]]
        log_frequency[numbers[i]] = _LOGS[users] if users < len(_LOGS) else np.log(users + prior)
