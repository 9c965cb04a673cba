"""Does the index of anchors lead to what shares rare keys in other languages, and forget what has gone?"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pytest

from service.index.anchors import NEAR, AnchorsIndex
from service.model import UInt32

EN, FR = 0, 1


def keyed(*keys: int, strength: int = 100) -> UInt32:
    """Anchors of one key a word."""
    return np.array([(key, word << 8 | strength) for word, key in enumerate(keys)], np.uint32).reshape(-1, 2)


def index_of(articles: Iterable[tuple[int, UInt32]], days: float = math.nan) -> AnchorsIndex:
    index = AnchorsIndex(7.0)
    for slot, (language, anchors) in enumerate(articles):
        index.add(slot, anchors, language, days)
    return index


ARTICLES = [
    (EN, keyed(1, 2, 3, 4, 100)),
    (EN, keyed(5, 6, 7, 8, 100)),
    (FR, keyed(1, 2, 3, 9, 100)),
    (FR, keyed(5, 6, 10, 11, 100)),
    (FR, keyed(12, 13, 14, 15)),
]


def test_the_other_language_is_ranked_by_the_rare_keys_shared() -> None:
    index = index_of(ARTICLES)
    met = index.met(0)
    assert set(met) == {FR}
    assert met[FR].slots[0] == 2
    assert met[FR].likeness == sorted(met[FR].likeness, reverse=True)
    assert set(index.met(3)) == {EN}
    assert index.met(3, only=FR) == {}


def test_sharing_is_the_same_from_both_sides() -> None:
    index = index_of(ARTICLES)
    one, other = index.shared(0, 2), index.shared(2, 0)
    assert (one.likeness, one.weight) == (other.likeness, other.weight)
    assert sorted((b, a, weight) for a, b, weight in one.words) == sorted(other.words)
    assert {(a, b) for a, b, _ in one.words} == {(0, 0), (1, 1), (2, 2), (4, 4)}
    assert one.words[-1][:2] == (4, 4)  # of a key that nearly every article has
    assert 0.0 < one.likeness < 1.0


def test_a_word_counts_once_however_many_of_its_keys_are_shared() -> None:
    three_keys = np.array([(1, 100), (2, 60), (3, 80), (4, 1 << 8 | 100)], np.uint32)
    index = index_of([(EN, three_keys), (EN, keyed(50)), (FR, three_keys), (FR, keyed(51))])
    assert [(a, b) for a, b, _ in index.shared(0, 2).words] == [(0, 0), (1, 1)]
    assert index.shared(0, 2).likeness == pytest.approx(1.0)


def test_weaker_keys_weigh_less() -> None:
    strong, weak = (
        index_of([(EN, keyed(1, strength=s)), (EN, keyed(8)), (FR, keyed(1, strength=s)), (FR, keyed(9))])
        for s in (100, 40)
    )
    assert weak.shared(0, 2).weight == pytest.approx(0.4 * strong.shared(0, 2).weight)


def test_what_is_removed_is_as_if_it_had_never_been() -> None:
    index, never = index_of([*ARTICLES, (EN, keyed(1, 2, 3, 12))]), index_of(ARTICLES)
    index.remove(5)
    index.remove(5)
    assert 5 not in index
    assert all(index.met(slot) == never.met(slot) for slot in range(5))


def test_renumbered_articles_are_met_under_their_new_slots() -> None:
    index = index_of(ARTICLES)
    index.remove(1)
    index.renumber(np.array([0, 2, 3], np.int32))
    fresh = index_of([ARTICLES[0], ARTICLES[2], ARTICLES[3]])
    assert sorted(index) == [0, 1, 2]
    assert all(index.met(slot) == fresh.met(slot) for slot in range(3))


def test_articles_too_many_days_apart_do_not_meet_and_undated_ones_do() -> None:
    index = index_of(ARTICLES[:2], days=10.0)
    index.add(2, ARTICLES[2][1], FR, 18.0)
    assert index.met(0) == {}
    index.add(3, ARTICLES[2][1], FR, math.nan)
    assert index.met(0)[FR].slots == [3]


def test_many_languages_and_an_article_without_anchors_have_room() -> None:
    index = index_of([(language, keyed(1, language + 10)) for language in range(40)])
    index.add(40, keyed(), 0, math.nan)
    assert index.met(40) == {}
    assert len(index.met(0)) == 39


def test_only_the_nearest_of_a_language_are_compared() -> None:
    index = index_of([(EN, keyed(1, 2)), (EN, keyed(3)), *((FR, keyed(1, 100 + i)) for i in range(30))])
    assert len(index.met(0)[FR].slots) <= NEAR
