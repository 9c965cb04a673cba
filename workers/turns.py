"""What is done once in a while, however often it is asked for? The first to ask takes the turn, in Redis.

Two beats, a message that is delivered twice, and messages that piled up while nobody worked all ask for the
same turn. The time is Redis' own: no machine's clock matters.
"""

from __future__ import annotations

import functools

from redis import Redis
from redis.exceptions import RedisError

from service.broker import PREFIX, connect
from service.settings import Settings

TURN = PREFIX + "turn:"
CONNECT_SECONDS, ANSWER_SECONDS = 1.0, 2.0


@functools.cache
def redis() -> Redis:
    """This process's connections for turns."""
    return connect(Settings(), CONNECT_SECONDS, ANSWER_SECONDS)


def waiting(queue: str) -> int:
    """How many messages wait in a queue; 0 when Redis is away."""
    try:
        return int(redis().llen(PREFIX + queue))
    except RedisError:
        return 0


def take_turn(name: str, seconds: float) -> bool:
    """Whether nobody else took this turn within the last `seconds`; also when Redis is away."""
    try:
        return bool(redis().set(f"{TURN}{name}", 1, nx=True, px=max(1, round(1000 * seconds))))
    except RedisError:
        return True
