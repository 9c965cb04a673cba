"""How does a reader correct what was grouped, and say what says nothing? By buttons where two reports are
compared, and an undo.

They are plain forms, which work without script; a page of another site cannot send them (`web.forms`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from service.api.context import CurrentEngine, CurrentSettings
from service.api.paths import ArticleId, StoryId
from service.decisions import LEAST_WORDS
from service.store import Store
from service.store.records import DecisionRecord
from service.web.forms import checked

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

BETWEEN = ("must_link", "cannot_link")
BY = "page"
PASSAGE_TEXT = 10_000  # code points, as many as the API takes


async def our_form(request: Request, settings: CurrentSettings) -> Mapping[str, str]:
    """The fields of a form of ours. Raises Forbidden for others."""
    return await checked(request, settings)


Ours = Annotated[Mapping[str, str], Depends(our_form)]


@router.post("/compare/{a:id}/{b:id}/{kind}")
def decide(
    a: ArticleId,
    b: ArticleId,
    kind: Literal["must_link", "cannot_link"],
    engine: CurrentEngine,
    _: Ours,
) -> RedirectResponse:
    """Say that two reports are of one event, or are not; it takes effect at once."""
    engine.decide({"kind": kind, "articles": [a, b], "by": BY})
    return _back(a, b)


@router.post("/compare/{a:id}/{b:id}/undo/{decision_id:id}")
def undo(
    a: ArticleId, b: ArticleId, decision_id: StoryId, engine: CurrentEngine, _: Ours
) -> RedirectResponse:
    """Take a decision about two reports back."""
    engine.undo(decision_id, BY)
    return _back(a, b)


@router.post("/decisions/{kind}")
def ignore(
    kind: Literal["ignore_passage", "ignore_outlet"], engine: CurrentEngine, fields: Ours
) -> RedirectResponse:
    """Say that a passage or an outlet is to be left out of account."""
    what = kind.removeprefix("ignore_")
    engine.decide({"kind": kind, what: fields.get(what, ""), "by": BY})
    return RedirectResponse("/decisions", 303)


def decided(store: Store, a: str, b: str) -> list[DecisionRecord]:
    """What people said of exactly these two reports, and did not take back."""
    return [one for one in store.holding() if one.kind in BETWEEN and sorted(one.articles) == sorted((a, b))]


def outlets(store: Store, a: str, b: str) -> list[str]:
    """The outlets of two reports that may be ignored."""
    return sorted({one.outlet for one in store.articles.several([a, b])} - {""})


def passages(pair: Mapping[str, Any]) -> list[str]:
    """The passages that two reports share and that may be ignored, each once."""
    long = (one["text_a"] for one in pair["passages"] if one["words"] >= LEAST_WORDS)
    return [*dict.fromkeys(text for text in long if len(text) <= PASSAGE_TEXT)]


def _back(a: str, b: str) -> RedirectResponse:
    return RedirectResponse(f"/compare/{quote(a, safe='')}/{quote(b, safe='')}", 303)
