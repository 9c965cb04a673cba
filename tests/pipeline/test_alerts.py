"""Is a story told of once, whatever becomes of it: merged, split, taken down, grouped anew?"""

from __future__ import annotations

import pytest
from corpus import events
from rig import Rig

from service.alerts import MATCHED, Alerts
from service.errors import LeaseLost
from service.store import searches
from service.store.records import SearchRecord


def wish(rig: Rig, number: int = 1, **asked: object) -> None:
    blank = {"q": "", "lang": "", "outlet": "", "min_independent": 1, "min_reports": 1}
    made = SearchRecord(id=f"se-{number}", name="Wide", created_at=rig.tick(), **(blank | asked))  # type: ignore[arg-type]
    with rig.store.write() as connection:
        searches.add(connection, made)


def told(rig: Rig) -> list[str | None]:
    """The stories that were told of, after everybody looked, a newcomer included."""
    for alerts in (Alerts(rig.store), Alerts(rig.store)):
        while alerts.follow(rig.tick()):
            pass
    return [story for kind, _, story in rig.changes() if kind == MATCHED]


def test_a_story_is_told_of_when_enough_report_it_and_never_again(rig: Rig) -> None:
    raws = {raw["id"]: raw for raw in events(2, copies=4)}
    wish(rig, min_reports=3)
    rig.take_in(raws["e0-0"], raws["e0-1"], raws["e1-0"])
    assert told(rig) == []
    rig.take_in(raws["e0-2"])
    story = rig.story_of("e0-0")
    assert told(rig) == [story]
    rig.take_in(raws["e0-3"])
    rig.delete("e0-3")
    rig.delete("e0-2")
    rig.take_in({**raws["e0-2"], "id": "again"}, {**raws["e0-3"], "id": "and-again"})
    rig.recluster()
    assert rig.store.stories.get(story).article_count >= 3
    assert told(rig) == [story]


def test_what_matches_when_the_search_is_made_is_known(rig: Rig) -> None:
    raws = {raw["id"]: raw for raw in events(1, copies=3)}
    rig.take_in(raws["e0-0"], raws["e0-1"])
    wish(rig, min_reports=2)
    rig.take_in(raws["e0-2"])
    assert told(rig) == []
    with rig.store.read() as connection:
        (match,) = searches.matches_of(connection, "se-1", None, 10)
    assert (match.story_id, match.told) == (rig.story_of("e0-0"), False)


def test_merging_undoing_and_splitting_tell_of_nothing_that_was_told_of(rig: Rig) -> None:
    raws = {raw["id"]: raw for raw in events(2, copies=3)}
    wish(rig, min_reports=3)
    rig.take_in(*(raw for id, raw in raws.items() if id != "e1-2"))
    first, other = rig.story_of("e0-0"), rig.story_of("e1-0")
    assert told(rig) == [first]
    merged = rig.decide("merge", stories=[first, other])
    assert told(rig) == [first]
    rig.undo(merged)
    split = rig.decide("split", "e0-0", "e0-1")
    assert told(rig) == [first]
    part = next(id for id in (rig.story_of("e0-0"), rig.story_of("e0-2")) if id != first)
    rig.undo(split)
    assert told(rig) == [first]
    assert first != part


def test_a_story_that_takes_in_one_that_was_told_of_is_known(rig: Rig) -> None:
    """The larger one keeps its id, and the smaller one was the one that was told of."""
    raws = {raw["id"]: raw for raw in events(2, copies=4)}
    wish(rig, outlet="Outlet 3")
    rig.take_in(raws["e0-3"], *(raws[f"e1-{n}"] for n in range(3)))
    small, large = rig.story_of("e0-3"), rig.story_of("e1-0")
    assert told(rig) == [small]
    rig.decide("merge", stories=[small, large])
    assert rig.story_of("e0-3") == large
    assert told(rig) == [small]
    with rig.store.read() as connection:
        (match,) = searches.matches_of(connection, "se-1", None, 10)
    assert (match.story_id, match.told) == (large, False)


def test_two_that_were_never_told_of_and_match_as_one_are_told_of_once(rig: Rig) -> None:
    raws = {raw["id"]: raw for raw in events(2, copies=2)}
    wish(rig, min_reports=4)
    rig.take_in(*raws.values())
    rig.decide("merge", stories=[rig.story_of("e0-0"), rig.story_of("e1-0")])
    assert told(rig) == [rig.story_of("e0-0")] == [rig.story_of("e1-0")]


def test_who_may_not_decide_may_not_tell(rig: Rig) -> None:
    wish(rig, min_reports=1, lang="en")
    rig.take_in(*events(1, copies=1))
    with pytest.raises(LeaseLost):
        Alerts(rig.store).follow(rig.tick(), token=7)
    assert len(told(rig)) == 1
