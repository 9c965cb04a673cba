"""What do people want to be told of? Saved searches, what each has matched, and each as a feed."""

from __future__ import annotations

import secrets
from typing import Annotated, Any, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request, Response

from service.api import bodies, cursors
from service.api.context import CurrentSettings, CurrentStore, problems_of
from service.api.feeds import FORMATS, FeedQuery, respond
from service.api.listing import Cursor, next_cursor, position, summary_of
from service.api.models.searches import (
    SavedSearch,
    SavedSearchList,
    SearchMatch,
    SearchMatchList,
    SearchRequest,
)
from service.api.paths import StoryId as SearchId
from service.feeds.entries import Mode
from service.settings import Settings
from service.store import Store, searches
from service.store.records import MatchRecord, Page, SearchRecord, StoryRecord

BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/SearchRequest"}}},
    }
}
SEARCH_POSITION: cursors.Kinds = (str,)
MATCH_POSITION: cursors.Kinds = ((int, float), str)
Limit = Annotated[int, Query(ge=1, le=200)]
router = APIRouter(prefix="/v1/searches", tags=["searches"], responses=problems_of())


@router.post("", status_code=201, openapi_extra=BODY, responses=problems_of(403, 408, 409, 413, 415))
async def add_search(
    request: Request, response: Response, settings: CurrentSettings, store: CurrentStore
) -> SavedSearch:
    """Be told of stories that come to match. Each is told once, by a `search.matched` change; what matches
    already is not told."""
    asked = bodies.parse_model(await bodies.read_object(request, settings), SearchRequest)
    made = await run_sync(save, store, asked)
    response.headers["Location"] = f"/v1/searches/{made.id}"
    return SavedSearch.model_validate(made)


def save(store: Store, asked: SearchRequest) -> SearchRecord:
    """Keep a search. Raises Conflict."""
    made = SearchRecord(id=f"se-{secrets.token_hex(8)}", created_at=store.now(), **dict(asked))
    with store.write() as connection:
        searches.add(connection, made)
    return made


@router.get("")
def list_searches(store: CurrentStore, cursor: Cursor = None, limit: Limit = 50) -> SavedSearchList:
    """Saved searches by id."""
    filters = {"list": "searches"}
    after = position(cursor, filters, SEARCH_POSITION)
    with store.read() as connection:
        found = searches.listed(connection, after[0] if after else None, limit + 1)
    shown = [SavedSearch.model_validate(one) for one in found[:limit]]
    more = len(found) > limit
    return SavedSearchList(searches=shown, next=cursors.encode([shown[-1].id], filters) if more else None)


@router.get("/{search_id:id}/matches", responses=problems_of(404))
def list_matches(
    search_id: SearchId,
    store: CurrentStore,
    settings: CurrentSettings,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> SearchMatchList:
    """Live stories that match a search or once did, the newest match first."""
    page, following = page_of_matches(store, search_id, cursor, limit)
    shown = [_match(match, story, settings, store.now()) for match, story in page.items]
    return SearchMatchList(matches=shown, next=following)


def page_of_matches(
    store: Store, search_id: str, cursor: str | None, limit: int
) -> tuple[Page[tuple[MatchRecord, StoryRecord]], str | None]:
    """A page of what a search matched and the cursor of the next. Raises NotFound."""
    filters = {"list": "matches", "search": search_id}
    with store.read() as connection:
        searches.get(connection, search_id)
        after = position(cursor, filters, MATCH_POSITION)
        found = searches.matches_of(connection, search_id, after, limit + 1)
    stories = {one.id: one for one in store.stories.several([match.story_id for match in found[:limit]])}
    last = [found[limit - 1].at, found[limit - 1].story_id] if len(found) > limit else None
    page = Page(tuple((match, stories[match.story_id]) for match in found[:limit]), last)
    return page, next_cursor(page, filters)


def _match(match: MatchRecord, story: StoryRecord, settings: Settings, now: float) -> SearchMatch:
    told = match.change if match.told else None
    return SearchMatch(story=summary_of(story, settings, now), matched_at=match.at, change=told)  # type: ignore[arg-type]


@router.get("/{search_id:id}.{format}", response_class=Response, responses=problems_of(404))
def search_feed(
    search_id: SearchId,
    format: Literal["rss", "atom", "json"],
    request: Request,
    store: CurrentStore,
    mode: Annotated[Mode, Query(description="As for the feed of all stories.")] = "collapse",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """The stories that match a search now as RSS, Atom or JSON Feed, each one entry, updated as it grows."""
    search = get(store, search_id)
    query = FeedQuery(**filters_of(search), mode=mode, cursor=cursor, limit=limit)
    write, media_type = FORMATS[format]
    return respond(request, query, store, write, media_type, search.name)


def filters_of(search: SearchRecord) -> dict[str, Any]:
    """A search as filters of the list of stories: those that ask for something."""
    asked = {"q": search.q, "lang": search.lang, "outlet": search.outlet}
    least = {"min_independent": search.min_independent, "min_reports": search.min_reports}
    return {name: value for name, value in asked.items() if value} | {
        name: value for name, value in least.items() if value > 1
    }


@router.get("/{search_id:id}", responses=problems_of(404))
def get_search(search_id: SearchId, store: CurrentStore) -> SavedSearch:
    """One saved search."""
    return SavedSearch.model_validate(get(store, search_id))


def get(store: Store, search_id: str) -> SearchRecord:
    """One saved search. Raises NotFound."""
    with store.read() as connection:
        return searches.get(connection, search_id)


@router.delete("/{search_id:id}", status_code=204, responses=problems_of(403, 404))
def delete_search(search_id: SearchId, store: CurrentStore) -> None:
    """Tell of its stories no more; what was told stays in the log."""
    with store.write() as connection:
        searches.remove(connection, search_id)
