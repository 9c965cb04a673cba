"""Is anything lost when a worker, the owner, a message or the broker goes? Real processes, really killed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from fleet import BEAT, OWNER, WORKER, Broker, Fleet, eventually, fleet

from service import pipeline
from service.errors import Unavailable


def report(name: str) -> dict[str, Any]:
    """An article like no other."""
    return {"id": name, "text": " ".join(f"{name}{n} said{n}" for n in range(40))}


def submit(to: Fleet, names: Sequence[str], *, nudge: bool = True) -> list[str]:
    """Acknowledge articles as the API does."""
    receipts = pipeline.submit(to.engine.store, [report(name) for name in names], time.time())
    ids = [receipt.id for receipt in receipts if receipt.id]
    if nudge:
        to.engine.nudge(ids)
    return ids


@pytest.fixture(scope="module")
def staffed(tmp_path_factory: pytest.TempPathFactory, broker: Broker) -> Iterator[Fleet]:
    """Prepare workers, an owner and beat over an empty store, with a lease that ends soon."""
    with fleet(tmp_path_factory.mktemp("fleet"), broker, lease_seconds=6) as made:
        made.start("worker", WORKER, wait=False)
        made.start("owner", OWNER)
        made.working("worker")
        made.start("beat", BEAT)
        yield made


def test_the_sweep_finds_what_no_message_told(staffed: Fleet) -> None:
    ids = submit(staffed, ["untold1", "untold2"], nudge=False)
    assert staffed.engine.wait_placed(ids, seconds=30)


def test_a_wiped_broker_loses_nothing(staffed: Fleet, broker: Broker) -> None:
    ids = submit(staffed, [f"wiped{n}" for n in range(200)])
    broker.client.flushall()
    assert staffed.engine.wait_placed(ids, seconds=60)


def test_a_hung_broker_delays_nobody(staffed: Fleet, broker: Broker) -> None:
    broker.process.send_signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        ids = submit(staffed, ["hung1", "hung2"])
        assert time.monotonic() - began < 1
        ready, details = staffed.engine.ready()
        assert (ready, details["broker"]) == (False, False)
    finally:
        broker.process.send_signal(signal.SIGCONT)
    assert staffed.engine.wait_placed(ids, seconds=90)


def test_a_killed_worker_loses_nothing(staffed: Fleet) -> None:
    ids = submit(staffed, [f"killed{n}" for n in range(300)])
    staffed.kill("worker")
    staffed.start("worker", WORKER)
    assert staffed.engine.wait_placed(ids, seconds=90)


def test_a_second_owner_stands_by_and_takes_over(staffed: Fleet) -> None:
    staffed.start("second", OWNER)  # it stands by
    staffed.kill("owner")
    ids = submit(staffed, ["after-the-first"])
    assert staffed.engine.wait_placed(ids, seconds=90)


def test_without_an_owner_questions_are_told_to_come_back(staffed: Fleet) -> None:
    for name in ("owner", "second"):
        if name in staffed.processes:
            staffed.kill(name)
    with pytest.raises(Unavailable):
        staffed.engine.match(report("asked"))
    eventually(lambda: not staffed.engine.ready()[0], 20, "the lease ends")


def test_sigterm_ends_an_owner_in_order(staffed: Fleet) -> None:
    process = staffed.start("owner", OWNER)
    ids = submit(staffed, ["before-the-end"])
    assert staffed.engine.wait_placed(ids, seconds=60)
    began = time.monotonic()
    process.terminate()
    process.wait(timeout=10)
    assert time.monotonic() - began < 10
    del staffed.processes["owner"]
    # The right to decide was given back: the next owner need not wait for the lease to end.
    began = time.monotonic()
    assert os.read(os.open(staffed.folder / "data" / "owner.lock", os.O_RDONLY), 100)
    staffed.start("owner", OWNER)
