"""Which feeds are polled, and what does each hold without copies? Feeds in, lists of them, their twins."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request, Response

from service.api import bodies, cursors
from service.api.context import CurrentEngine, CurrentSettings, CurrentStore, problems_of
from service.api.feeds import FORMATS
from service.api.listing import Cursor, position
from service.api.models.feeds import FeedRequest, OpmlReceipt, PolledFeed, PolledFeedList
from service.api.paths import StoryId as FeedId
from service.api.twins import twin
from service.feeds.entries import Mode
from service.polling import opml, subscribing
from service.polling.decoding import decode
from service.runner import Engine
from service.store import feeds

BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/FeedRequest"}}},
    }
}
OPML_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"text/x-opml": {"schema": {"type": "string"}}}}
}
XML_TYPES = frozenset({"text/x-opml", "text/xml", "application/xml", "application/octet-stream"})
FEED_POSITION: cursors.Kinds = (str,)
router = APIRouter(prefix="/v1", tags=["feeds"], responses=problems_of())


@router.post("/feeds", status_code=201, openapi_extra=BODY, responses=problems_of(403, 408, 409, 413, 415))
async def add_feed(
    request: Request, response: Response, settings: CurrentSettings, engine: CurrentEngine
) -> PolledFeed:
    """Poll a feed from now on: RSS, Atom, RDF or JSON Feed, or a web page that names one. A feed that is
    polled already is answered as it is."""
    data = await bodies.read_object(request, settings)
    asked = bodies.parse_model(data, FeedRequest)
    made = await run_sync(_register, engine, asked)
    response.headers["Location"] = f"/v1/feeds/{made.id}"
    return made


def _register(engine: Engine, asked: FeedRequest) -> PolledFeed:
    store = engine.store
    made = subscribing.register(store, engine.settings, asked.url, asked.outlet, asked.full_text, store.now())
    return PolledFeed.model_validate(made)


@router.get("/feeds")
def list_feeds(
    store: CurrentStore, cursor: Cursor = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> PolledFeedList:
    """Feeds by id. One that is `failing` or `dead` says its reason."""
    filters = {"list": "feeds"}
    after = position(cursor, filters, FEED_POSITION)
    with store.read() as connection:
        found = feeds.listed(connection, after[0] if after else None, limit + 1)
    shown = [PolledFeed.model_validate(one) for one in found[:limit]]
    more = len(found) > limit
    return PolledFeedList(feeds=shown, next=cursors.encode([shown[-1].id], filters) if more else None)


@router.get("/feeds/{feed_id:id}", responses=problems_of(404))
def get_feed(feed_id: FeedId, store: CurrentStore) -> PolledFeed:
    """When a feed was polled, what it answered, and when it is polled next."""
    with store.read() as connection:
        return PolledFeed.model_validate(feeds.get(connection, feed_id))


@router.delete("/feeds/{feed_id:id}", status_code=204, responses=problems_of(403, 404))
def delete_feed(feed_id: FeedId, store: CurrentStore) -> None:
    """Poll a feed no more; its articles stay."""
    with store.write() as connection:
        feeds.remove(connection, feed_id)


@router.post("/feeds/{feed_id:id}/poll", status_code=202, responses=problems_of(403, 404))
def poll_feed(feed_id: FeedId, store: CurrentStore) -> PolledFeed:
    """Poll a feed as soon as its host's turn comes; a dead one lives again."""
    return PolledFeed.model_validate(subscribing.poll_now(store, feed_id, store.now()))


@router.get("/feeds/{feed_id:id}/deduped.{format}", response_class=Response, responses=problems_of(404))
def deduped_feed(
    feed_id: FeedId,
    format: Literal["rss", "atom", "json"],
    request: Request,
    store: CurrentStore,
    mode: Annotated[Mode, Query(description="As for the feed of all stories.")] = "collapse",
) -> Response:
    """A feed without what another feed had before: each story once, in the twin of the feed that brought it
    first, with links to all other reports."""
    write, media_type = FORMATS[format]
    return Response(write(twin(request, store, feed_id, mode)), media_type=media_type)


@router.get("/opml", response_class=Response)
def export_opml(
    request: Request,
    store: CurrentStore,
    deduped: Annotated[bool, Query(description="Each feed's deduplicated twin instead of it.")] = False,
) -> Response:
    """All feeds as OPML."""
    with store.read() as connection:
        found = feeds.listed(connection, None, feeds.MOST)
    home = str(request.base_url)
    listed = [
        opml.Outline(
            one.outlet or one.title or one.url,
            f"{home}v1/feeds/{one.id}/deduped.atom" if deduped else one.url,
            one.home,
        )
        for one in found
    ]
    headers = {"Content-Disposition": 'attachment; filename="feeds.opml"'}
    return Response(opml.write_opml("samestory", listed), media_type="text/x-opml", headers=headers)


@router.post("/opml", openapi_extra=OPML_BODY, responses=problems_of(403, 408, 409, 413, 415))
async def import_opml(
    request: Request,
    settings: CurrentSettings,
    engine: CurrentEngine,
    full_text: Annotated[bool, Query(description="Whether articles are read from their pages.")] = False,
) -> OpmlReceipt:
    """Poll the feeds of an OPML file from now on, each once."""
    data = await bodies.read_bytes(request, settings, XML_TYPES)
    listed = opml.read_opml(decode(data, ""))
    return OpmlReceipt.model_validate(
        await run_sync(
            subscribing.register_all, engine.store, settings, listed, full_text, engine.store.now()
        )
    )
