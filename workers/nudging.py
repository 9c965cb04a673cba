"""How is a task sent? As a nudge: at once or not at all. What it would have said stands in the store.

A broker that refuses or hangs may cost a caller nothing: the API sends from a thread of its own.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence

import structlog
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from workers.app import app

BATCH = (
    100  # ids in one message: some 930 messages a second go through Redis, and a task must end within 20 s
)
BACKLOG = 1000  # messages that wait to be sent; more are left to the sweep

log = structlog.get_logger()


def send(name: str, *args: object) -> bool:
    """Send one task. False when the broker did not take it: the sweep will find what waits."""
    try:
        app.send_task(f"samestory.{name}", args=args)
    except (OperationalError, OSError, RedisError) as error:  # away, or it has no room
        log.warning("nudge not sent", task=name, reason=type(error).__name__)
        return False
    return True


def send_prepare(ids: Sequence[str]) -> None:
    """Ask for articles to be prepared, in batches."""
    for start in range(0, len(ids), BATCH):
        if not send("prepare", list(ids[start : start + BATCH])):
            return


class Nudger:
    """Sends from its own thread, so that whoever nudges never waits for the broker."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[list[str] | None] = queue.Queue(BACKLOG)
        self._thread = threading.Thread(target=self._run, name="nudger", daemon=True)
        self._thread.start()

    def nudge(self, ids: Sequence[str]) -> None:
        """These articles wait to be prepared; without ids, something waits for the owner. Never blocks."""
        try:
            self._waiting.put_nowait(list(ids))
        except queue.Full:
            log.warning("nudge left to the sweep", articles=len(ids))

    def close(self) -> None:
        """End the thread; what still waits is left to the sweep."""
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            return
        self._thread.join(1.0)

    def _run(self) -> None:
        while (ids := self._waiting.get()) is not None:
            if ids:
                send_prepare(ids)
            else:
                send("place")
