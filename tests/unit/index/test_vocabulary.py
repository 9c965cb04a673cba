"""Does every word keep its number and its count, also when the table grows?"""

from __future__ import annotations

import numpy as np
import pytest
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
        assert vocabulary.log_frequency[number] == pytest.approx(np.log(used[key] + 0.5))


def test_a_word_that_nobody_used_counts_as_half_an_article() -> None:
    vocabulary = Vocabulary(capacity=4)
    for size in (3, 300):
        numbers = vocabulary.number(np.arange(size, dtype=np.uint32))
        assert vocabulary.log_frequency[numbers].tolist() == [np.log(0.5)] * size
        assert len(vocabulary.frequency) == len(vocabulary.log_frequency) >= size
