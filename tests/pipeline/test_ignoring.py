"""Does what people want ignored count for nothing, at once, through re-clustering and restarts, until it is
undone?"""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from corpus import Raw, events, vocabulary
from rig import Rig

from service import pipeline
from service.drift import drift
from service.errors import Conflict, InvalidDecision
from service.explain import shared_passages
from service.pipeline import Wish

WORDS = vocabulary(random.Random(9))
BOILERPLATE = " ".join(random.Random(2).choices(WORDS, k=120)).capitalize() + "."


def with_boilerplate(number: int) -> list[Raw]:
    """Reports of different events that end in the same long text."""
    return [
        {
            "id": f"b-{event}",
            "outlet": f"Outlet {event}",
            "title": " ".join(random.Random(50 + event).choices(WORDS, k=6)),
            "text": " ".join(random.Random(event).choices(WORDS, k=40)).capitalize() + f".\n\n{BOILERPLATE}",
            "published": "2023-11-12T10:00:00Z",
        }
        for event in range(number)
    ]


def groups(*ids: set[str]) -> set[frozenset[str]]:
    return {frozenset(each) for each in ids}


ALONE = groups({"e0-0", "e0-2"}, {"e0-1"}, {"e1-0", "e1-2"}, {"e1-1"})


def test_an_ignored_outlet_stands_alone_at_once_and_for_good(rig: Rig) -> None:
    rig.take_in(*events(2))
    made = rig.ignore(outlet="Outlet 1")
    assert rig.stories() == ALONE
    effect = rig.store.decision(made).effect
    assert {one["article_id"] for one in effect["moved"]} == {"e0-1", "e1-1"}
    assert rig.store.check() == []
    rig.recluster()
    rig.reopen()
    late = [raw for raw in events(2, copies=4) if raw["id"].endswith("-3")]
    rig.take_in(*late, {**late[0], "id": "again", "outlet": "Outlet 1"})
    again = ALONE - groups({"e0-0", "e0-2"}, {"e1-0", "e1-2"})
    again |= groups({"e0-0", "e0-2", "e0-3"}, {"e1-0", "e1-2", "e1-3"}, {"again"})
    assert rig.stories() == again
    rig.recluster()
    assert rig.stories() == again
    assert drift(rig.store).agreed == 0  # it says nothing of the algorithm


def test_undoing_an_ignored_outlet_puts_its_articles_back(rig: Rig) -> None:
    rig.take_in(*events(2))
    before = rig.store.stories.assignments()
    made = rig.ignore(outlet="Outlet 0")
    rig.undo(made)
    assert rig.store.stories.assignments() == before == rig.owner.stories()
    late = [{**raw, "outlet": "Outlet 0"} for raw in events(2, copies=4) if raw["id"].endswith("-3")]
    rig.take_in(*late)
    assert len(rig.stories()) == 2
    rig.recluster()
    assert len(rig.stories()) == 2


def test_what_is_ignored_is_not_ignored_twice(rig: Rig) -> None:
    """Undoing either of two would put nothing back."""
    rig.take_in(*events(2))
    rig.ignore(outlet="Outlet 0")
    with pytest.raises(Conflict, match="already"):
        rig.ignore(outlet="Outlet 0")


def test_what_must_be_together_stays_so_though_its_outlet_is_ignored(rig: Rig) -> None:
    rig.take_in(*events(1))
    rig.decide("must_link", "e0-0", "e0-1")
    rig.ignore(outlet="Outlet 1")
    for _ in range(2):
        assert rig.stories() == groups({"e0-0", "e0-1", "e0-2"})
        rig.recluster()


def test_an_ignored_passage_joins_nobody(rig: Rig) -> None:
    rig.take_in(*with_boilerplate(2))
    assert rig.stories() == groups({"b-0", "b-1"})
    made = rig.ignore(passage=BOILERPLATE)
    rig.take_in(with_boilerplate(3)[2])
    assert frozenset({"b-2"}) in rig.stories()
    rig.recluster()
    assert rig.stories() == groups({"b-0"}, {"b-1"}, {"b-2"})
    rig.reopen()
    rig.take_in(with_boilerplate(4)[3])
    assert frozenset({"b-3"}) in rig.stories()
    rig.undo(made)
    rig.recluster()
    assert rig.stories() == groups({"b-0", "b-1", "b-2", "b-3"})


