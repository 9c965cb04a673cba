"""How does a reader see and change what is polled? The feeds with their reasons, and plain forms."""

from __future__ import annotations

from urllib.parse import quote

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from service.api.context import CurrentEngine, CurrentSettings, CurrentStore
from service.api.paths import StoryId as FeedId
from service.errors import RefusedAddress
from service.feeds.entries import web_address
from service.polling import opml, subscribing
from service.polling.decoding import decode
from service.store import Store, feeds
from service.web.deciding import Ours
from service.web.rendering import render
from service.web.uploads import read_upload

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

SHOWN = 200  # on one page
STATES = {"active": "It is read.", "failing": "It fails.", "dead": "It is given up."}


@router.get("/feeds")
def listing(
    request: Request,
    store: CurrentStore,
    added: int | None = None,
    refused: int = 0,
    after: str | None = None,
) -> HTMLResponse:
    """The feeds that are polled."""
    return _page(request, store, after, added=added, refused=refused)


@router.post("/feeds")
def add(request: Request, engine: CurrentEngine, form: Ours) -> Response:
    """Poll a feed from now on."""
    store, url, outlet = engine.store, form.get("url", "").strip(), form.get("outlet", "").strip()
    try:
        subscribing.register(
            store, engine.settings, url, outlet[: subscribing.OUTLET], "full_text" in form, store.now()
        )
    except RefusedAddress as error:
        return _page(request, store, None, 422, wrong=error.detail, url=url, outlet=outlet)
    return RedirectResponse("/feeds?added=1", 303)


@router.post("/feeds/opml")
async def add_list(request: Request, engine: CurrentEngine, settings: CurrentSettings) -> RedirectResponse:
    """Poll the feeds of an OPML file from now on."""
    sent = await read_upload(request, settings)
    listed = opml.read_opml(decode(sent.data, ""))
    store, full_text = engine.store, "full_text" in sent.fields
    told = await run_sync(subscribing.register_all, store, settings, listed, full_text, store.now())
    return RedirectResponse(f"/feeds?added={told['added']}&refused={len(told['refused'])}", 303)


@router.post("/feeds/{feed_id:id}/poll")
def poll(feed_id: FeedId, store: CurrentStore, _: Ours) -> RedirectResponse:
    """Poll a feed now; a dead one lives again."""
    subscribing.poll_now(store, feed_id, store.now())
    return RedirectResponse("/feeds", 303)


@router.post("/feeds/{feed_id:id}/remove")
def remove(feed_id: FeedId, store: CurrentStore, _: Ours) -> RedirectResponse:
    """Poll a feed no more."""
    with store.write() as connection:
        feeds.remove(connection, feed_id)
    return RedirectResponse("/feeds", 303)


def _page(
    request: Request,
    store: Store,
    after: str | None,
    status: int = 200,
    *,
    added: int | None = None,
    refused: int = 0,
    wrong: str = "",
    url: str = "",
    outlet: str = "",
) -> HTMLResponse:
    with store.read() as connection:
        found = feeds.listed(connection, after, SHOWN + 1)
        count = feeds.count(connection)
    more = len(found) > SHOWN
    return render(
        request,
        "feeds.html",
        status,
        here="/feeds",
        feeds=[(one, web_address(one.home) or web_address(one.page)) for one in found[:SHOWN]],
        states=STATES,
        count_of_feeds=count,
        added=added,
        refused=refused,
        wrong=wrong,
        url=url,
        outlet=outlet,
        next_page=f"/feeds?after={quote(found[SHOWN - 1].id)}" if more else None,
    )
