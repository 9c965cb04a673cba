"""Is anything lost, late or done too often by processes that are killed, doubled, or know a wrong time?"""

from __future__ import annotations

import random
import re
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from databases import Postgres
from fleet import BEAT, Broker, eventually
from sending import Sender, report
from sqlalchemy import select
from staffing import KINDS, POISON, Staffed

from service import pipeline
from service.store.schema import articles

Long = Callable[[float, float], float]
MOST_RUNS = 5
LATE_SECONDS = 30.0
HOURS = 3600.0


def test_killed_and_stopped_workers_lose_nothing(staffed: Staffed, sender: Sender, long: Long) -> None:
    """A supervisor starts again what ends, and gives ten seconds to what it stops. In the long form one is at
    work all the time, as in a rolling restart, and no article is late."""
    rolling = bool(long(0, 1))
    sender.begin()
    for _ in range(int(long(1, 30))):
        time.sleep(0.5)
        staffed.fleet.kill("worker")
        staffed.start("worker", wait=rolling)
        assert staffed.fleet.stop("odd") or not rolling
        staffed.start("odd", wait=rolling)
        eventually(lambda: staffed.fleet.working("odd") and staffed.fleet.working("worker"))
    ids = sender.stop()
    if rolling:
        sender.check(staffed.fleet)
        assert sender.latest(staffed.fleet, ids) < LATE_SECONDS


def test_whatever_is_killed_at_random_nothing_is_lost(
    staffed: Staffed, sender: Sender, broker: Broker, postgres: Postgres, long: Long
) -> None:
    """`bench/faults.py` does so at full size, and compares the stories."""
    rng = random.Random(32)  # whose first four are of four kinds
    names = [name for _ in range(8) for name in rng.sample(("redis", "postgres", *KINDS), 7)]
    sender.begin()
    for name in names[: int(long(4, 50))]:
        time.sleep(rng.uniform(0.1, long(0.4, 5)))
        if name == "redis":
            broker.signal(signal.SIGKILL)
            broker.start()
        elif name == "postgres":
            postgres.stop(signal.SIGQUIT)
            postgres.start()
        else:
            staffed.fleet.kill(name)
            staffed.start(name)
    sender.stop()
    sender.check(staffed.fleet, 120)


def test_what_was_acknowledged_and_not_stored_is_found(staffed: Staffed) -> None:
    """The control of all these tests: an acknowledgement before the commit, as it were."""
    hasty = Sender("http://nowhere.invalid", acknowledged=["never stored"])
    with pytest.raises(AssertionError):
        hasty.check(staffed.fleet, 5)


@pytest.mark.parametrize("clients", [2, 4])
def test_copies_that_arrive_at_once_are_found(
    staffed: Staffed, sender: Sender, long: Long, clients: int
) -> None:
    """Who looks before others have stored finds nothing: of 2,000 pairs others missed 1,999."""
    number = int(long(8, 2000))
    pairs = [report(f"at-once-{clients}-{n}") for n in range(number)]
    together = threading.Barrier(clients)

    def send(client: int) -> None:
        for raw in pairs:
            together.wait(60)
            sender.send(0, raws=[raw | {"id": f"{raw['id']}-{client}"}])

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(send, range(clients)))
    sender.check(staffed.fleet, 60 + long(0, 600))
    story_of = staffed.engine.store.stories.assignments()
    found = [{story_of[f"{raw['id']}-{client}"] for client in range(clients)} for raw in pairs]
    assert [stories for stories in found if len(stories) > 1] == []
    assert len(set.union(*found)) > number // 2  # made of the same words, two may be alike


