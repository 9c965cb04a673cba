"""What did people decide, and what would re-clustering change? Two pages."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from service.api import cursors
from service.api.context import CurrentEngine, CurrentStore
from service.api.listing import Cursor, next_cursor, position
from service.api.paths import StoryId
from service.web.deciding import BY, Ours
from service.web.rendering import render

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

SHOWN = 50
DECISIONS: cursors.Kinds = (int,)
KINDS = {
    "must_link": "Same event",
    "cannot_link": "Not the same event",
    "merge": "Stories merged",
    "split": "Reports split off",
    "move": "Reports moved",
    "represent": "Speaks for its story",
    "ignore_passage": "Passage ignored",
    "ignore_outlet": "Outlet ignored",
}
STATES = {
    "requested": "It waits.",
    "computing": "It is being computed.",
    "ready": "It is ready.",
    "held": "It waits to be applied.",
    "applied": "It is applied.",
    "failed": "It failed.",
}
TRANSITIONS = {
    "emerged": "It began.",
    "joined": "A report joined.",
    "left": "A report left.",
    "merged": "Two stories became one.",
    "split": "It split in two.",
    "renamed": "It got another title.",
    "closed": "It closed.",
}


@router.get("/decisions")
def decisions(request: Request, store: CurrentStore, cursor: Cursor = None) -> HTMLResponse:
    """What people decided, newest first."""
    filters = {"list": "decisions page"}
    page = store.decisions(position(cursor, filters, DECISIONS), SHOWN)
    following = next_cursor(page, filters)
    return render(
        request,
        "decisions.html",
        decisions=page.items,
        kinds=KINDS,
        next_page=following and "/decisions?" + urlencode({"cursor": following}),
    )


@router.post("/decisions/{decision_id:id}/undo")
def undo(decision_id: StoryId, engine: CurrentEngine, _: Ours) -> RedirectResponse:
    """Take a decision back."""
    engine.undo(decision_id, BY)
    return RedirectResponse("/decisions", 303)


@router.get("/reclusters")
def reclusters(request: Request, store: CurrentStore, show: str | None = None) -> HTMLResponse:
    """Re-clusterings that were asked for; of one of them, what it changes."""
    found = store.reclusters()[:SHOWN]
    shown = store.recluster(show) if show else None
    return render(
        request,
        "reclusters.html",
        found=found,
        states=STATES,
        shown=shown,
        most=SHOWN,
        transitions=TRANSITIONS,
    )


@router.post("/reclusters")
def preview(engine: CurrentEngine, _: Ours) -> RedirectResponse:
    """Compute what grouping the window anew would change."""
    made = engine.request_recluster(True)
    return RedirectResponse(f"/reclusters?show={quote(made, safe='')}", 303)


@router.post("/reclusters/{recluster_id:id}/apply")
def apply(recluster_id: StoryId, engine: CurrentEngine, _: Ours) -> RedirectResponse:
    """Do exactly what was shown."""
    engine.apply_recluster(recluster_id)
    return RedirectResponse(f"/reclusters?show={quote(recluster_id, safe='')}", 303)
