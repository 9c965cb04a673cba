"""Does every word lead to its newest articles, however long its chain and however large the vocabulary?"""

from __future__ import annotations

import itertools
import random
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.index.postings import NONE, Postings, enter_slot, newest

WORDS = 8


def chain(postings: Postings, word: int, most: int) -> list[int]:
    """The newest slots under a word, as a walk reads them."""
    out = np.full(most, -7, np.int32)
    found = newest(word, postings.arrays, out)
    assert (out[found:] == -7).all()  # nothing is written behind what was found
    return out[:found].tolist()  # type: ignore[no-any-return]


def enter(postings: Postings, slot: int, words: list[int]) -> None:
    postings.enter(slot, np.array(words, np.int32))


@settings(deadline=None)
@given(
    st.lists(st.lists(st.integers(0, WORDS - 1), unique=True, max_size=WORDS), max_size=60),
    st.sampled_from([1, 2, 3, 7, 14, 15, 128]),
)
def test_chains_of_an_obvious_dictionary_newest_first(articles: list[list[int]], most: int) -> None:
    postings, expected = Postings(WORDS), defaultdict[int, list[int]](list)
    for slot, words in enumerate(articles):
        enter(postings, slot, words)
        for word in words:
            expected[word].insert(0, slot)
        for word in range(WORDS):
            assert chain(postings, word, most) == expected[word][:most]


@pytest.mark.parametrize("most", [1, 128, 5000])
def test_a_long_chain_is_read_from_its_newest_end(most: int) -> None:
    postings = Postings(2)
    for slot in range(0, 6000, 2):
        enter(postings, slot, [1])
    assert chain(postings, 1, most) == list(range(5998, -1, -2))[:most]
    assert chain(postings, 0, most) == []


def test_chains_survive_the_growth_of_the_pool_and_of_the_vocabulary() -> None:
    rng = random.Random(1)
    postings, expected = Postings(10), defaultdict[int, list[int]](list)
    room = len(postings.pool)
    for slot in range(4000):
        known = 10 + slot
        postings.make_room(known, 0)
        words = list({rng.randrange(known), rng.randrange(10), known - 1, *rng.choices(range(known), k=20)})
        enter(postings, slot, words)
        for word in words:
            expected[word].insert(0, slot)
    assert len(postings.pool) > 2 * room
    for word in range(known):
        assert chain(postings, word, 128) == expected[word][:128]


def test_a_word_without_articles_leads_nowhere() -> None:
    postings = Postings(3)
    postings.make_room(2, 0)  # there is room for these already
    assert len(postings.heads) == 3
    postings.make_room(5, 0)
    assert postings.heads.tolist() == [NONE] * 5
    assert [chain(postings, word, 4) for word in range(5)] == [[]] * 5


@pytest.mark.parametrize("length", [0, 1, 2, 7, 8, 9, 22])
def test_room_that_was_made_lasts_for_as_many_entries(length: int) -> None:
    """Kernels write where there is none: it must not give out before. Most is taken where every entry begins
    a block: behind 8 entries a long one, which the next doubling of the pool is just not enough for."""
    words = np.arange(5000, dtype=np.int32)
    postings = Postings(len(words))
    for slot in range(length):
        for word in words.tolist():
            postings.enter(slot, words[word : word + 1])
    postings.make_room(len(words) + 1, len(words))
    heads, pool, used = arrays = postings.arrays
    enter_slot(length, words, arrays)
    assert used[0] <= len(pool)
    assert len(heads) == len(words) + 1
    expected = list(range(length, -1, -1))
    assert all(chain(postings, word, 128) == expected for word in words.tolist())


def test_no_block_lies_in_two_cache_lines() -> None:
    rng = random.Random(2)
    postings = Postings(300)
    for slot in range(2000):
        enter(postings, slot, sorted({int(300 * rng.random() ** 3) for _ in range(8)}))
    heads, pool, used = postings.arrays
    assert postings.pool.ctypes.data % 64 == 0
    blocks = set()
    for block in heads.tolist():
        while block != NONE:
            blocks.add((block, block + 1 + int(pool[block + 1] >> 8)))  # its first and last number
            block = int(pool[block])
    assert {last - first for first, last in blocks} == {3, 7, 15}
    assert all(first // 16 == last // 16 for first, last in blocks)
    ordered = sorted(blocks)
    assert all(last < first for (_, last), (first, _) in itertools.pairwise(ordered))
    assert ordered[-1][1] < used[0]


def test_an_article_without_words_is_entered_nowhere() -> None:
    postings = Postings(2)
    enter(postings, 0, [])
    assert postings.heads.tolist() == [NONE, NONE]
