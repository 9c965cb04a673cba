"""What is taken from a queue? Messages as we send them; anything else is logged, counted and dropped.

Celery's own transport ends the whole worker at the first thing in a queue that is no message.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from typing import Any

import orjson
import structlog
from kombu.transport import TRANSPORT_ALIASES, redis

from service.telemetry import telemetry

JSON = "application/json"

log = structlog.get_logger()
on_drop: list[Callable[[], object]] = []  # what else happens then


def dropped(reason: str, **known: object) -> None:
    """Say and count that a message was let go; never what it held."""
    telemetry.add(f"messages_dropped_total{{reason={reason}}}")
    log.warning("message dropped", reason=reason, **known)
    for also in on_drop:
        also()


def readable(message: Any) -> bool:
    """Whether something taken from a queue is a message as we send it."""
    try:
        properties = message["properties"]
        place = properties["delivery_info"]
        words = (properties["delivery_tag"], place["exchange"], place["routing_key"])
        body = message["body"]
        if properties.get("body_encoding") == "base64":
            body = b64decode(body, validate=True)
        arguments, named, _ = orjson.loads(body)
    except (KeyError, TypeError, ValueError, AttributeError):
        return False
    typed = isinstance(message["headers"], dict) and isinstance(arguments, list) and isinstance(named, dict)
    return typed and message.get("content-type") == JSON and all(isinstance(word, str) for word in words)


class Channel(redis.Channel):
    """Takes messages from queues."""

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)  # type: ignore[no-untyped-call]
        except ValueError:  # no JSON
            dropped("malformed")
            return True


class Transport(redis.Transport):
    """Hands messages to whoever consumes their queue."""

    Channel = Channel

    def _deliver(self, message: Any, queue: str) -> None:
        if readable(message):
            super()._deliver(message, queue)  # type: ignore[no-untyped-call]
        else:
            dropped("malformed", queue=queue)


def install() -> None:
    """Let Celery use this transport for addresses of Redis."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = f"{__name__}:Transport"
