"""Are resemblance and shared passages what brute force says, and do passages stand where they are shown?"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.sketch.exact import (
    MAX_RUNS,
    Layout,
    distinct_shingles,
    lay_out_text,
    locate,
    overlap,
    passages,
    resemblance,
    resemblance_of,
    runs,
    runs_shared,
)
from service.sketch.jit import kernel
from service.sketch.tokens import tokenise, tokenise_spans

small = st.lists(st.integers(0, 3), max_size=40).map(lambda values: np.array(values, np.uint32))
medium = st.lists(st.integers(0, 30), max_size=60).map(lambda values: np.array(values, np.uint32))
NUMBERS = " ".join(f"n{i}" for i in range(12))


def shingle_set(tokens: np.ndarray, k: int) -> set[tuple[int, ...]]:
    return {tuple(tokens[i : i + k].tolist()) for i in range(len(tokens) - k + 1)}


@settings(deadline=None)
@given(small, small, st.integers(1, 5))
def test_overlap_counts_the_sets(a: np.ndarray, b: np.ndarray, k: int) -> None:
    left, right = shingle_set(a, k), shingle_set(b, k)
    assert overlap(a, b, k) == (len(left & right), len(left), len(right))


@settings(deadline=None)
@given(small, small)
def test_resemblance_is_jaccard_and_both_containments(a: np.ndarray, b: np.ndarray) -> None:
    left, right = shingle_set(a, 3), shingle_set(b, 3)
    both = len(left & right)
    expected = (both / len(left | right), both / len(left), both / len(right)) if both else (0, 0, 0)
    assert resemblance(a, b) == pytest.approx(expected, abs=1e-12)


@kernel
def resemble(a: Layout, b: np.ndarray, distinct: int) -> tuple[float, float, float]:
    return resemblance_of(a, b, distinct)


def longest_common_run(a: list[int], b: list[int]) -> int:
    best, row = 0, [0] * (len(b) + 1)
    for x in a:
        row = [0, *(row[j] + 1 if x == y else 0 for j, y in enumerate(b))]
        best = max(best, *row)
    return best


@settings(deadline=None)
@given(st.one_of(small, medium), st.one_of(small, medium), st.integers(2, 8))
def test_runs_are_shared_disjoint_longest_first_and_nothing_is_left(
    a: np.ndarray, b: np.ndarray, min_run: int
) -> None:
    found = runs(a, b, min_run)
    left, right = a.tolist(), b.tolist()
    lengths = [length for _, _, length in found]
    assert lengths == sorted(lengths, reverse=True)
    assert all(length >= min_run for length in lengths)
    assert all(left[i : i + length] == right[j : j + length] for i, j, length in found)
    for side, tokens in enumerate((left, right)):
        taken = [place for run in found for place in range(run[side], run[side] + run[2])]
        assert len(taken) == len(set(taken)) <= len(tokens)
    if (longest := longest_common_run(left, right)) >= min_run:
        assert lengths[0] == longest


@settings(deadline=None)
@given(medium, medium)
def test_no_run_is_left_between_tokens_that_none_has_taken(a: np.ndarray, b: np.ndarray) -> None:
    left, right = a.tolist(), b.tolist()
    for i, j, length in runs(a, b, 3):
        left[i : i + length] = range(1000, 1000 + length)
        right[j : j + length] = range(2000, 2000 + length)
    assert longest_common_run(left, right) < 3


@settings(deadline=None)
@given(small, small)
def test_runs_do_not_depend_on_which_article_comes_first(a: np.ndarray, b: np.ndarray) -> None:
    assert runs(a, b, 2) == tuple((i, j, length) for j, i, length in runs(b, a, 2))


@settings(deadline=None)
@given(small, st.lists(small, max_size=4))
def test_a_text_laid_out_once_serves_many_pairs(a: np.ndarray, others: list[np.ndarray]) -> None:
    layout = lay_out_text(a, 3)
    out = np.empty((MAX_RUNS, 3), np.int32)
    for b in [*others, *others]:
        count = runs_shared(layout, a, b, 3, out)
        assert tuple(map(tuple, out[:count].tolist())) == runs(a, b, 3)
        assert resemble(layout, b, distinct_shingles(b)) == resemblance(a, b)


@settings(deadline=None)
@given(small)
def test_different_shingles_are_counted(tokens: np.ndarray) -> None:
    assert distinct_shingles(tokens) == len(shingle_set(tokens, 3))


@pytest.mark.parametrize(("often", "followed"), [(10, 7), (17, 14), (40, 16)])
def test_a_phrase_that_both_repeat_very_often_is_tiled_alike_from_either_side(
    often: int, followed: int
) -> None:
    phrase, rng = np.arange(8), np.random.default_rng(often)
    a, b = (
        np.concatenate([np.append(phrase, rng.integers(100, 10**6, 1)) for _ in range(count)]).astype(
            np.uint32
        )
        for count in (often, often - 3)
    )
    found = runs(a, b)
    assert found == tuple((i, j, length) for j, i, length in runs(b, a))
    assert [length for _, _, length in found] == [8] * followed


def test_identical_texts_are_one_run_however_repetitive() -> None:
    tokens = np.array([1, 2] * 900, np.uint32)
    assert runs(tokens, tokens) == ((0, 0, 1800),)


def test_empty_and_short_texts_share_nothing() -> None:
    none, short = np.empty(0, np.uint32), np.arange(2, dtype=np.uint32)
    assert resemblance(none, none) == resemblance(short, short) == (0.0, 0.0, 0.0)
    assert runs(none, none) == runs(short, short) == ()


def test_passages_stand_in_the_original_texts() -> None:
    a = f"Intro words here. «{NUMBERS.upper()}» 😀 outro"
    b = f"Other start, {NUMBERS.replace(' n5', '،  n5')}!"
    (passage,) = passages(a, [(0, len(a))], b, [(0, len(b))])
    assert passage.words == 12
    ((start, end),) = passage.a
    assert a[start:end] == NUMBERS.upper()
    ((start, end),) = passage.b
    assert b[start:end] == NUMBERS.replace(" n5", "،  n5")


def test_a_passage_around_boilerplate_is_shown_in_two_ranges() -> None:
    half = len("n0 n1 n2 n3 n4 n5")
    a = NUMBERS[:half] + " [advertisement] " + NUMBERS[half + 1 :]
    parts = [(0, half), (half + 17, len(a))]
    (passage,) = passages(a, parts, NUMBERS, [(0, len(NUMBERS))])
    assert [a[start:end] for start, end in passage.a] == ["n0 n1 n2 n3 n4 n5", "n6 n7 n8 n9 n10 n11"]
    assert passage.b == ((0, len(NUMBERS)),)


def test_locate_follows_token_numbers() -> None:
    text = "one two three four"
    assert locate(tokenise(text), [(0, 18)], 1, 2) == ((4, 13),)
    parts = [(0, 7), (8, 18)]
    assert locate(tokenise_spans(text, parts), parts, 1, 2) == ((4, 7), (8, 13))
