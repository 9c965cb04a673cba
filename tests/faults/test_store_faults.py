"""Is anything lost, or promised in vain, when PostgreSQL crashes or is out of reach?"""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Callable

from databases import Postgres
from fleet import eventually
from sending import Sender
from staffing import Staffed

Long = Callable[[float, float], float]
RESUMED_SECONDS = 30.0


def test_a_database_that_crashes_is_told_and_loses_nothing(
    staffed: Staffed, sender: Sender, postgres: Postgres, long: Long
) -> None:
    sender.begin()
    for _ in range(int(long(2, 20))):
        time.sleep(0.5)
        postgres.stop(signal.SIGQUIT)
        time.sleep(0.5)
        postgres.start()
    sender.stop()
    sender.check(staffed.fleet)
    assert set(sender.answers) == {202, 503}
    assert None not in sender.retry_after


def test_a_full_disk_is_told_and_loses_nothing(
    staffed: Staffed, sender: Sender, postgres: Postgres, long: Long
) -> None:
    """Sooner or later each request finds no room; with room again the same processes go on."""

    def fill() -> None:
        rng = random.Random(1)
        while not sender.answers[503]:
            sender.send(1, raws=[{"id": rng.randbytes(8).hex(), "text": words(rng)} for _ in range(10)])

    with postgres.little_room():
        filling = threading.Thread(target=fill)
        filling.start()
        eventually(lambda: sender.answers[503], what="it says that there is no room")
        time.sleep(long(0.5, 60))
    filling.join()
    sender.check(staffed.fleet)
    assert set(sender.answers) == {202, 503}
    assert None not in sender.retry_after


def words(rng: random.Random) -> str:
    """A long text that cannot be made smaller."""
    return " ".join(rng.randbytes(6).hex() for _ in range(8_000))


def test_a_worker_that_is_cut_off_from_the_store_works_again(
    staffed: Staffed, sender: Sender, long: Long
) -> None:
    """The other one sleeps: all depends on it. In the long form its connections do not outlive the cut."""
    with staffed.alone():
        for seconds in (long(3, 20), long(0, 90)):
            sender.begin()
            time.sleep(0.5)
            staffed.to_postgres.cut()
            time.sleep(seconds)
            staffed.to_postgres.mend(forget=seconds > 10)
            cut = sender.stop()
            assert staffed.fleet.placed(cut, RESUMED_SECONDS), sender.left(staffed.fleet)
