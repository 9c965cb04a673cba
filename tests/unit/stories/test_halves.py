"""Is a story parted whose halves have far less in common than either has within, and is no other?"""

from __future__ import annotations

import random
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.stories.halves import APART, halved
from service.stories.strays import LEAST, MOST

Pairs = dict[tuple[int, int], float]


def within(members: range, vote: float) -> Pairs:
    return dict.fromkeys(combinations(members, 2), vote)


def between(one: range, other: range, vote: float) -> Pairs:
    return dict.fromkeys(product(one, other), vote)


def stories_of(
    count: int, pairs: Pairs, warmth: float = 1.0, originals: list[int] | None = None
) -> list[int]:
    """What becomes of one story."""
    return halved([0] * count, originals or list(range(count)), pairs, warmth)


def two(vote: float, one: range = range(2), other: range = range(2, 4)) -> Pairs:
    return within(one, 0.9) | within(other, 0.8) | between(one, other, vote)


def test_two_events_of_one_kind_are_parted() -> None:
    """The looser half decides: within it reports are as alike as those of one event are."""
    assert stories_of(4, two(APART * 0.8 - 0.01)) == [0, 0, 1, 1]
    assert stories_of(4, two(APART * 0.8 + 0.01)) == [0, 0, 0, 0]


def test_an_event_that_everybody_tells_in_his_own_words_holds_together() -> None:
    assert stories_of(5, within(range(5), 0.45)) == [0] * 5


def test_three_events_are_parted_one_after_the_other() -> None:
    one, other, third = range(3), range(3, 6), range(6, 8)
    pairs = two(0.45, one, other) | within(third, 0.9)
    pairs |= between(one, third, 0.3) | between(other, third, 0.3)
    found = stories_of(8, pairs)
    assert len({found[0], found[3], found[6]}) == 3
    # What is left of a story has three articles at most, and is not looked at any more.
    assert [found.count(found[k]) for k in (0, 3, 6)] == [3, 3, 2]


@pytest.mark.parametrize("count", [LEAST - 1, MOST + 1])
def test_stories_of_two_or_three_and_large_ones_are_not_looked_at(count: int) -> None:
    assert stories_of(count, two(0.1, range(2), range(2, count))) == [0] * count


def test_a_cold_window_parts_nobody() -> None:
    assert stories_of(4, two(0.1), warmth=0.0) == [0] * 4


def test_copies_go_with_their_originals_and_speak_with_one_voice() -> None:
    """Articles 4 and 5 are copies of report 3. A copy that says less of the others is averaged in."""
    pairs = two(0.5) | between(range(2), range(4, 6), 0.4) | dict.fromkeys(((2, 4), (2, 5)), 0.8)
    found = stories_of(6, pairs | within(range(3, 6), 1.0), originals=[0, 1, 2, 3, 3, 3])
    assert found == [0, 0, 1, 1, 1, 1]


@given(st.integers(0, 10_000), st.integers(1, 12))
def test_nobody_is_lost_and_numbers_of_stories_say_nothing(seed: int, count: int) -> None:
    """Each part is within one story, and other numbers give the same parts."""
    rng = random.Random(seed)
    stories = [rng.randrange(3) for _ in range(count)]
    pairs = {pair: rng.random() for pair in combinations(range(count), 2) if rng.random() < 0.8}
    found = halved(stories, list(range(count)), pairs, 1.0)
    parts = {(one, other) for one, other in zip(found, stories, strict=True)}
    assert len(parts) == len(set(found))
    renamed = halved([10 - story for story in stories], list(range(count)), pairs, 1.0)
    assert [found.index(story) for story in found] == [renamed.index(story) for story in renamed]
