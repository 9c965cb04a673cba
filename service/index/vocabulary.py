"""Which number does a word have in this window, and how many articles use it?

Dense numbers make fast tables.
"""

from __future__ import annotations

import numpy as np

from service.model import Float64, Int32, UInt32
from service.sketch.jit import kernel


class Vocabulary:
    """Numbers words (token hashes) from 0 in order of first sight and counts the articles that use each.

    capacity: words there is room for at first, a power of two.

    frequency: int32, shape (words,), articles of the window that use the word.
    log_frequency: float64, shape (words,), log(frequency + prior): what idf subtracts, kept so that no
        logarithm is computed when articles are compared.
    """

    # A word nobody used yet counts as half an article, as in BM25's idf (Robertson & Sparck Jones 1976).
    PRIOR = 0.5

    def __init__(self, capacity: int = 1 << 15) -> None:
        self._slots = np.full(2 * capacity, -1, np.int32)
        self._keys = np.zeros(capacity, np.uint32)
        self.frequency: Int32 = np.zeros(capacity, np.int32)
        self.log_frequency: Float64 = np.full(capacity, np.log(self.PRIOR))
        self.size = 0

    def number(self, keys: UInt32) -> Int32:
        """Return the numbers of an article's words, new words included: int32, shape like `keys`."""
        while self.size + len(keys) > len(self._keys):
            self._grow()
        numbers = np.empty(len(keys), np.int32)
        self.size = _number(keys, self._slots, self._keys, self.size, numbers)
        return numbers

    def count(self, numbers: Int32, change: int) -> None:
        """Count an article's words in (change 1) or out (change -1)."""
        _count(numbers, change, self.PRIOR, self.frequency, self.log_frequency)

    def forget(self, size: int) -> None:
        """Take back the newest numbers, so that `size` are left; no counted article uses them."""
        _forget(self._slots, self._keys, size, self.size)
        self.size = size

    def _grow(self) -> None:
        self._keys = np.concatenate((self._keys, np.zeros_like(self._keys)))
        self.frequency = np.concatenate((self.frequency, np.zeros_like(self.frequency)))
        fresh = np.full_like(self.log_frequency, np.log(self.PRIOR))
        self.log_frequency = np.concatenate((self.log_frequency, fresh))
        self._slots = np.full(2 * len(self._keys), -1, np.int32)
        numbers = np.empty(self.size, np.int32)
        _number(self._keys[: self.size].copy(), self._slots, self._keys, 0, numbers)


@kernel
def _number(keys: UInt32, slots: Int32, known: UInt32, size: int, numbers: Int32) -> int:
    mask = len(slots) - 1
    for i in range(len(keys)):
        slot = np.int64(keys[i]) & mask
        while slots[slot] >= 0 and known[slots[slot]] != keys[i]:
            slot = (slot + 1) & mask
        if slots[slot] < 0:
            slots[slot], known[size] = size, keys[i]
            size += 1
        numbers[i] = slots[slot]
    return size


@kernel
def _forget(slots: Int32, known: UInt32, size: int, now: int) -> None:
    """Free the places of the newest words, the newest first: nothing was ever put behind them."""
    mask = len(slots) - 1
    for number in range(now - 1, size - 1, -1):
        slot = np.int64(known[number]) & mask
        while slots[slot] != number:
            slot = (slot + 1) & mask
        slots[slot] = -1


@kernel
def _count(numbers: Int32, change: int, prior: float, frequency: Int32, log_frequency: Float64) -> None:
    for i in range(len(numbers)):
        frequency[numbers[i]] += change
        log_frequency[numbers[i]] = np.log(frequency[numbers[i]] + prior)
