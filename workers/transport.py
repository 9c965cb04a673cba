"""What if a message in Redis is none? It is logged, counted and dropped; kombu alone would end the worker.

Messages that can be read, but name an unknown task or bring wrong arguments, Celery itself logs and drops.
"""

from __future__ import annotations

from typing import Any

import structlog
from kombu.transport.redis import Channel, Transport

log = structlog.get_logger()


class Forgiving(Channel):
    """Reads on after what is not JSON, or not the envelope of a message."""

    dropped = 0

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)  # type: ignore[no-untyped-call]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            Forgiving.dropped += 1
            log.exception("message dropped", reason=type(error).__name__, so_far=Forgiving.dropped)
            return True


def install() -> None:
    """Every connection of this process to the broker reads so."""
    Transport.Channel = Forgiving
