"""Was this very request answered before? Remembered with the work it did, in one transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, insert, select

from service.errors import Conflict
from service.store.schema import idempotency


def recall(connection: Connection, key: str, request_digest: bytes) -> Any | None:
    """The answer given then, None for a new key. Raises Conflict when the key came with another request."""
    row = connection.execute(select(idempotency).where(idempotency.c.key == key)).mappings().one_or_none()
    if row is None:
        return None
    if row["request_digest"] != request_digest:
        raise Conflict("The Idempotency-Key was used for another request.")
    return row["response"]


def remember(connection: Connection, key: str, request_digest: bytes, response: Any, now: float) -> None:
    """Keep the answer for a repeated request."""
    values = {"key": key, "request_digest": request_digest, "response": response, "at": now}
    connection.execute(insert(idempotency), values)


def forget(connection: Connection, before: float) -> None:
    """Drop the answers older than `before`."""
    connection.execute(delete(idempotency).where(idempotency.c.at < before))
