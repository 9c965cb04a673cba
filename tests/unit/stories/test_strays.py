"""Is a report that hangs on by half its story parted from it, and is no other?"""

from __future__ import annotations

import random
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.stories.strays import LEAST, MOST, STRAY, without_strays

Pairs = dict[tuple[int, int], float]


def tight(members: range, vote: float = 0.9) -> Pairs:
    return dict.fromkeys(combinations(members, 2), vote)


def loose(stray: int, members: range, votes: list[float]) -> Pairs:
    return {(min(i, stray), max(i, stray)): vote for i, vote in zip(members, votes, strict=True)}


def parted(count: int, pairs: Pairs, warmth: float = 1.0, originals: list[int] | None = None) -> set[int]:
    """The articles of one story that are in it no more; all of them in stories of their own, by original."""
    whose = originals or list(range(count))
    found = without_strays([0] * count, whose, pairs, warmth)
    return {i for i in range(count) if found[i] != 0}


def test_one_that_part_of_the_story_takes_for_its_own_is_parted() -> None:
    assert parted(5, tight(range(4)) | loose(4, range(4), [0.9, 0.3, 0.1, 0.1])) == {4}


def test_a_story_that_holds_together_is_left_alone() -> None:
    assert parted(5, tight(range(4)) | loose(4, range(4), [0.7] * 4)) == set()


def test_two_strays_leave_one_after_the_other() -> None:
    first = loose(4, range(4), [0.9, 0.1, 0.1, 0.1])
    second = loose(5, range(5), [0.9, 0.3, 0.3, 0.3, 0.0])
    assert parted(6, tight(range(4)) | first | second) == {4, 5}


@pytest.mark.parametrize("count", [LEAST - 1, MOST + 1])
def test_stories_of_two_or_three_and_large_ones_are_not_looked_at(count: int) -> None:
    last = count - 1
    votes = [0.9] + [0.0] * (last - 1)
    assert parted(count, tight(range(last)) | loose(last, range(last), votes)) == set()


def test_a_cold_window_parts_nobody() -> None:
    pairs = tight(range(4)) | loose(4, range(4), [0.9, 0.3, 0.1, 0.1])
    assert parted(5, pairs, warmth=0.0) == set()


def test_a_copy_goes_with_its_original() -> None:
    """Five reports and a copy of the loose one, which shares all its words with it."""
    votes = [0.9, 0.1, 0.1, 0.1]
    pairs = tight(range(4)) | loose(4, range(4), votes) | loose(5, range(4), votes) | {(4, 5): 1.0}
    found = without_strays([0] * 6, [0, 1, 2, 3, 4, 4], pairs, 1.0)
    assert found[4] == found[5] != 0


@given(st.integers(0, 10_000), st.integers(1, 12))
def test_nobody_is_lost_and_numbers_of_stories_say_nothing(seed: int, count: int) -> None:
    """Each part is within one story; what is left is no stray; other numbers give the same parts."""
    rng = random.Random(seed)
    stories = [rng.randrange(3) for _ in range(count)]
    pairs = {pair: rng.random() for pair in combinations(range(count), 2) if rng.random() < 0.8}
    found = without_strays(stories, list(range(count)), pairs, 1.0)
    parts = {(one, other) for one, other in zip(found, stories, strict=True)}
    assert len(parts) == len(set(found))
    renamed = without_strays([10 - story for story in stories], list(range(count)), pairs, 1.0)
    assert [found.index(story) for story in found] == [renamed.index(story) for story in renamed]
    assert STRAY < 1
