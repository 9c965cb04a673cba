"""How is Redis reached, and which keys of ours are there? All begin with PREFIX, and all of ours expire.

`docs/broker.md` lists every pattern; `tests/faults` compares it with what a running fleet leaves in Redis.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from service.errors import InvalidSetting
from service.settings import Settings

if TYPE_CHECKING:
    from redis import Redis

INSTALLATION = "samestory:installation"
INSTALLATION_SECONDS = 60
PREFIX = "samestory:"  # Celery's queues too: a Redis may be shared with other programs
HEALTH_SECONDS = 5
CHECK_SECONDS = 2.0


def connect(settings: Settings, connect_seconds: float, answer_seconds: float) -> Redis:
    """A client that never waits longer than told; nothing is connected yet. Raises InvalidSetting."""
    from redis import Redis

    return Redis.from_url(
        settings.broker_url(),
        socket_connect_timeout=connect_seconds,
        socket_timeout=answer_seconds,
        socket_keepalive=True,
        health_check_interval=HEALTH_SECONDS,
        **settings.broker_tls(),
    )


def check(settings: Settings, store_key: bytes) -> None:
    """See that the broker takes the password, is a Redis, and is this installation's alone; one that is away
    is waited for. Raises InvalidSetting."""
    from redis.exceptions import AuthenticationError, InvalidResponse, RedisError, ResponseError

    name = blake2b(store_key, digest_size=8, person=b"installation").hexdigest()
    try:
        with connect(settings, CHECK_SECONDS, CHECK_SECONDS) as redis:
            redis.set(INSTALLATION, name, ex=INSTALLATION_SECONDS, nx=True)
            known = redis.get(INSTALLATION)
    except AuthenticationError:
        raise InvalidSetting("redis_url: the broker refuses its password (redis_password_file).") from None
    except (InvalidResponse, ResponseError) as error:
        raise InvalidSetting(f"redis_url: what answers there is no use ({type(error).__name__}).") from None
    except RedisError:
        return
    if isinstance(known, bytes) and known != name.encode():
        raise InvalidSetting(
            "redis_url: another installation uses that database of Redis; give this one its own, such as "
            "redis://HOST/1, or wait a minute after a store was replaced."
        )
