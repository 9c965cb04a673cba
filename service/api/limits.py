"""Who asks too often? Buckets of tokens, refilled all the time: in this process, or in Redis for several.

A bucket holds a sixth of what a minute allows, so that a burst of ten seconds' worth goes through at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

MOST = 10_000  # buckets kept at hand: an attacker with many addresses must not fill the memory
BURST = 6.0


class Limits(Protocol):
    """Counts requests of whoever asks."""

    async def take(self, who: str, per_minute: int) -> float:
        """Count one request; the seconds to wait where it is one too many, else 0."""


class LocalLimits:
    """Buckets of this process alone. clock: seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}  # tokens, and when they were counted

    async def take(self, who: str, per_minute: int) -> float:
        """Count one request."""
        now, size, speed = self._clock(), max(1.0, per_minute / BURST), per_minute / 60.0
        tokens, since = self._buckets.pop(who, (size, now))
        tokens = min(size, tokens + (now - since) * speed)
        enough = tokens >= 1.0
        if len(self._buckets) >= MOST:  # the one that was asked least lately goes first
            del self._buckets[next(iter(self._buckets))]
        self._buckets[who] = (tokens - 1.0 if enough else tokens, now)
        return 0.0 if enough else (1.0 - tokens) / speed
