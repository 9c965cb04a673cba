"""Which number does a word have in this window, and how many articles use it?

Dense numbers make fast tables.
"""

from __future__ import annotations

import numpy as np

from service.index.memory import blank, prefetch, roomier
from service.model import Float32, Int32, Int64, UInt32
from service.sketch.jit import inner, kernel

# A word nobody used yet counts as half an article, as in BM25's idf (Robertson & Sparck Jones 1976).
PRIOR = 0.5

# What the kernels see of a vocabulary: its hash table, the keys by number, frequency and log_frequency, and
# its size in an array of one.
VocabularyArrays = tuple[Int64, UInt32, Int32, Float32, Int64]


class Vocabulary:
    """Numbers words (token hashes) from 0 in order of first sight and counts the articles that use each.

    capacity: words there is room for at first, a power of two.

    frequency: int32, shape (words,), articles of the window that use the word.
    log_frequency: float32, shape (words,), log(frequency + PRIOR): what idf subtracts, kept so that no
        logarithm is computed when articles are compared.
    """

    def __init__(self, capacity: int = 1 << 15) -> None:
        self._table = _empty(2 * capacity)
        self._keys = np.zeros(capacity, np.uint32)
        self.frequency: Int32 = np.zeros(capacity, np.int32)
        self.log_frequency: Float32 = _unused(capacity)
        self._size: Int64 = np.zeros(1, np.int64)

    @property
    def size(self) -> int:
        """The number of words met."""
        return int(self._size[0])

    @property
    def arrays(self) -> VocabularyArrays:
        """What kernels work on, until room is made."""
        return self._table, self._keys, self.frequency, self.log_frequency, self._size

    def make_room(self, words: int) -> None:
        """Have room for so many new words."""
        while self.size + words > len(self._keys):
            self._grow()

    def number(self, keys: UInt32) -> Int32:
        """Return the numbers of an article's words, new words included: int32, shape like `keys`."""
        self.make_room(len(keys))
        return number_words(keys, self.arrays)

    def count(self, numbers: Int32, change: int) -> None:
        """Count an article's words in (change 1) or out (change -1)."""
        count_words(numbers, change, self.arrays)

    def forget(self, size: int) -> None:
        """Take back the newest numbers, so that `size` are left; no counted article uses them."""
        _forget(self._table, self._keys, size, self.size)
        self._size[0] = size

    def _grow(self) -> None:
        self.log_frequency = np.concatenate((self.log_frequency, _unused(len(self._keys))))
        self._keys = roomier(self._keys, 2 * len(self._keys))
        self.frequency = roomier(self.frequency, 2 * len(self.frequency))
        self._table = _empty(2 * len(self._keys))
        known, self._size[0] = self._keys[: self.size].copy(), 0
        number_words(known, self.arrays)


def _empty(places: int) -> Int64:
    table: Int64 = blank((places,), np.int64)
    table[:] = -1
    return table


def _unused(words: int) -> Float32:
    return np.full(words, np.log(PRIOR), np.float32)


@kernel
def number_words(keys: UInt32, vocabulary: VocabularyArrays) -> Int32:
    """Find the words in the table, or enter them: each is one number there, its key above its own number.
    There is room for them."""
    table, known, _, _, counted = vocabulary
    numbers, mask, size = np.empty(len(keys), np.int32), len(table) - 1, counted[0]
    for key in keys:
        prefetch(table, np.int64(key) & mask)
    for i in range(len(keys)):
        place = np.int64(keys[i]) & mask
        while table[place] >= 0 and table[place] >> 31 != keys[i]:
            place = (place + 1) & mask
        if table[place] < 0:
            table[place], known[size] = np.int64(keys[i]) << 31 | size, keys[i]
            size += 1
        numbers[i] = table[place] & 0x7FFFFFFF
    counted[0] = size
    return numbers


@inner
def users_of(key: int, vocabulary: VocabularyArrays) -> int:
    """How many articles use a word that was numbered."""
    table, _, frequency, _, _ = vocabulary
    mask = len(table) - 1
    place = np.int64(key) & mask
    while table[place] >> 31 != key:
        place = (place + 1) & mask
    return frequency[table[place] & 0x7FFFFFFF]  # type: ignore[no-any-return]


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
_LOGS = np.log(np.arange(4096) + PRIOR)


@kernel
def count_words(numbers: Int32, change: int, vocabulary: VocabularyArrays) -> None:
    """Count an article's words in (change 1) or out (change -1)."""
    _, _, frequency, log_frequency, _ = vocabulary
    for number in numbers:
        prefetch(frequency, number)
        prefetch(log_frequency, number)
    for i in range(len(numbers)):
        frequency[numbers[i]] += change
        users = frequency[numbers[i]]
        log_frequency[numbers[i]] = _LOGS[users] if users < len(_LOGS) else np.log(users + PRIOR)
