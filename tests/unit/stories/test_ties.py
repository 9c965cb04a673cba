"""Are pairs remembered once, and does a story fall into the parts that hold together?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.stories.linkage import average_linkage
from service.stories.ties import LEAST, Ties

PAIRS = st.dictionaries(
    st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda pair: pair[0] < pair[1]),
    st.floats(0.0, 1.0),
)


def ties_of(pairs: dict[tuple[int, int], float], originals: dict[int, int] | None = None) -> Ties:
    ties = Ties()
    for slot in range(10):
        said = [(a, value) for (a, b), value in pairs.items() if b == slot]
        ties.see(slot, said, (originals or {}).get(slot))
    return ties


@given(PAIRS, st.integers(1, 9))
def test_the_mean_is_that_over_all_pairs(pairs: dict[tuple[int, int], float], cut: int) -> None:
    left, right = range(cut), range(cut, 10)
    seen = [pairs.get((a, b), 0.0) for a in left for b in right]
    expected = sum(value for value in seen if value >= LEAST) / len(seen)
    assert ties_of(pairs).mean(left, right) == pytest.approx(expected)
    assert ties_of(pairs).mean(right, left) == pytest.approx(expected)


@given(PAIRS, st.floats(0.1, 0.9))
def test_groups_are_those_of_average_linkage(pairs: dict[tuple[int, int], float], threshold: float) -> None:
    kept = [(a, b, value) for (a, b), value in pairs.items() if value >= LEAST]
    groups = ties_of(pairs).groups(range(10), threshold)
    assert sorted(groups) == average_linkage(10, kept, threshold)
    assert groups == sorted(groups, key=lambda group: (-len(group), group[0]))


def test_a_pair_counts_once_though_both_were_asked() -> None:
    ties = Ties()
    ties.see(0, [(1, 0.4)], None)  # asked late, after a restart
    ties.see(1, [(0, 0.8)], None)
    assert ties.mean([0], [1]) == 0.8


def test_copies_stay_with_their_originals() -> None:
    ties = ties_of({(0, 1): 0.9}, {3: 2, 4: 3, 9: 8})
    assert ties.groups([0, 1, 2, 3, 4, 9], 0.3) == [[2, 3, 4], [0, 1], [9]]


def test_renumbering_keeps_what_stays() -> None:
    ties = ties_of({(2, 5): 0.9, (3, 5): 0.9}, {7: 6})
    ties.renumber({2: 0, 5: 1, 6: 2, 7: 3})
    assert ties.groups(range(4), 0.3) == [[0, 1], [2, 3]]
    assert [slot in ties for slot in range(6)] == [True] * 4 + [False] * 2