def test_poison_is_rejected_with_its_reason_and_costs_the_others_nothing(
    staffed: Staffed, sender: Sender, long: Long
) -> None:
    poison = [report(f"poison{n}") for n in range(int(long(1, 10)))]
    with staffed.alone():
        for raw in poison:
            raw["text"] += f" {POISON}"
            sender.send(int(long(40, 100)), raws=[raw])
        sender.check(staffed.fleet, 120)
    with staffed.engine.store.read() as connection:
        query = select(articles.c.attempts, articles.c.state, articles.c.reason)
        found = connection.execute(query.where(articles.c.id.in_([raw["id"] for raw in poison]))).all()
    assert {(state, reason) for _, state, reason in found} == {
        ("rejected", f"It could not be prepared in {MOST_RUNS} attempts.")
    }
    assert max(attempts for attempts, _, _ in found) <= MOST_RUNS


def test_a_worker_whose_clock_jumps_does_nothing_too_often(
    staffed: Staffed, sender: Sender, long: Long
) -> None:
    """With a clock ahead, Celery takes what others have in hand for lost."""
    sender.begin()
    eventually(lambda: prepared_by(staffed, "odd") >= 6, what="its processes have loaded all that they need")
    first = len(sender.acknowledged)
    for hours in (2, -2, 0):
        staffed.clock.write_text(str(hours * HOURS))
        before = prepared_by(staffed, "odd")
        time.sleep(long(1, 30))
        eventually(lambda before=before: prepared_by(staffed, "odd") > before, what="it works on")  # type: ignore[misc]
    ids = sender.stop()[first:]
    sender.check(staffed.fleet)
    with staffed.engine.store.read() as connection:
        attempts = connection.execute(select(articles.c.attempts).where(articles.c.id.in_(ids))).scalars()
        assert max(attempts) <= 2


def prepared_by(staffed: Staffed, name: str) -> int:
    """How many messages a worker has done."""
    return len(re.findall(r"samestory.prepare\S+ succeeded", staffed.fleet.log(name)))


def swept(staffed: Staffed) -> int:
    """How often was looked for what is stuck?"""
    logs = [staffed.fleet.log(name) for name in ("worker", "odd")]
    return sum(len(re.findall('"event": "swept"', log)) for log in logs)


def test_a_beat_whose_clock_is_set_back_goes_on(staffed: Staffed, sender: Sender) -> None:
    staffed.clock.write_text(str(-2 * HOURS))
    before = swept(staffed)
    eventually(lambda: swept(staffed) >= before + 2, what="it goes on")
    receipts = pipeline.submit(staffed.engine.store, [report("untold")], staffed.engine.store.now())
    sender.acknowledged += [receipt.id for receipt in receipts if receipt.id]
    sender.check(staffed.fleet)
    staffed.clock.write_text("0")


def test_two_beats_sweep_as_often_as_one(staffed: Staffed, long: Long) -> None:
    staffed.fleet.start("second", BEAT)
    try:
        began, before = time.monotonic(), swept(staffed)
        time.sleep(long(4, 60))
        number, took = swept(staffed) - before, time.monotonic() - began
    finally:
        staffed.fleet.kill("second")
    assert 1 <= number <= took / (0.9 * staffed.engine.settings.sweep_seconds) + 1


def test_what_is_left_in_redis_is_documented_and_expires(staffed: Staffed, broker: Broker) -> None:
    """Ours expires; Celery's is bounded."""
    page = (Path(__file__).parents[2] / "docs" / "broker.md").read_text()
    documented = [
        re.compile(re.sub(r"ROLE|HOST|PID|NAME|RANDOM|WHO|\\\*", ".+", re.escape(pattern)))
        for line in page.splitlines()
        if line.startswith("| `samestory:")
        for pattern in re.findall(r"`([^`]+)`", line.split("|")[1])
    ]
    with broker.client as redis:
        # It is gone between the end of an interval and the next sweep.
        eventually(lambda: next(redis.scan_iter("samestory:turn:*"), None), what="a turn is kept")
        keys = {key.decode() for key in redis.scan_iter()}
        assert {key for key in keys if not any(one.fullmatch(key) for one in documented)} == set()
        ours = {key for key in keys if re.match("samestory:(alive|asked|rate|reply|turn):", key)}
        assert {key for key in ours if redis.pttl(key) == -1} == set()
