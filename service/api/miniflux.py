"""What does a Miniflux send? Its webhook's new entries, signed with the secret that Miniflux shows.

https://miniflux.app/docs/webhooks.html: HMAC-SHA256 of the body, in hexadecimal, as X-Miniflux-Signature. The
signature is the key here, so that no other is asked for.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from pydantic import Field

from service import pipeline
from service.api import bodies
from service.api.context import CurrentEngine, CurrentSettings, problems_of
from service.api.models.base import Document
from service.errors import InvalidInput, NotFound, SamestoryError, Unauthorised
from service.runner import Engine
from service.store import articles
from service.text.extract import visible_text
from service.text.intake import read_article

MOST = 1000  # entries in one delivery
BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
}
router = APIRouter(prefix="/v1", tags=["feeds"], responses=problems_of())


class Taken(Document):
    """What became of the entries of a delivery."""

    accepted: int = Field(description="New articles.")
    known: int = Field(
        description="Articles that are here already, whoever sent them; they stay as they are."
    )
    rejected: int


@router.post("/miniflux", openapi_extra=BODY, responses=problems_of(404, 408, 413, 415))
async def take_entries(request: Request, engine: CurrentEngine, settings: CurrentSettings) -> Taken:
    """Take in what a Miniflux pushes: its events `new_entries` and `save_entry`. 404 where
    SAMESTORY_MINIFLUX_SECRET_FILE is not set."""
    if settings.miniflux_secret_file is None:
        raise NotFound()
    data = await bodies.read_bytes(request, settings, bodies.JSON_TYPES)
    secret = settings.miniflux_secret_file.read_bytes().strip()
    given = request.headers.get("x-miniflux-signature", "")
    if not secret or not hmac.compare_digest(
        hmac.new(secret, data, sha256).hexdigest().encode(), given.encode()
    ):
        raise Unauthorised("The signature is not that of this body.")
    return await run_sync(_take, engine, _entries(bodies.parse_object(data)))


def _entries(event: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The articles of an event. Raises InvalidInput."""
    single = event.get("entry")
    entries = [single] if isinstance(single, Mapping) else event.get("entries", [])
    if not isinstance(entries, Sequence) or isinstance(entries, str) or len(entries) > MOST:
        raise InvalidInput(f"An event has `entries`, at most {MOST}.")
    return [_raw(entry, event) for entry in entries if isinstance(entry, Mapping)]


def _raw(entry: Mapping[str, Any], event: Mapping[str, Any]) -> Mapping[str, Any]:
    feed = entry.get("feed") or event.get("feed")
    return {
        "url": _text(entry, "url"),
        "outlet": _text(feed, "title")[:500] if isinstance(feed, Mapping) else "",
        "title": visible_text(_text(entry, "title"))[:2000],
        "text": visible_text(_text(entry, "content")),
        "published": _text(entry, "published_at")[:200],
    }


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    return value if isinstance(value, str) else ""


def _take(engine: Engine, raws: Sequence[Mapping[str, Any]]) -> Taken:
    store, ids = engine.store, [_id(raw) for raw in raws]
    with store.read() as connection:
        there = articles.known(connection, [one for one in ids if one])
    fresh = [raw for raw, article_id in zip(raws, ids, strict=True) if article_id not in there]
    receipts = pipeline.submit(store, fresh, store.now()) if fresh else []
    taken = [one.id for one in receipts if one.id and one.status in ("accepted", "updated")]
    engine.nudge(taken)
    rejected = sum(one.status == "rejected" for one in receipts)
    return Taken(accepted=len(taken), known=len(raws) - len(taken) - rejected, rejected=rejected)


def _id(raw: Mapping[str, Any]) -> str:
    """The id that an article would have; empty for what is none, which `submit` refuses with its reason."""
    try:
        return read_article(raw).id
    except SamestoryError:
        return ""
