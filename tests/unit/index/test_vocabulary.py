"""Does every word keep its number and its count, also when the table grows?"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.index.vocabulary import Vocabulary, count_words, number_words

# Keys that meet in one place of the table, 0 and the largest among them, and others.
KEY = st.sampled_from([0, 16, 32, 4096, 2**32 - 1, 2**32 - 16]) | st.integers(0, 2**32 - 1)
ARTICLE = st.lists(KEY, max_size=30, unique=True)


@settings(deadline=None)
@given(st.lists(st.tuples(ARTICLE, st.booleans()), max_size=12))
def test_numbers_and_counts_of_an_obvious_dictionary(articles: list[tuple[list[int], bool]]) -> None:
    vocabulary = Vocabulary(capacity=8)
    known: dict[int, int] = {}
    used: dict[int, int] = {}
    for keys, leaves in articles:
        numbers = vocabulary.number(np.array(keys, np.uint32))
        assert numbers.dtype == np.int32
        assert numbers.tolist() == [known.setdefault(key, len(known)) for key in keys]
        vocabulary.count(numbers, 1)
        if leaves:
            vocabulary.count(numbers, -1)
        for key in keys:
            used[key] = used.get(key, 0) + (not leaves)
    assert vocabulary.size == len(known)
    for key, number in known.items():
        assert vocabulary.frequency[number] == used[key]
        assert vocabulary.log_frequency[number] == np.float32(np.log(used[key] + 0.5))
    assert vocabulary.log_frequency.dtype == np.float32


def test_a_word_that_nobody_used_counts_as_half_an_article() -> None:
    vocabulary = Vocabulary(capacity=4)
    for size in (3, 300):
        numbers = vocabulary.number(np.arange(size, dtype=np.uint32))
        assert vocabulary.log_frequency[numbers].tolist() == [np.float32(np.log(0.5))] * size
        assert len(vocabulary.frequency) == len(vocabulary.log_frequency) >= size


@settings(deadline=None)
@given(ARTICLE, st.lists(ARTICLE, max_size=6), ARTICLE)
def test_forgotten_words_leave_the_others_as_they_were(
    kept: list[int], asked: list[list[int]], later: list[int]
) -> None:
    vocabulary, untouched = Vocabulary(capacity=8), Vocabulary(capacity=8)
    for one in (vocabulary, untouched):
        one.count(one.number(np.array(kept, np.uint32)), 1)
    for keys in asked:
        vocabulary.number(np.array(keys, np.uint32))
    vocabulary.forget(len(kept))
    assert vocabulary.size == untouched.size == len(kept)
    for keys in (kept, later):
        expected = untouched.number(np.array(keys, np.uint32)).tolist()
        assert vocabulary.number(np.array(keys, np.uint32)).tolist() == expected
    assert vocabulary.frequency[: vocabulary.size].tolist() == untouched.frequency[: untouched.size].tolist()


@pytest.mark.parametrize(("capacity", "words"), [(8, 8), (8, 9), (8, 1000), (1024, 1000)])
def test_room_that_was_made_lasts_for_as_many_words(capacity: int, words: int) -> None:
    """Kernels write where there is none, and look for a free place until they find one."""
    vocabulary, grown = Vocabulary(capacity), Vocabulary(capacity)
    rng = np.random.default_rng(words)
    known, fresh = np.split(rng.permutation(2**20)[: 5 + words].astype(np.uint32), [5])
    for one in (vocabulary, grown):
        one.count(one.number(known), 1)
    vocabulary.make_room(words)
    table, keys, frequency, log_frequency, size = arrays = vocabulary.arrays
    assert min(map(len, (keys, frequency, log_frequency))) >= 5 + words
    assert len(table) >= 2 * len(keys)
    for some in np.array_split(fresh, 7):
        numbers = number_words(some, arrays)
        count_words(numbers, 1, arrays)
        assert numbers.tolist() == grown.number(some).tolist()
        grown.count(numbers, 1)
    assert size[0] == vocabulary.size == 5 + words
    assert frequency[: 5 + words].tolist() == [1] * (5 + words)
    assert (keys[:5].tolist(), keys[5 : 5 + words].tolist()) == (known.tolist(), fresh.tolist())
