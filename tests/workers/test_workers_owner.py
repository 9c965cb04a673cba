"""Is there one owner of decisions among many machines, whatever happens to it? Real processes."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from databases import Postgres
from fleet import BEAT, OWNER, WORKER, Broker, Fleet, eventually, fleet
from sqlalchemy import select

from service import pipeline
from service.store.schema import leases

TAKEN_OVER_SECONDS = 10.0


@pytest.fixture(scope="module")
def staffed(tmp_path_factory: pytest.TempPathFactory, broker: Broker, postgres: Postgres) -> Iterator[Fleet]:
    """Prepare workers, an owner with a standby, and beat, over one database."""
    name = postgres.fresh(like="template1")
    environment = postgres.environment(name)
    with fleet(tmp_path_factory.mktemp("fleet"), broker, environment=environment) as made:
        made.start("worker", WORKER, wait=False)
        made.start("beat", BEAT, wait=False)
        made.start("first", OWNER)
        made.start("second", OWNER)
        yield made
    postgres.drop(name)


def report(name: str) -> dict[str, Any]:
    """An article like no other."""
    return {"id": name, "text": " ".join(f"{name}{n} said{n}" for n in range(40))}


def send(to: Fleet, names: Sequence[str]) -> list[str]:
    """Acknowledge articles as the API does."""
    store = to.engine.store
    receipts = pipeline.submit(store, [report(name) for name in names], store.now())
    ids = [receipt.id for receipt in receipts if receipt.id]
    to.engine.nudge(ids)
    return ids


def placed_times(to: Fleet) -> Counter[str | None]:
    """How often each article was placed, by the log."""
    log = to.engine.store.changes(0, 100_000)
    return Counter(change.article_id for change in log if change.type == "article.placed")


def token(of: Fleet) -> int:
    """The fence of the owner of today: it grows with each new one."""
    with of.engine.store.read() as connection:
        return int(connection.execute(select(leases.c.token)).scalar_one())


def test_the_standby_takes_over_from_a_killed_owner(staffed: Fleet) -> None:
    assert staffed.engine.wait_placed(send(staffed, [f"before{n}" for n in range(50)]), seconds=60)
    before = token(staffed)
    staffed.kill("first")
    eventually(lambda: token(staffed) > before, TAKEN_OVER_SECONDS, "the standby decides")
    assert staffed.engine.wait_placed(send(staffed, ["after"]), seconds=60)
    assert set(placed_times(staffed).values()) == {1}


def test_a_stopped_owner_that_wakes_writes_nothing_and_leaves(staffed: Fleet) -> None:
    """It is stopped in the midst of placing, for longer than its lease, while the standby goes on."""
    staffed.start("third", OWNER)
    waiting = send(staffed, [f"asleep{n}" for n in range(400)])
    eventually(lambda: placed_times(staffed)["asleep0"] > 0, what="the owner is placing")
    stopped, before = staffed.processes["second"], token(staffed)
    os.killpg(stopped.pid, signal.SIGSTOP)
    began = time.monotonic()
    try:
        eventually(lambda: token(staffed) > before, TAKEN_OVER_SECONDS, "the standby decides")
        assert staffed.engine.wait_placed([*waiting, *send(staffed, ["meanwhile"])], seconds=60)
        time.sleep(max(0.0, 3 * staffed.engine.settings.lease_seconds - (time.monotonic() - began)))
    finally:
        os.killpg(stopped.pid, signal.SIGCONT)
    eventually(lambda: stopped.poll() is not None, 30, "it leaves, so that it takes no messages away")
    del staffed.processes["second"]
    assert staffed.engine.wait_placed(send(staffed, ["at last"]), seconds=30)
    assert set(placed_times(staffed).values()) == {1}
    assert staffed.engine.store.check() == []


def test_an_owner_that_ends_in_order_is_followed_at_once(staffed: Fleet) -> None:
    staffed.start("fourth", OWNER)
    leaving, before = staffed.processes.pop("third"), token(staffed)
    leaving.terminate()
    leaving.wait(timeout=10)
    eventually(lambda: token(staffed) > before, staffed.engine.settings.lease_seconds / 2, "the next decides")
    assert staffed.engine.wait_placed(send(staffed, ["in order"]), seconds=60)
