"""Are pairs remembered once, and does a story fall into the parts that hold together?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from service.stories.decide import MERGE_GUARD, are_one
from service.stories.linkage import average_linkage, linked
from service.stories.same_event import WARM, default_model
from service.stories.ties import LEAST, NONE, Ties

SLOTS = 12
_PAIR = st.tuples(st.integers(0, SLOTS - 1), st.integers(0, SLOTS - 1)).filter(lambda pair: pair[0] < pair[1])
PAIRS = st.dictionaries(_PAIR, st.floats(0.0, 1.0))
# Some whose sums are exact, so that many means are equal.
EXACT = st.dictionaries(_PAIR, st.sampled_from([0.0, 0.25, 0.5, 1.0]), max_size=40)
# The article before it whose copy each one is, as a number that is taken modulo its slot; None for no copy.
COPIES = st.lists(st.none() | st.integers(0, SLOTS), min_size=SLOTS, max_size=SLOTS)


def see(ties: Ties, slot: int, said: Mapping[int, float], original: int = NONE) -> None:
    others, values = np.array(list(said), np.int32), np.array(list(said.values()), np.float64)
    ties.see(slot, others, values, original)


def ties_of(pairs: Mapping[tuple[int, int], float], originals: Mapping[int, int] | None = None) -> Ties:
    ties = Ties()
    for slot in range(SLOTS):
        said = {a: value for (a, b), value in pairs.items() if b == slot}
        see(ties, slot, said, (originals or {}).get(slot, NONE))
    return ties


def assert_mean(ties: Ties, a: list[int], b: list[int], expected: float) -> None:
    """Two stories are one where the mean between them is enough, and none where a hair is missing."""
    one, other = np.array(a, np.int32), np.array(b, np.int32)

    def enough(asked: float) -> bool:
        join = asked - MERGE_GUARD * float(np.log2(min(len(a), len(b))))
        model = replace(default_model(), join=join, cautious=2.0)
        return are_one(one, other, int(WARM), model.arrays, ties.arrays)

    assert enough(expected - 1e-9)
    assert not enough(expected + 1e-9)


@settings(deadline=None)
@given(PAIRS, st.lists(st.sampled_from(["left", "right", "neither"]), min_size=SLOTS, max_size=SLOTS))
def test_the_mean_is_that_over_all_pairs(pairs: dict[tuple[int, int], float], sides: list[str]) -> None:
    left, right = ([slot for slot in range(SLOTS) if sides[slot] == side] for side in ("left", "right"))
    if left and right:
        seen = [pairs.get((min(a, b), max(a, b)), 0.0) for a in left for b in right]
        expected = sum(value for value in seen if value >= LEAST) / len(seen)
        assert_mean(ties_of(pairs), left, right, expected)
        assert_mean(ties_of(pairs), right, left, expected)


@settings(deadline=None)
@given(st.one_of(PAIRS, EXACT), st.floats(0.1, 0.9))
def test_parts_are_those_of_average_linkage(pairs: dict[tuple[int, int], float], threshold: float) -> None:
    kept = [(a, b, value) for (a, b), value in pairs.items() if value >= LEAST]
    parts = ties_of(pairs).parts(range(SLOTS), threshold)
    assert sorted(parts) == average_linkage(SLOTS, kept, threshold)
    assert parts == sorted(parts, key=lambda part: (-len(part), part[0]))


@settings(deadline=None, max_examples=300)
@given(
    st.one_of(PAIRS, EXACT),
    COPIES,
    st.sets(st.integers(0, SLOTS - 1), min_size=1),
    st.one_of(st.floats(0.1, 0.9), st.sampled_from([0.25, 0.5])),
)
def test_parts_of_a_story_with_copies_are_those_of_linkage(
    pairs: dict[tuple[int, int], float], copies: list[int | None], story: set[int], threshold: float
) -> None:
    """Copies count once, copies of copies too, and one whose original is in no story of theirs as itself."""
    originals = {slot: number % slot for slot, number in enumerate(copies) if slot > 0 and number is not None}
    members = sorted(story)
    number = {slot: index for index, slot in enumerate(members)}
    first: list[int] = []
    for index, slot in enumerate(members):
        original = number.get(originals.get(slot, slot), index)
        first.append(first[original] if original < index else index)
    said = [
        (number[a], number[b], value)
        for (a, b), value in pairs.items()
        if value >= LEAST and a in number and b in number
    ]
    expected: dict[int, list[int]] = {}
    a, b = (np.array([pair[side] for pair in said], np.int64) for side in (0, 1))
    votes = np.array([value for *_, value in said], np.float64)
    for slot, part in zip(members, linked(first, a, b, votes, threshold), strict=True):
        expected.setdefault(part, []).append(slot)
    found = ties_of(pairs, originals).parts(members[::-1], threshold)
    assert sorted(found) == sorted(expected.values())
    assert found == sorted(found, key=lambda part: (-len(part), part[0]))


def test_a_pair_counts_once_though_both_were_asked() -> None:
    ties = Ties()
    see(ties, 0, {1: 0.4})  # asked late, after a restart
    see(ties, 1, {0: 0.8})
    assert_mean(ties, [0], [1], 0.8)


def test_an_article_that_is_asked_again_says_its_latest() -> None:
    """A slot that was staged only is another article's the next time."""
    ties = ties_of({(0, 2): 0.9, (1, 2): 0.9}, {2: 1})
    see(ties, 2, {0: 0.3})
    assert_mean(ties, [0], [2], 0.3)
    assert_mean(ties, [1], [2], 0.0)
    assert ties.parts([1, 2], 0.5) == [[1], [2]]


