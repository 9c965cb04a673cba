"""Does every word keep its number and its count, also when the table grows?"""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from service.index.vocabulary import Vocabulary

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
