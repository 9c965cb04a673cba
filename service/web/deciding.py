"""How does a reader correct what was grouped? By buttons where two reports are compared, and an undo.

They are plain forms, which work without script; a page of another site cannot send them (`api.shield`).
"""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse

from service.api.context import CurrentEngine
from service.api.paths import ArticleId, StoryId
from service.store import Store
from service.store.records import DecisionRecord

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

BETWEEN = ("must_link", "cannot_link")
BY = "page"


@router.post("/compare/{a:id}/{b:id}/{kind}")
def decide(
    a: ArticleId, b: ArticleId, kind: Literal["must_link", "cannot_link"], engine: CurrentEngine
) -> RedirectResponse:
    """Say that two reports are of one event, or are not; it takes effect at once."""
    engine.decide({"kind": kind, "articles": [a, b], "by": BY})
    return _back(a, b)


@router.post("/compare/{a:id}/{b:id}/undo/{decision_id:id}")
def undo(a: ArticleId, b: ArticleId, decision_id: StoryId, engine: CurrentEngine) -> RedirectResponse:
    """Take a decision about two reports back."""
    engine.undo(decision_id, BY)
    return _back(a, b)


def decided(store: Store, a: str, b: str) -> list[DecisionRecord]:
    """What people said of exactly these two reports, and did not take back."""
    return [one for one in store.holding() if one.kind in BETWEEN and sorted(one.articles) == sorted((a, b))]


def _back(a: str, b: str) -> RedirectResponse:
    return RedirectResponse(f"/compare/{quote(a, safe='')}/{quote(b, safe='')}", 303)
