"""How is Redis reached, and which keys of ours are there? All begin with PREFIX, and all of ours expire.

`docs/broker.md` lists every pattern; `tests/faults` compares it with what a running fleet leaves in Redis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.settings import Settings

if TYPE_CHECKING:
    from redis import Redis

PREFIX = "samestory:"  # Celery's queues too: a Redis may be shared with other programs
HEALTH_SECONDS = 5


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
