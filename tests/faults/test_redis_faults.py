"""Is anything lost or late when Redis forgets, hangs, dies, is out of reach, or says everything twice?"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Sequence

from fleet import Broker, eventually
from sending import Sender
from staffing import Staffed

Long = Callable[[float, float], float]
PREPARE = "samestory:prepare"
DRAINED_SECONDS = 60.0  # after Redis is back
RESUMED_SECONDS = 30.0  # after a cut


def test_the_sweep_finds_what_no_message_told(staffed: Staffed, sender: Sender, broker: Broker) -> None:
    """Without a sweep it stays where it is, which is what a drill with the sweep switched off must report."""
    with staffed.without("beat"):
        with staffed.without("worker", "odd"):
            lost = sender.send(20)
            eventually(lambda: broker.client.llen(PREPARE) == 1, what="the API's thread has sent its message")
            broker.client.flushall()
        later = sender.send(5)
        eventually(lambda: states(staffed, later) == {"prepared"}, what="its own message is found")
        assert states(staffed, lost) == {"received"}


def states(staffed: Staffed, ids: Sequence[str]) -> set[str]:
    """The states of these articles."""
    return {article.state for article in staffed.engine.store.articles.several(ids)}


def test_redis_that_forgets_everything_costs_a_sweep(
    staffed: Staffed, sender: Sender, broker: Broker, long: Long
) -> None:
    sender.begin()
    for _ in range(int(long(2, 20))):
        time.sleep(0.5)
        broker.client.flushall()
    sender.stop()
    assert sender.answers.keys() == {202}


def test_redis_that_hangs_delays_nobody(staffed: Staffed, sender: Sender, broker: Broker, long: Long) -> None:
    sender.begin()
    broker.signal(signal.SIGSTOP)
    try:
        eventually(lambda: not staffed.engine.ready()[0], what="the API says that it is not ready")
        time.sleep(long(1, 60))
    finally:
        broker.signal(signal.SIGCONT)
    sender.check(staffed.fleet, DRAINED_SECONDS)
    sender.stop()
    assert sender.answers.keys() == {202}
    assert sender.slowest() < 1


def test_redis_that_is_away_delays_nobody(
    staffed: Staffed, sender: Sender, broker: Broker, long: Long
) -> None:
    sender.begin()
    broker.signal(signal.SIGKILL)
    time.sleep(long(2, 60))
    broker.start()
    sender.stop()
    sender.check(staffed.fleet, DRAINED_SECONDS)
    assert sender.answers.keys() == {202}
    assert sender.slowest() < 1


def test_redis_that_is_killed_again_and_again_loses_nothing(
    staffed: Staffed, sender: Sender, broker: Broker, long: Long
) -> None:
    sender.begin()
    for _ in range(int(long(2, 20))):
        time.sleep(0.5)
        broker.signal(signal.SIGKILL)
        broker.start()
    sender.stop()
    sender.check(staffed.fleet, DRAINED_SECONDS)
    assert sender.answers.keys() == {202}
    assert sender.slowest() < 1


def test_redis_that_has_no_room_delays_nobody(
    staffed: Staffed, sender: Sender, broker: Broker, long: Long
) -> None:
    """It refuses every write then, as it does where its disk is full."""
    sender.begin()
    broker.client.config_set("maxmemory", 1)
    time.sleep(long(1, 60))
    broker.client.config_set("maxmemory", 0)
    sender.stop()
    sender.check(staffed.fleet, DRAINED_SECONDS)
    assert sender.answers.keys() == {202}
    with staffed.without("beat"):  # nobody but the API's thread tells of these
        assert staffed.fleet.placed(sender.send(5), DRAINED_SECONDS)


def test_a_worker_that_is_cut_off_from_redis_works_again(
    staffed: Staffed, sender: Sender, long: Long
) -> None:
    """The other one sleeps: all depends on it. In the long form its connections do not outlive the cut."""
    with staffed.alone():
        for seconds in (long(3, 20), long(0, 90)):
            sender.begin()
            time.sleep(0.5)
            staffed.to_redis.cut()
            time.sleep(seconds)
            staffed.to_redis.mend(forget=seconds > 10)
            cut = sender.stop()
            assert staffed.fleet.placed(cut, RESUMED_SECONDS), sender.left(staffed.fleet)


def test_every_message_twice_changes_nothing(staffed: Staffed, sender: Sender) -> None:
    staffed.twice.touch()  # what the worker sends to the owner
    with staffed.alone():
        ids = sender.send(100)
        for _ in range(2):
            staffed.engine.nudge(ids)  # and what the API sends to the worker
        sender.check(staffed.fleet)
    staffed.twice.unlink()
