"""Does the desk decide only while it may, and does its memory never run ahead of the store?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from reports import FERRY_COURIER, FERRY_LEDGER, LIBRARY

from service import computing, pipeline
from service.desk import UPKEEP_SECONDS, Desk
from service.errors import LeaseLost, NotFound, StoreBusy
from service.settings import Settings

START = 1_700_000_000.0
DAY = 86_400.0


@dataclass
class Clock:
    """A clock that moves when it is told to."""

    now: float = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, recluster_minutes=30)


@pytest.fixture
def desk(settings: Settings, clock: Clock) -> Iterator[Desk]:
    with Desk(settings, clock=clock) as made:
        yield made


def test_a_look_claims_nothing(desk: Desk, settings: Settings, clock: Clock) -> None:
    assert desk.store.stories.count() == 0
    assert desk.window_articles == 0
    with Desk(settings, clock=clock) as other:
        other.claim()


def test_two_desks_never_decide(desk: Desk, settings: Settings, clock: Clock) -> None:
    desk.claim()
    with Desk(settings, clock=clock) as other:
        other.ingest([LIBRARY])
        with pytest.raises(StoreBusy):
            other.place()
    assert desk.place() == 1


def test_the_next_desk_has_the_window(settings: Settings, clock: Clock) -> None:
    with Desk(settings, clock=clock) as first:
        first.ingest([FERRY_COURIER])
        first.place()
    with Desk(settings, clock=clock) as second:
        second.ingest([FERRY_LEDGER])
        second.place()
        assert len(set(second.store.stories.assignments().values())) == 1
        assert second.window_articles == 2


def test_a_failure_while_deciding_throws_the_window_away(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.ingest([FERRY_COURIER])
    desk.place()
    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "place", lambda *_: (_ for _ in ()).throw(RuntimeError("in the midst")))
        with pytest.raises(RuntimeError):
            desk.place()
    assert desk.window_articles == 0
    desk.ingest([FERRY_LEDGER])
    assert desk.place() == 1
    assert desk.window_articles == 2


def test_a_refusal_leaves_the_window_alone(desk: Desk) -> None:
    desk.ingest([FERRY_COURIER])
    desk.place()
    with pytest.raises(NotFound):
        desk.delete("unknown")
    with pytest.raises(NotFound):
        desk.apply_recluster("rc-unknown")
    assert desk.window_articles == 1


def test_a_lost_lease_is_noticed_and_taken_anew(desk: Desk, clock: Clock, settings: Settings) -> None:
    desk.ingest([FERRY_COURIER])
    desk.place()
    clock.now += settings.lease_seconds + 1
    stolen = pipeline.acquire_lease(desk.store, "somebody else", clock.now)
    assert stolen is not None
    with pytest.raises(StoreBusy):  # renewing is due: the other one's lease has not ended
        desk.place()
    pipeline.release_lease(desk.store, stolen)
    desk.ingest([FERRY_LEDGER])
    assert desk.place() == 1


def test_a_token_that_is_out_of_date_writes_nothing(desk: Desk, clock: Clock, settings: Settings) -> None:
    desk.claim()
    assert pipeline.acquire_lease(desk.store, "thief", clock.now + settings.lease_seconds + 1) is not None
    desk.ingest([FERRY_COURIER])
    with pytest.raises(LeaseLost):
        desk.place()
    assert desk.store.counts() == {"prepared": 1}


def test_articles_leave_the_window_in_time(desk: Desk, clock: Clock) -> None:
    desk.ingest([FERRY_COURIER])
    desk.turn()
    assert desk.window_articles == 1
    clock.now += 8 * DAY
    desk.turn()
    assert desk.window_articles == 0
    assert desk.store.stories.count() == 1


def test_reclustering_comes_by_the_clock_when_something_has_changed(desk: Desk, clock: Clock) -> None:
    desk.ingest([FERRY_COURIER, FERRY_LEDGER])
    desk.turn()
    for minutes, requests in ((31, 1), (31, 1), (31, 1)):
        clock.now += minutes * 60 + UPKEEP_SECONDS
        desk.turn()
        desk.computing.wait()
        desk.turn()
        assert len(desk.store.reclusters()) == requests
    assert [record.state for record in desk.store.reclusters()] == ["applied"]
    desk.ingest([LIBRARY])
    desk.turn()
    clock.now += 31 * 60 + UPKEEP_SECONDS
    desk.turn()
    assert len(desk.store.reclusters()) == 2


def test_a_computing_that_fails_is_said_and_changes_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.ingest([FERRY_COURIER])
    desk.place()
    request = desk.request_recluster(dry_run=False)
    monkeypatch.setattr(computing.sys, "executable", "/bin/false")
    desk.follow_reclusters()
    desk.computing.wait()
    record = desk.store.recluster(request)
    assert (record.state, record.reason) == ("failed", "exit code 1")
    desk.follow_reclusters()
    assert not desk.computing.busy


def test_a_stopped_computing_is_begun_anew_by_the_next_desk(settings: Settings, clock: Clock) -> None:
    with Desk(settings, clock=clock) as first:
        first.ingest([FERRY_COURIER, FERRY_LEDGER])
        first.place()
        request = first.request_recluster(dry_run=False)
        first.follow_reclusters()
    with Desk(settings, clock=clock) as second:
        assert second.store.recluster(request).state in ("requested", "computing", "ready")
        second.follow_reclusters()
        second.computing.wait()
        second.follow_reclusters()
        assert second.store.recluster(request).state == "applied"
