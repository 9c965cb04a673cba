"""Are the pairs found exactly those that brute force finds, with the same figures?"""

from __future__ import annotations

import re
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.model import Pair
from service.stories.near_duplicates import pairs
from service.text.normalise import fold


def shingle_set(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", fold(text))[:2000]
    return set(zip(words, words[1:], words[2:], strict=False))


def brute_force(articles: list[tuple[str, str]], jaccard: float, containment: float) -> list[Pair]:
    sets = [(name, shingle_set(text)) for name, text in articles]
    found = []
    for (a, left), (b, right) in combinations(sets, 2):
        if min(len(left), len(right)) < 8:
            continue
        both = len(left & right)
        pair = Pair(a, b, both / len(left | right), both / min(len(left), len(right)))
        if pair.jaccard >= jaccard or pair.containment >= containment:
            found.append(pair)
    return found


@st.composite
def related_texts(draw: st.DrawFn) -> list[tuple[str, str]]:
    """Texts cut from one another: slices, joins and edits of a few sequences of words."""
    vocabulary = draw(st.sampled_from([12, 60, 1000]))
    word = st.integers(0, vocabulary).map(lambda number: f"w{number}")
    sources = draw(st.lists(st.lists(word, min_size=8, max_size=60), min_size=1, max_size=3))
    texts = []
    for _ in range(draw(st.integers(2, 12))):
        one, other = draw(st.sampled_from(sources)), draw(st.sampled_from(sources))
        begin, end = draw(st.integers(0, 20)), draw(st.integers(10, 60))
        texts.append(one[begin:end] + draw(st.sampled_from([[], other[:end], ["edited"], other[begin:]])))
    return [(str(number), " ".join(words)) for number, words in enumerate(texts)]


@settings(deadline=None)
@given(related_texts(), st.sampled_from([0.1, 0.5, 0.7, 1.0]), st.sampled_from([0.3, 0.8, 1.0]))
def test_exactly_the_pairs_of_brute_force(
    articles: list[tuple[str, str]], jaccard: float, containment: float
) -> None:
    found = pairs(articles, jaccard, containment)
    expected = brute_force(articles, jaccard, containment)
    assert [(pair.a, pair.b) for pair in found] == [(pair.a, pair.b) for pair in expected]
    for pair, wanted in zip(found, expected, strict=True):
        assert pair.jaccard == pytest.approx(wanted.jaccard, abs=1e-12)
        assert pair.containment == pytest.approx(wanted.containment, abs=1e-12)


def numbered(*ranges: range) -> str:
    return " ".join(f"w{number}" for numbers in ranges for number in numbers)


def test_a_pair_exactly_at_a_threshold_is_found() -> None:
    """10 and 20 shingles, 10 in common: Jaccard and containment are 0.5 and 1 without any rounding."""
    articles = [("a", numbered(range(12))), ("b", numbered(range(22)))]
    assert [pair.jaccard for pair in pairs(articles, 0.5, 1.0)] == [0.5]
    # 8 of 10 shingles in common on both sides: containment 0.8, Jaccard 2/3.
    articles = [("a", numbered(range(12))), ("b", numbered(range(2, 14)))]
    assert [pair.containment for pair in pairs(articles, 1.0, 0.8)] == [0.8]
    assert pairs(articles, 0.667, 0.801) == []
    assert len(pairs(articles, 0.666, 0.801)) == 1


def test_folding_counts_and_titles_cleaning_and_order_do_not() -> None:
    arabic = "أعلن الوزيرُ اليوم في الرباط عن افتتاح الجسر الجديد فوق النهر أمام حشد كبير من الناس"
    folded = fold(arabic).replace(" ", " - ")
    assert pairs([("a", arabic), ("b", folded)]) == [Pair("a", "b", 1.0, 1.0)]
    assert pairs([("b", folded), ("a", arabic)]) == [Pair("b", "a", 1.0, 1.0)]


@pytest.mark.parametrize("text", ["", "one", "a b c d e f g h i", "again " * 99, " \n!"])
def test_texts_too_short_pair_with_nothing(text: str) -> None:
    assert pairs([("a", text), ("b", text)]) == []


def test_only_the_first_two_thousand_words_count() -> None:
    a = numbered(range(2000)) + " other " * 50
    b = numbered(range(2000)) + numbered(range(9000, 9500))
    (pair,) = pairs([("a", a), ("b", b.replace("w1999w9000", "w1999 w9000"))])
    assert pair.jaccard == 1.0


def test_nothing_in_nothing_out() -> None:
    assert pairs([]) == []
    assert pairs([("a", numbered(range(50)))]) == []


@pytest.mark.parametrize("wrong", [(0.0, 0.8), (0.5, 0.0), (1.1, 0.8), (0.5, -1.0), (float("nan"), 0.8)])
def test_thresholds_out_of_range_are_refused(wrong: tuple[float, float]) -> None:
    with pytest.raises(ValueError):
        pairs([], *wrong)


def test_many_copies_of_one_text_are_all_paired() -> None:
    articles = [(str(number), numbered(range(40))) for number in range(60)]
    assert len(pairs(articles)) == 60 * 59 // 2
