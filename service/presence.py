"""Who works on this installation? Each process says now and then that it finished something, in Redis.

A key `samestory:alive:ROLE:HOST:PID` expires by itself: what is there was alive a short while ago. Nothing
depends on it but what people are told.
"""

from __future__ import annotations

import os
import socket
import time
from collections import Counter

from service.broker import PREFIX, connect
from service.settings import Settings

ALIVE = PREFIX + "alive:"
KEPT_SECONDS = 60
EVERY_SECONDS = 10.0
CONNECT_SECONDS = 1.0


class Presence:
    """Says that this process is alive, at most every EVERY_SECONDS; a broker that is away is no trouble."""

    def __init__(self, settings: Settings) -> None:
        self._redis = connect(settings, CONNECT_SECONDS, CONNECT_SECONDS)
        self._last = -EVERY_SECONDS

    def say(self, role: str) -> None:
        """This process has just finished something in that role."""
        from redis.exceptions import RedisError

        if time.monotonic() - self._last < EVERY_SECONDS:
            return
        self._last = time.monotonic()
        try:
            self._redis.set(f"{ALIVE}{role}:{socket.gethostname()}:{os.getpid()}", 1, ex=KEPT_SECONDS)
        except RedisError:
            return


def present(settings: Settings) -> Counter[str]:
    """How many processes of each role were alive within the last minute. Raises redis' errors."""
    with connect(settings, CONNECT_SECONDS, CONNECT_SECONDS) as redis:
        keys = redis.scan_iter(match=f"{ALIVE}*", count=1000)
        return Counter(key.decode().removeprefix(ALIVE).split(":")[0] for key in keys)
