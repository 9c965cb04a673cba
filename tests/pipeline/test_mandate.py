"""Does one process decide, and only one, over a server too? Two desks of one test stand for two machines."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest
from corpus import events
from databases import Postgres, made
from reports import FERRY_COURIER, FERRY_LEDGER, LIBRARY

from service import pipeline
from service.desk import Desk
from service.errors import LeaseLost, StoreBusy
from service.settings import Settings
from service.store import leases, members

LEASE = 15.0  # nothing here takes so long: who has the right keeps it, however busy the machine is
BRIEF = 2.0  # where a lease must end; whoever takes it then keeps it for longer


@pytest.fixture
def settings(postgres: Postgres, tmp_path: Path) -> Iterator[Settings]:
    """A database on a server."""
    found = made(postgres, tmp_path, lease_seconds=LEASE, recluster_minutes=0)
    yield found
    postgres.drop(str(found.store_url).rpartition("/")[2])


@pytest.fixture
def first(settings: Settings) -> Iterator[Desk]:
    with Desk(settings) as desk:
        yield desk


@pytest.fixture
def brief(settings: Settings) -> Iterator[Desk]:
    """A desk whose lease ends soon unless it is renewed."""
    with Desk(settings.model_copy(update={"lease_seconds": BRIEF})) as desk:
        yield desk


@pytest.fixture
def second(settings: Settings) -> Iterator[Desk]:
    with Desk(settings) as desk:
        yield desk


def fall_asleep(desk: Desk) -> None:
    """As a process that is stopped: it renews nothing any more, and still believes that it may decide."""
    desk.mandate._ended.set()
    assert desk.mandate._renewing is not None
    desk.mandate._renewing.join()


def take_over(desk: Desk) -> None:
    """Stand by: the right is this desk's once the other one's lease has ended, and not before."""
    ends = pipeline.lease_ends(desk.store)
    while True:
        asked = desk.store.now()
        taken = desk.stand_by()
        assert taken or asked < ends
        if taken:
            assert desk.store.now() >= ends
            return
        time.sleep(0.05)


def place_all(desk: Desk) -> None:
    while desk.place():
        pass


def test_who_decides_goes_on_deciding_while_idle(brief: Desk) -> None:
    """Its lease is longer after a while than any that it has asked for."""
    brief.claim()
    ends = pipeline.lease_ends(brief.store)
    while pipeline.lease_ends(brief.store) <= ends + BRIEF:
        assert brief.store.now() < ends + 10 * BRIEF, "it is not renewed"
        time.sleep(0.05)
    brief.ingest([LIBRARY])
    assert brief.place() == 1


def test_while_one_decides_no_other_may(first: Desk, second: Desk) -> None:
    first.claim()
    assert not second.stand_by()
    with pytest.raises(StoreBusy):
        second.claim()
    first.ingest([LIBRARY])
    assert first.place() == 1


def test_a_lease_that_is_given_back_is_free_at_once(first: Desk, second: Desk) -> None:
    first.claim()
    first.mandate.release()
    assert second.stand_by()


def test_the_lease_of_one_that_is_gone_ends(brief: Desk, second: Desk) -> None:
    brief.claim()
    fall_asleep(brief)
    take_over(second)


def test_a_standby_has_the_window_of_a_restarted_owner(
    first: Desk, second: Desk, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    raws = events(12, copies=3)
    first.ingest(raws[:10])
    place_all(first)
    assert not second.stand_by()
    first.ingest(raws[10:])
    place_all(first)
    first.ingest([{**raws[0], "text": f"{raws[5]['text']} Anew."}])  # a new version, elsewhere
    place_all(first)
    assert not second.stand_by()
    first.delete(raws[1]["id"])
    request = first.request_recluster(dry_run=False)
    pipeline.compute_recluster(settings, request)
    first.follow_reclusters()
    assert not second.stand_by()
    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "rebuild_owner", None)  # none is needed to take over
        first.mandate.release()
        assert second.stand_by()
    assert second._owner is not None
    rebuilt = pipeline.rebuild_owner(second.store, settings, second.clock())
    assert second._owner.stories() == rebuilt.stories()
    assert len(rebuilt) == len(raws) - 1
    second.ingest([{**raws[2], "id": "one more"}])
    assert second.place() == 1
    assigned = second.store.stories.assignments()
    assert assigned["one more"] == assigned[raws[2]["id"]]


def test_what_is_grouped_anew_reaches_the_standby(first: Desk, second: Desk, settings: Settings) -> None:
    """A grouping that is applied moves articles between stories that stay."""
    raws = events(6, copies=2)
    first.ingest(raws)
    place_all(first)
    assert not second.stand_by()
    request = first.request_recluster(dry_run=False)
    pipeline.compute_recluster(settings, request)
    assigned = first.store.stories.assignments()
    one, other = assigned["e0-0"], assigned["e1-0"]
    _swap(first, "e0-1", other)
    _swap(first, "e1-1", one)
    first.follow_reclusters()
    assert not second.stand_by()
    assert second._owner is not None
    assert second._owner.stories() == first.store.stories.assignments()


def test_what_people_decide_reaches_the_standby(first: Desk, second: Desk, settings: Settings) -> None:
    raws = events(6, copies=2)
    first.ingest(raws)
    place_all(first)
    assert not second.stand_by()
    first.decide({"kind": "must_link", "articles": ["e0-0", "e1-0"]})
    apart = first.decide({"kind": "cannot_link", "articles": ["e2-0", "e3-0"]})
    first.undo(apart, "somebody")
    assert not second.stand_by()
    assert second._owner is not None
    assert second._owner.stories() == first.store.stories.assignments()
    rebuilt = pipeline.rebuild_owner(second.store, settings, second.clock())
    assert second._owner.homes.story_of == rebuilt.homes.story_of
    assert set(rebuilt.homes.story_of) == {"e0-0", "e1-0"}


def test_what_closes_leaves_the_standby(first: Desk, second: Desk) -> None:
    first.ingest(events(3, copies=2))
    place_all(first)
    assert not second.stand_by()
    years = 3 * 365 * 86_400.0
    assert first._owner is not None
    closed = pipeline.close_stories(first.store, first._owner, first.clock() + years, first._token)
    assert len(closed) == 3
    assert not second.stand_by()
    assert second._owner is not None
    assert second._owner.stories() == {}


def _swap(desk: Desk, article_id: str, story_id: str) -> None:
    with desk.store.write() as connection:
        members.put(connection, [(article_id, story_id)])


WRITES: list[Callable[[Desk, int, str], object]] = [
    lambda desk, token, _: pipeline.place(desk.store, desk._owner, 10, desk.clock(), token),  # type: ignore[arg-type]
    lambda desk, token, id: pipeline.apply_recluster(desk.store, desk._owner, id, desk.clock(), token),  # type: ignore[arg-type]
    lambda desk, token, _: pipeline.request_recluster(desk.store, False, desk.clock(), token),
    lambda desk, token, id: pipeline.fail_recluster(desk.store, id, "late", desk.clock(), token),
    lambda desk, token, _: pipeline.prune(desk.store, desk.clock(), token),
]


def test_an_owner_that_slept_through_its_lease_writes_nothing(
    brief: Desk, second: Desk, settings: Settings
) -> None:
    first, lost = brief, Event()
    first.mandate.on_lost = lost.set
    first.ingest([FERRY_COURIER])
    place_all(first)
    request = first.request_recluster(dry_run=True)
    pipeline.compute_recluster(settings, request)
    asked = first.request_recluster(dry_run=True)
    token = first.mandate.token
    assert token is not None
    fall_asleep(first)
    take_over(second)
    second.ingest([FERRY_LEDGER])
    before = first.store.last_change(), [r.state for r in first.store.reclusters()]
    for write in WRITES:
        with pytest.raises(LeaseLost):
            write(first, token, request)
    with pytest.raises(LeaseLost):
        pipeline.compute_recluster(settings, asked, token=token)
    with pytest.raises((LeaseLost, StoreBusy)):
        first.place()
    assert (first.store.last_change(), [r.state for r in first.store.reclusters()]) == before
    assert second.place() == 1
    assert lost.is_set()


def test_who_is_robbed_is_told(brief: Desk) -> None:
    lost = Event()
    brief.mandate.on_lost = lost.set
    brief.claim()
    with brief.store.write() as connection:
        leases.release(connection, leases.OWNER, brief.mandate.token or 0)
        assert leases.acquire(connection, leases.OWNER, "thief", brief.store.now(), LEASE) is not None
    assert lost.wait(10 * BRIEF)
    with pytest.raises(StoreBusy):
        brief.place()
