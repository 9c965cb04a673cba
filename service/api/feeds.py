"""Which stories does a feed reader see? The story list as RSS, Atom and JSON Feed, by the same filters."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from service.api.context import CurrentStore, problems_of
from service.api.listing import StoryQuery, page_of_stories
from service.feeds import render
from service.feeds.entries import Feed, Mode, entries
from service.store import Store

LINKS = 500  # reports of one story that an entry links to; the story's page leads to the others
router = APIRouter(prefix="/v1", tags=["feeds"], responses=problems_of())


class FeedQuery(StoryQuery):
    """Which stories, and how a story's further reports are shown."""

    mode: Mode = Field(
        "collapse",
        description="collapse: one entry for a story, updated as it grows. mark: every report, those that "
        "are not the first marked. first: the first report alone.",
    )


Asked = Annotated[FeedQuery, Query()]
FORMATS: dict[str, tuple[Callable[[Feed], bytes], str]] = {
    "rss": (render.rss, "application/rss+xml"),
    "atom": (render.atom, "application/atom+xml"),
    "json": (render.json, "application/feed+json"),
}


def _answers(media_type: str) -> dict[str, Any]:
    return {
        "response_class": Response,
        "responses": {200: {"content": {media_type: {}}, "description": "The feed."}},
    }


@router.get("/stories.rss", **_answers("application/rss+xml"))
def stories_rss(request: Request, query: Asked, store: CurrentStore) -> Response:
    """Live stories as RSS 2.0."""
    return respond(request, query, store, *FORMATS["rss"])


@router.get("/stories.atom", **_answers("application/atom+xml"))
def stories_atom(request: Request, query: Asked, store: CurrentStore) -> Response:
    """Live stories as Atom."""
    return respond(request, query, store, *FORMATS["atom"])


@router.get("/stories.json", **_answers("application/feed+json"))
def stories_json(request: Request, query: Asked, store: CurrentStore) -> Response:
    """Live stories as JSON Feed 1.1."""
    return respond(request, query, store, *FORMATS["json"])


def respond(
    request: Request,
    query: FeedQuery,
    store: Store,
    write: Callable[[Feed], bytes],
    media_type: str,
    title: str | None = None,
) -> Response:
    """The stories of a query as a feed. title: its own, else that of the list of stories."""
    headers = _last_modified(store)  # before the feed is read: it may be newer than its date, never older
    return Response(write(_feed(request, query, store, title)), media_type=media_type, headers=headers)


def _feed(request: Request, query: FeedQuery, store: Store, title: str | None) -> Feed:
    page, following = page_of_stories(store, query)
    ids = [story.id for story in page.items]
    changed = store.change_times([story.updated_change for story in page.items])
    times = {story.id: changed.get(story.updated_change, story.created_at) for story in page.items}
    home = str(request.base_url)
    return Feed(
        title=title or "Stories" + (f": {query.q}" if query.q else ""),
        home=home,
        address=str(request.url),
        following=following and _next(request, following),
        lang=query.lang,
        entries=entries(page.items, store.stories.reports(ids, LINKS), times, query.mode, home),
    )


def _next(request: Request, cursor: str) -> str:
    asked = {**request.query_params, "cursor": cursor}
    return f"{request.base_url}{request.url.path.lstrip('/')}?{urlencode(asked)}"


def _last_modified(store: Store) -> dict[str, str]:
    """Of the newest change, rounded up to the second: one that is not over could still change something."""
    newest = store.last_change()
    second = math.ceil(store.change_times([newest]).get(newest, 0.0))
    return {"Last-Modified": formatdate(second, usegmt=True)} if second <= time.time() else {}
