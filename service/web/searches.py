"""What does a reader want to be told of? Saved searches, what each matched, and a form for a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError

from service.api import problems
from service.api import searches as doors
from service.api.context import CurrentStore
from service.api.listing import Cursor
from service.api.models.searches import SearchRequest
from service.api.paths import StoryId as SearchId
from service.store import Store, searches
from service.web.deciding import Ours
from service.web.rendering import render
from service.web.words import TONGUES

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

SHOWN = 50  # matches on one page
FIELDS = tuple(SearchRequest.model_fields)
TAKEN = ("q", "lang", "outlet", "min_outlets")  # from the list of stories
BLANK = {"name": "", "q": "", "lang": "", "outlet": "", "min_independent": "1", "min_reports": "1"}


@router.get("/searches")
def listing(request: Request, store: CurrentStore) -> HTMLResponse:
    """The saved searches; the form holds what the list of stories was asked for."""
    given = {name: value for name, value in request.query_params.items() if name in FIELDS and value}
    if "min_outlets" in request.query_params:  # which the list of stories counts
        given.setdefault("min_independent", request.query_params["min_outlets"])
    return _page(request, store, {"name": given.get("q", ""), **given})


@router.post("/searches")
def add(request: Request, store: CurrentStore, form: Ours) -> Response:
    """Save a search."""
    given = {name: value for name in FIELDS if (value := form.get(name, "").strip())}
    try:
        made = doors.save(store, SearchRequest.model_validate({"name": "", **given}))
    except ValidationError as error:
        return _page(request, store, given, 422, problems.field_errors(error.errors()))
    return RedirectResponse(f"/searches/{made.id}", 303)


@router.get("/searches/{search_id:id}")
def one(search_id: SearchId, request: Request, store: CurrentStore, cursor: Cursor = None) -> HTMLResponse:
    """What a search matched, the newest match first."""
    since = store.last_change()
    page, following = doors.page_of_matches(store, search_id, cursor, SHOWN)
    return render(
        request,
        "search.html",
        since=since,
        search=doors.get(store, search_id),
        matches=page.items,
        next_page=following and f"{request.url.path}?" + urlencode({"cursor": following}),
    )


@router.post("/searches/{search_id:id}/remove")
def remove(search_id: SearchId, store: CurrentStore, _: Ours) -> RedirectResponse:
    """Tell of its stories no more."""
    with store.write() as connection:
        searches.remove(connection, search_id)
    return RedirectResponse("/searches", 303)


def _page(
    request: Request,
    store: Store,
    given: Mapping[str, str],
    status: int = 200,
    wrong: Sequence[Mapping[str, str]] = (),
) -> HTMLResponse:
    with store.read() as connection:
        found = searches.listed(connection)
    values: dict[str, Any] = {**BLANK, **given}
    return render(
        request,
        "searches.html",
        status,
        here="/searches",
        searches=found,
        given=values,
        wrong=wrong,
        languages=sorted({*TONGUES, values["lang"], *(one.lang for one in found)} - {""}),
    )