def test_copies_are_found_without_the_passage_and_shown_where_they_stand(rig: Rig) -> None:
    raws = events(2, copies=2)
    rig.take_in(*({**raw, "text": f"{BOILERPLATE}\n\n{raw['text']}"} for raw in raws))
    told = pipeline.explain(rig.store, rig.owner, "e0-0", "e0-1")
    assert any(BOILERPLATE[:-1] in passage.text_a for passage in told.passages)
    rig.ignore(passage=BOILERPLATE)
    before = shared_passages(rig.store, told.a, told.b, told.evidence.passages)
    assert before == told.passages  # what was found before is still shown where it stands
    rig.recluster()
    assert rig.stories() == groups({"e0-0", "e0-1"}, {"e1-0", "e1-1"})
    told = pipeline.explain(rig.store, rig.owner, "e0-0", "e0-1")
    assert told.passages
    for passage in told.passages:
        assert passage.text_a.lower() == passage.text_b.lower()
        assert BOILERPLATE[:40] not in passage.text_a


def test_a_run_that_was_computed_before_something_was_ignored_changes_nothing(rig: Rig) -> None:
    rig.take_in(*events(2))
    wrong = rig.decide("cannot_link", "e0-0", "e0-1")
    request = pipeline.request_recluster(rig.store, False, rig.tick())
    pipeline.compute_recluster(rig.settings, request, rig.tick)
    rig.ignore(outlet="Outlet 1")
    rig.undo(wrong)
    pipeline.apply_recluster(rig.store, rig.owner, request, rig.tick())
    assert rig.stories() == ALONE


def test_a_standby_ignores_what_was_decided_elsewhere(rig: Rig) -> None:
    rig.take_in(*events(2), *with_boilerplate(2))
    standby = pipeline.rebuild_owner(rig.store, rig.settings, rig.now)
    since = rig.store.last_change()
    rig.ignore(outlet="Outlet 1")
    rig.ignore(passage=BOILERPLATE)
    pipeline.follow(rig.store, standby, since, rig.now)
    assert standby.ignored.digest == rig.owner.ignored.digest != ""
    assert standby.stories() == rig.owner.stories()
    assert not standby.stories().keys() & {"e0-1", "e1-1"}


@pytest.mark.parametrize(
    "wish",
    [
        Wish("ignore_outlet"),
        Wish("ignore_outlet", outlet=" "),
        Wish("ignore_outlet", outlet="A", passage=BOILERPLATE),
        Wish("ignore_passage", outlet="A"),
        Wish("ignore_passage", passage="only four words here"),
        Wish("ignore_passage", articles=("e0-0",), passage=BOILERPLATE),
        Wish("must_link", articles=("e0-0", "e0-1"), outlet="A"),
    ],
)
def test_what_is_ignored_is_named_as_it_must_be(rig: Rig, wish: Wish) -> None:
    rig.take_in(*events(1))
    with pytest.raises(InvalidDecision):
        pipeline.decide(rig.store, rig.owner, wish, rig.tick())
    assert rig.store.decisions(None, 10).items == ()


def test_what_is_ignored_is_taken_elsewhere(rig: Rig, tmp_path: Path) -> None:
    other = Rig(tmp_path / "other")
    other.take_in(*events(2))
    made = rig.store.decision(rig.ignore(outlet="Outlet 1"))
    for _ in range(2):
        pipeline.adopt(other.store, other.owner, made, other.tick())
    assert other.stories() == ALONE
    with pytest.raises(Conflict):
        pipeline.adopt(other.store, other.owner, replace(made, outlet="Outlet 2"), other.tick())
    other.undo(made.id)
    assert len(other.stories()) == 2
    other.store.close()
