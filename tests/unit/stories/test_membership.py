"""Does everybody agree on which article is in which story, kernels by number and others by id?"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from service.stories.membership import Membership, join_story, members_of

SLOT, STORY = st.integers(0, 11), st.integers(0, 4).map(lambda number: f"s{number}")
OPERATION = st.one_of(
    st.tuples(st.just("put"), SLOT, STORY),
    st.tuples(st.just("found"), SLOT, STORY),
    st.tuples(st.just("take"), SLOT, STORY),
    st.tuples(st.just("move"), SLOT, STORY),
    st.tuples(st.just("renumber"), SLOT, STORY),
)


def members_by_story(expected: Mapping[int, str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for slot in sorted(expected):
        found.setdefault(expected[slot], []).append(slot)
    return found


def assert_is(membership: Membership, expected: Mapping[int, str]) -> None:
    """Whoever asks, by slot, by id or by number, hears the same."""
    by_story = members_by_story(expected)
    for slot, story_id in expected.items():
        assert membership[slot] == story_id
        number = int(membership.arrays[0][slot])
        assert membership.named(number, never) == story_id
        assert members_of(number, membership.arrays).tolist() == by_story[story_id]
    for story_id in {*by_story, *(f"s{number}" for number in range(5)), "nobody's"}:
        slots = by_story.get(story_id, [])
        assert membership.of(story_id) == slots
        assert membership.size(story_id) == len(slots)


def never() -> str:
    raise AssertionError("this story has an id")


@settings(deadline=None, max_examples=200)
@given(st.lists(OPERATION, max_size=60))
def test_stories_are_those_of_a_dictionary(operations: list[tuple[str, int, str]]) -> None:
    """Articles are put, taken and moved, also the last one of a story and in any order; a kernel founds
    stories; the window is entered anew."""
    membership, expected = Membership(), {}
    for what, slot, story_id in operations:
        if what == "put" and slot not in expected:
            membership.put(slot, story_id)
            expected[slot] = story_id
        elif what == "found" and slot not in expected and story_id not in expected.values():
            membership.make_room(slot + 1, 1)
            number = int(membership.arrays[4][0])
            join_story(slot, number, membership.arrays)
            assert membership.named(number, partial(str, story_id)) == story_id
            expected[slot] = story_id
        elif what == "take" and slot in expected:
            membership.take(slot)
            del expected[slot]
        elif what == "move" and slot in expected:
            membership.move(slot, story_id)
            expected[slot] = story_id
        elif what == "renumber":
            old = sorted(expected)
            membership.renumber(np.array(old, np.int32))
            expected = {new: expected[slot] for new, slot in enumerate(old)}
        assert_is(membership, expected)


def test_a_story_that_a_kernel_founds_is_named_once() -> None:
    membership = Membership()
    membership.put(0, "known")
    number = int(membership.arrays[4][0])
    join_story(1, number, membership.arrays)
    join_story(3, number, membership.arrays)
    assert membership.named(number, lambda: "new") == membership.named(number, never) == "new"
    assert_is(membership, {0: "known", 1: "new", 3: "new"})


def test_an_id_whose_story_has_no_articles_left_names_a_new_one() -> None:
    """Its number is not used again: what a kernel said of it before may still be on its way."""
    membership = Membership()
    membership.put(0, "gone")
    number = int(membership.arrays[0][0])
    membership.take(0)
    assert_is(membership, {})
    membership.put(0, "other")
    membership.put(1, "gone")
    assert number not in membership.arrays[0][:2].tolist()
    assert_is(membership, {0: "other", 1: "gone"})


def test_room_is_made_for_any_number_of_articles_and_stories() -> None:
    """5000 articles in 2500 stories, of which 900 at once are founded by a kernel."""
    membership, expected = Membership(), {}
    for slot in range(4100):
        membership.put(slot, f"s{slot % 1600}")
        expected[slot] = f"s{slot % 1600}"
    membership.make_room(5000, 900)
    first, arrays = int(membership.arrays[4][0]), membership.arrays
    for slot in range(4100, 5000):
        join_story(slot, first + slot - 4100, arrays)
    for slot in range(4100, 5000):
        expected[slot] = membership.named(first + slot - 4100, partial(str, f"new {slot}"))
    assert [membership[slot] for slot in range(5000)] == [expected[slot] for slot in range(5000)]
    for story_id, slots in members_by_story(expected).items():
        assert membership.of(story_id) == slots


def test_articles_come_in_order_however_they_came_into_the_story() -> None:
    membership = Membership()
    for slot in (7, 2, 9, 0, 4):
        membership.put(slot, "s")
    assert membership.of("s") == [0, 2, 4, 7, 9]
    membership.take(0)
    membership.move(9, "t")
    membership.move(9, "s")
    membership.take(4)
    assert membership.of("s") == [2, 7, 9]
