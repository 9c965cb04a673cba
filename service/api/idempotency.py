"""Was this very request answered before? A POST with an Idempotency-Key can be sent again safely."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Annotated

from fastapi import Header, Request

from service.store import Store, idempotency

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Send the same key again and the first answer is repeated; with another body, 409.",
    ),
]


def request_digest(request: Request, body: bytes) -> bytes:
    """What makes a request the same request: method, path, query and body."""
    digest = blake2b(digest_size=16)
    for part in (request.method, request.url.path, request.url.query):
        digest.update(part.encode() + b"\0")
    digest.update(body)
    return digest.digest()


def remembered(store: Store, key: str, digest: bytes, now: float, act: Callable[[], str]) -> str:
    """What `act` returned when the key was first used. Raises Conflict if that was another request."""
    with store.read() as connection:
        known: str | None = idempotency.recall(connection, key, digest)
    if known is not None:
        return known
    answer = act()
    with store.write() as connection:
        known = idempotency.recall(connection, key, digest)
        if known is None:
            idempotency.remember(connection, key, digest, answer, now)
    return known or answer