def test_copies_stay_with_their_originals() -> None:
    ties = ties_of({(0, 1): 0.9}, {3: 2, 4: 3, 9: 8})
    assert ties.parts([0, 1, 2, 3, 4, 9], 0.3) == [[2, 3, 4], [0, 1], [9]]


def test_room_is_made_for_any_number_of_articles_and_ties() -> None:
    """Each of 3000 says something of the ten before it."""
    ties = Ties()
    for slot in range(3000):
        see(ties, slot, {slot - back: 0.05 + back / 100 for back in range(1, min(slot, 10) + 1)})
    assert_mean(ties, [2990], [2991], 0.06)
    total = sum(back * (0.05 + back / 100) for back in range(1, 11))  # `back` of the pairs are so far apart
    assert_mean(ties, [*range(10)], [*range(10, 20)], total / 100)
    assert [slot in ties for slot in (0, 2999, 3000, 100_000)] == [True, True, False, False]


def test_renumbering_keeps_what_stays() -> None:
    ties = ties_of({(2, 5): 0.9, (3, 5): 0.9}, {7: 6})
    ties.renumber(np.array([2, 5, 6, 7], np.int32))
    assert ties.parts(range(4), 0.3) == [[0, 1], [2, 3]]
    assert [slot in ties for slot in range(6)] == [True] * 4 + [False] * 2
    assert_mean(ties, [0], [1], 0.9)


@settings(deadline=None)
@given(PAIRS, COPIES, st.sets(st.integers(0, SLOTS - 1), min_size=1), st.floats(0.1, 0.9))
def test_a_story_falls_into_the_same_parts_in_other_slots(
    pairs: dict[tuple[int, int], float], copies: list[int | None], kept: set[int], threshold: float
) -> None:
    originals = {slot: number % slot for slot, number in enumerate(copies) if slot > 0 and number is not None}
    before, after = (ties_of(pairs, originals) for _ in range(2))
    slots = sorted(kept)
    after.renumber(np.array(slots, np.int32))
    parts = [[slots[new] for new in part] for part in after.parts(range(len(slots)), threshold)]
    assert parts == before.parts(slots, threshold)


def test_what_was_never_asked_is_renumbered_too() -> None:
    """Articles that a restart restored lie in slots that the ties know nothing of."""
    ties = ties_of({(0, 1): 0.9})
    ties.renumber(np.array([0, 1, 5000, 5001], np.int32))
    assert [slot in ties for slot in range(4)] == [True, True, False, False]
    assert ties.parts([0, 1], 0.3) == [[0, 1]]
