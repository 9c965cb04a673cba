"""Who works on this installation, and what did each do? Processes say so now and then, in Redis.

A key `samestory:alive:ROLE:HOST:PID` holds what the process has counted and expires by itself: what is there
was alive a short while ago. Nothing depends on it but what people are told.
"""

from __future__ import annotations

import os
import socket
import time
from collections import Counter
from collections.abc import Sequence

import orjson

from service.broker import INSTALLATION, PREFIX, connect
from service.settings import Settings
from service.telemetry import Snapshot, telemetry

ALIVE = PREFIX + "alive:"
KEPT_SECONDS = 60  # longer than a process is silent that has work: the sweep gives it some
EVERY_SECONDS = 10.0
CONNECT_SECONDS = 1.0


class Presence:
    """Says that this process is alive, at most every EVERY_SECONDS; a broker that is away is no trouble."""

    def __init__(self, settings: Settings) -> None:
        self._redis = connect(settings, CONNECT_SECONDS, CONNECT_SECONDS)
        self._last = -EVERY_SECONDS

    def say(self, role: str) -> None:
        """This process has just finished something in that role."""
        if time.monotonic() - self._last >= EVERY_SECONDS:
            self.tell(role)

    def tell(self, role: str) -> None:
        """Say so now, with what was counted."""
        from redis.exceptions import RedisError

        self._last = time.monotonic()
        name = f"{ALIVE}{role}:{socket.gethostname()}:{os.getpid()}"
        try:
            self._redis.set(name, orjson.dumps(telemetry.snapshot()), ex=KEPT_SECONDS)
            self._redis.expire(INSTALLATION, KEPT_SECONDS)
        except RedisError:
            return


def present(settings: Settings) -> Counter[str]:
    """How many processes of each role were alive within the last minute. Raises redis' errors."""
    with connect(settings, CONNECT_SECONDS, CONNECT_SECONDS) as redis:
        keys = redis.scan_iter(match=f"{ALIVE}*", count=1000)
        return Counter(key.decode().removeprefix(ALIVE).split(":")[0] for key in keys)


def told(settings: Settings, queues: Sequence[str]) -> tuple[dict[str, Snapshot], dict[str, int]]:
    """What processes counted, by ROLE:HOST:PID, and how many messages wait in these queues.

    Raises redis' errors.
    """
    with connect(settings, CONNECT_SECONDS, CONNECT_SECONDS) as redis:
        keys = sorted(redis.scan_iter(match=f"{ALIVE}*", count=1000))
        values = redis.mget(keys) if keys else []
        depths = {queue: int(redis.llen(PREFIX + queue)) for queue in queues}
    said = {
        key.decode().removeprefix(ALIVE): orjson.loads(value)
        for key, value in zip(keys, values, strict=True)
        if value is not None
    }
    return said, depths
