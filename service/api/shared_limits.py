"""How do several API processes share one limit? By buckets in Redis, `samestory:rate:WHO`, which expire.

A Redis that is down or hangs costs one request a quarter of a second now and then; meanwhile each process
counts for itself.
"""

from __future__ import annotations

import asyncio
import time

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from service.api.limits import BURST, LocalLimits
from service.broker import PREFIX
from service.settings import Settings

RATE = PREFIX + "rate:"
ANSWER_SECONDS = 0.25
AWAY_SECONDS = 5.0  # before a Redis that did not answer is asked again

# KEYS[1] a bucket; ARGV: its size, tokens a second. By the clock of Redis; answers the seconds to wait.
TAKE = """
local size, speed = tonumber(ARGV[1]), tonumber(ARGV[2])
local told = redis.call('TIME')
local now = tonumber(told[1]) + tonumber(told[2]) / 1000000
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local passed = math.max(0, now - tonumber(kept[2] or now))
local tokens = math.min(size, tonumber(kept[1] or size) + passed * speed)
local wait = 0
if tokens >= 1 then tokens = tokens - 1 else wait = (1 - tokens) / speed end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(size / speed * 1000) + 1000)
return string.format('%.6f', wait)
"""

log = structlog.get_logger()


class SharedLimits:
    """Buckets in Redis, and this process's own while Redis is away; used within one event loop."""

    def __init__(self, settings: Settings) -> None:
        self._redis = Redis.from_url(
            settings.broker_url(),
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
            **settings.broker_tls(),
        )
        self._script = self._redis.register_script(TAKE)
        self._local = LocalLimits()
        self._away_until = 0.0

    async def close(self) -> None:
        """Give the connections back."""
        await self._redis.aclose()

    async def take(self, who: str, per_minute: int) -> float:
        """Count one request."""
        if time.monotonic() >= self._away_until:
            size, speed = max(1.0, per_minute / BURST), per_minute / 60.0
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    return float(await self._script(keys=[RATE + who], args=[size, speed]))
            except (RedisError, OSError, TimeoutError) as error:
                self._away_until = time.monotonic() + AWAY_SECONDS
                log.warning("limits are counted here: Redis is away", reason=type(error).__name__)
        return await self._local.take(who, per_minute)
