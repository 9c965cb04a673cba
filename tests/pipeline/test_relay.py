"""Is a batch decided while the one before is written, and taken back with it or put off where it must be?"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from corpus import Raw, events
from rig import Rig

from service import pipeline, relay
from service.errors import LeaseLost, StoreFull

PATIENCE = 60.0
TOGETHER = {frozenset(f"e{event}-{copy}" for copy in range(3)) for event in range(8)}


def place(rig: Rig, turns: int, token: int | None = None) -> int:
    return len(pipeline.place(rig.store, rig.owner, 6, rig.tick(), token, turns))


def before(
    monkeypatch: pytest.MonkeyPatch, name: str, call: Callable[[int], object], after: bool = False
) -> None:
    """Call something before (or after) each call of a function of the relay, with the number of the call."""
    real: Callable[..., Any] = getattr(relay, name)
    calls: list[int] = []

    def run(*given: Any) -> Any:
        calls.append(len(calls))
        if after:
            made = real(*given)
            call(calls[-1])
            return made
        call(calls[-1])
        return real(*given)

    monkeypatch.setattr(relay, name, run)


def in_order(raws: Sequence[Raw]) -> list[Raw]:
    """All first copies, then all second ones: each batch has articles of stories that others began."""
    return sorted(raws, key=lambda raw: str(raw["id"])[-1])


@pytest.mark.parametrize("turns", [1, 2, 3, 9])
def test_stories_are_the_same_however_far_placing_goes(rig: Rig, turns: int) -> None:
    rig.ingest(*in_order(events(8)))
    while place(rig, turns):
        pass
    assert rig.stories() == TOGETHER
    assert rig.owner.stories() == rig.store.stories.assignments()
    placed = [change.article_id for change in rig.store.changes(0, 1000) if change.type == "article.placed"]
    assert placed == [raw["id"] for raw in in_order(events(8))]


def test_no_more_turns_than_asked_for(rig: Rig) -> None:
    rig.ingest(*events(8))
    assert place(rig, 3) == 18
    assert rig.store.counts() == {"placed": 18, "prepared": 6}


def test_a_batch_is_decided_while_the_one_before_is_written(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.ingest(*events(8))
    second_decided = threading.Event()
    waited: list[bool] = []
    before(monkeypatch, "decide_all", lambda n: n == 1 and second_decided.set(), after=True)
    before(monkeypatch, "_keep", lambda n: n == 0 and waited.append(second_decided.wait(PATIENCE)))
    assert place(rig, 2) == 12
    assert waited == [True]


def test_what_follows_an_overtaken_batch_is_taken_back_too(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the second batch is decided, one of the first, which is not written yet, is deleted."""
    rig.ingest(*in_order(events(8)))
    deleted = threading.Event()

    def deleting(number: int) -> None:
        if number == 1:
            rig.delete("e0-0", owner_away=True)
            deleted.set()

    before(monkeypatch, "decide_all", deleting, after=True)
    before(monkeypatch, "_keep", lambda n: n == 0 and deleted.wait(PATIENCE))
    assert place(rig, 9) == 23
    assert rig.stories() == TOGETHER - {frozenset({"e0-0", "e0-1", "e0-2"})} | {frozenset({"e0-1", "e0-2"})}
    assert "e0-0" not in rig.owner
    assert rig.owner.stories() == rig.store.stories.assignments()


@pytest.mark.parametrize("what", ["a new version", "a departure"])
def test_what_depends_on_the_store_waits_until_all_before_is_written(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    first, *rest = in_order(events(8))
    rig.take_in(first)
    rig.ingest(*rest[:6])
    if what == "a departure":
        rig.ingest(*rest[6:])
    else:
        rig.ingest({**first, "text": f"{first['text']} And more of it was said later."})
    written: list[int] = []
    decided_after: list[int] = []

    def deciding(number: int) -> None:
        decided_after.append(len(written))
        if number == 0 and what == "a departure":
            rig.delete(str(rest[0]["id"]), owner_away=True)

    before(monkeypatch, "decide_all", deciding)
    before(monkeypatch, "record_placements", written.append, after=True)
    place(rig, 2)
    # A departure: the first batch was overtaken and is decided anew before anything else.
    assert decided_after[:2] == ([0, 0] if what == "a departure" else [0, 1])
    while place(rig, 9):
        pass
    assert rig.owner.stories() == rig.store.stories.assignments()


def test_what_fails_while_it_is_written_ends_placing(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second batch of four: the third was decided already, and nothing of it may be written."""
    rig.ingest(*events(8))

    def failing(number: int) -> None:
        if number == 1:
            raise StoreFull

    before(monkeypatch, "record_placements", failing)
    with pytest.raises(StoreFull):
        place(rig, 4)
    assert rig.store.counts() == {"placed": 6, "prepared": 18}
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("keeping")]
    monkeypatch.undo()
    rig.rebuild_owner()
    while place(rig, 4):
        pass
    assert rig.stories() == TOGETHER


def test_what_fails_while_it_is_decided_leaves_whole_batches(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch before is being written meanwhile: it is kept, and nobody writes any more afterwards."""
    rig.ingest(*events(8))

    def failing(number: int) -> None:
        if number == 1:
            raise MemoryError

    before(monkeypatch, "decide_all", failing)
    with pytest.raises(MemoryError):
        place(rig, 4)
    assert rig.store.counts() == {"placed": 6, "prepared": 18}
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("keeping")]
    rig.rebuild_owner()


def test_each_batch_asks_whether_the_lease_is_held(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.ingest(*events(8))
    token = pipeline.acquire_lease(rig.store, "one", rig.now)

    def losing(number: int) -> None:
        if number == 1:
            pipeline.acquire_lease(rig.store, "another", rig.now + 1000.0)

    before(monkeypatch, "_keep", losing)
    with pytest.raises(LeaseLost):
        place(rig, 4, token)
    assert rig.store.counts() == {"placed": 6, "prepared": 18}
    rig.rebuild_owner()
