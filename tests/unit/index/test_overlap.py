"""Are the words that two articles share exactly those that sets of words have in common?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.index.overlap import Overlap, finder_of, overlap_of

# Few numbers, so that articles share many; and some that are far away.
NUMBER = st.integers(0, 40) | st.integers(0, 2**31 - 1)
ARTICLE = st.lists(NUMBER, unique=True, max_size=50)


def laid_end_to_end(articles: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """numbers, ends: as `TermsIndex` keeps articles."""
    ends = np.cumsum([0, *map(len, articles)], dtype=np.int64)
    return np.array([number for words in articles for number in words], np.int32), ends


def found_in(query: Sequence[int], articles: Sequence[Sequence[int]], slots: Sequence[int]) -> Overlap:
    finder = finder_of(np.array(query, np.int32))
    numbers, ends = laid_end_to_end(articles)
    unasked = np.zeros(len(numbers), np.uint8)
    return Overlap(*overlap_of(np.array(slots, np.int32), *finder, (numbers, unasked, unasked, ends)))


def rows(overlap: Overlap) -> list[list[tuple[int, int]]]:
    """The pairs of each article."""
    spans = zip(overlap.starts.tolist(), overlap.counts.tolist(), strict=True)
    return [[tuple(pair) for pair in overlap.pairs[at : at + count].tolist()] for at, count in spans]


def obvious(query: Sequence[int], words: Sequence[int]) -> list[tuple[int, int]]:
    """Where each common word stands in the article and in the query, in the order of the article."""
    return [(words.index(word), query.index(word)) for word in words if word in query]


@settings(deadline=None)
@given(ARTICLE, st.lists(ARTICLE, min_size=1, max_size=6), st.lists(st.integers(0, 5), max_size=8))
def test_pairs_are_the_intersection_of_the_words(
    query: list[int], articles: list[list[int]], chosen: list[int]
) -> None:
    slots = [slot % len(articles) for slot in chosen]  # in any order, some twice
    found = found_in(query, articles, slots)
    assert found.pairs.dtype == found.starts.dtype == found.counts.dtype == np.int32
    assert rows(found) == [obvious(query, articles[slot]) for slot in slots]


@pytest.mark.parametrize("words", [3000, 20_000])
def test_words_that_share_a_flag_are_told_apart(words: int) -> None:
    """There are 8,192 flags: with this many words most of what passes them is no word of the query."""
    rng = np.random.default_rng(words)
    numbers = rng.permutation(10 * words)
    query, stranger = numbers[:words], numbers[words : 3 * words]
    half = np.concatenate((query[::2], stranger[: words // 2]))
    articles = [stranger.tolist(), rng.permutation(half).tolist(), rng.permutation(query).tolist()]
    place = {word: at for at, word in enumerate(query.tolist())}
    expected = [
        [(at, place[word]) for at, word in enumerate(article) if word in place] for article in articles
    ]
    assert list(map(len, expected)) == [0, (words + 1) // 2, words]
    assert rows(found_in(query.tolist(), articles, [0, 1, 2])) == expected


def test_nothing_is_shared_with_nobody_and_by_nobody() -> None:
    assert rows(found_in([1, 2], [[3, 4]], [])) == []
    assert rows(found_in([], [[3, 4], []], [0, 1])) == [[], []]
