"""Do counts follow what a person says of outlets: which are one, and which have one owner?"""

from __future__ import annotations

import pytest
from corpus import events
from rig import Rig

from service import pipeline
from service.errors import InvalidOutlet, NotFound
from service.store.records import OutletRecord


def one_story_of(rig: Rig, *outlets: str) -> None:
    """Reports by these outlets, each in its own words, that a person puts together."""
    made = sorted(events(len(outlets), copies=1), key=lambda raw: str(raw["id"]))
    rig.take_in(*({**raw, "outlet": outlet} for raw, outlet in zip(made, outlets, strict=True)))
    rig.decide("must_link", *(str(raw["id"]) for raw in made))


def say(rig: Rig, name: str, alias_of: str = "", owner: str = "") -> None:
    pipeline.describe_outlet(rig.store, OutletRecord(name, alias_of, owner), rig.tick())


def counts(rig: Rig) -> list[tuple[int, int]]:
    """Outlets and independent ones of each story."""
    found = map(rig.store.stories.get, sorted(set(rig.store.stories.assignments().values())))
    return [(story.outlet_count, story.independent_outlet_count) for story in found]


@pytest.fixture
def one_story(rig: Rig) -> Rig:
    """Three outlets in one story, each in its own words."""
    one_story_of(rig, "Daily", "The Daily", "Sunday")
    assert counts(rig) == [(3, 3)]
    return rig


def test_an_alias_counts_as_the_outlet_itself(one_story: Rig) -> None:
    since = one_story.store.last_change()
    say(one_story, "The Daily", alias_of="Daily")
    assert counts(one_story) == [(2, 2)]
    assert one_story.changes(since) == [("outlet.described", None, None)]
    pipeline.forget_outlet(one_story.store, "The Daily", one_story.tick())
    assert counts(one_story) == [(3, 3)]


def test_outlets_of_one_owner_are_one_voice(one_story: Rig) -> None:
    say(one_story, "Daily", owner="Press House")
    say(one_story, "Sunday", owner="Press House")
    assert counts(one_story) == [(3, 2)]
    say(one_story, "The Daily", alias_of="Daily")  # and what the name has, its alias has
    assert counts(one_story) == [(2, 1)]


def test_what_comes_later_is_counted_so_too(rig: Rig) -> None:
    say(rig, "The Daily", alias_of="Daily")
    one_story_of(rig, "Daily", "The Daily")
    assert counts(rig) == [(1, 1)]


@pytest.mark.parametrize(("name", "alias_of"), [("A", "A"), ("C", "B"), ("A", "D")])
def test_aliases_are_one_step_long(rig: Rig, name: str, alias_of: str) -> None:
    say(rig, "B", alias_of="A")
    with pytest.raises(InvalidOutlet):
        say(rig, name, alias_of=alias_of)
    assert rig.store.outlets() == [OutletRecord("B", "A", "")]


def test_what_was_never_said_cannot_be_forgotten(rig: Rig) -> None:
    with pytest.raises(NotFound):
        pipeline.forget_outlet(rig.store, "Daily", rig.tick())
