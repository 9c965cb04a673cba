"""Is there one owner of decisions among many machines, whatever happens to it?"""

from __future__ import annotations

import os
import signal
import time

import pytest
from fleet import eventually
from sending import Sender, report
from sqlalchemy import select
from staffing import LEASE_SECONDS, Staffed

from service.desk import Json
from service.errors import Unavailable
from service.store.schema import leases


def token(staffed: Staffed) -> int:
    """The fence of the owner of today: it grows with each new one."""
    with staffed.engine.store.read() as connection:
        return int(connection.execute(select(leases.c.token)).scalar_one())


def released(staffed: Staffed) -> bool:
    """Is the lease free, without having run out?"""
    with staffed.engine.store.read() as connection:
        return connection.execute(select(leases.c.expires_at)).scalar_one() == 0


def deciding(staffed: Staffed) -> str:
    """Which of the two decides: the one whose log says that it consumes."""

    def names() -> list[str]:
        logs = {name: staffed.fleet.log(name) for name in ("owner", "standby")}
        return [name for name, log in logs.items() if "ready." in log.rpartition("[queues]")[2]]

    eventually(lambda: len(names()) == 1, what="one of the two decides")
    return names()[0]


def answered(staffed: Staffed) -> list[Json] | None:
    """What the owner says; None when it does not within its time."""
    try:
        return staffed.engine.match(report("asked"))
    except Unavailable:
        return None


def test_the_standby_takes_over_from_a_killed_owner(staffed: Staffed, sender: Sender) -> None:
    sender.send(50)
    former, before = deciding(staffed), token(staffed)
    staffed.fleet.kill(former)
    late = sender.send(1)
    eventually(lambda: token(staffed) > before, what="the standby decides")
    assert staffed.fleet.placed(late, 60)
    staffed.start(former, wait=True)


def test_a_stopped_owner_that_wakes_writes_nothing_and_leaves(staffed: Staffed, sender: Sender) -> None:
    """It is stopped in the midst of placing, for three leases, while the standby goes on."""
    waiting = sender.send(400)
    store = staffed.engine.store
    eventually(lambda: store.articles.get(waiting[0]).state == "placed", what="the owner is placing")
    name, before = deciding(staffed), token(staffed)
    stopped = staffed.fleet.processes[name]
    os.killpg(stopped.pid, signal.SIGSTOP)
    began = time.monotonic()
    try:
        eventually(lambda: token(staffed) > before, what="the standby decides")
        sender.send(5)
        assert staffed.fleet.placed(sender.acknowledged, 60)
        time.sleep(max(0.0, 3 * LEASE_SECONDS - (time.monotonic() - began)))
    finally:
        os.killpg(stopped.pid, signal.SIGCONT)
    eventually(lambda: stopped.poll() is not None, what="it leaves, so that it takes no messages away")
    staffed.start(name, wait=True)


def test_an_owner_that_ends_in_order_is_followed_at_once(staffed: Staffed, sender: Sender) -> None:
    name, before = deciding(staffed), token(staffed)
    assert staffed.fleet.stop(name)
    assert token(staffed) > before or released(staffed)
    eventually(lambda: token(staffed) > before, what="the next decides")
    sender.send(5)


def test_without_an_owner_questions_are_told_to_come_back_and_end_with_their_askers(staffed: Staffed) -> None:
    """What was asked while nobody decided is not answered, nor done, once somebody does."""
    for name in ("owner", "standby"):
        if name in staffed.fleet.processes:
            staffed.fleet.kill(name)
    with pytest.raises(Unavailable):
        staffed.engine.match(report("asked"))
    eventually(lambda: not staffed.engine.ready()[0], what="the lease ends")
    for name in ("owner", "standby"):
        staffed.start(name)
    eventually(lambda: all(map(staffed.fleet.working, ("owner", "standby"))))
    eventually(lambda: "question dropped" in staffed.fleet.log(deciding(staffed)), what="nobody waits")
    eventually(lambda: answered(staffed) == [], what="the owner answers")
