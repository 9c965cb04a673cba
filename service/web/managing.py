"""What did people decide, what would re-clustering change, how do articles come in by hand? Three pages."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from service import pipeline
from service.api import cursors
from service.api.bodies import Body, parse
from service.api.context import CurrentEngine, CurrentSettings, CurrentStore
from service.api.listing import Cursor, next_cursor, position
from service.api.paths import StoryId
from service.errors import SamestoryError, UnsupportedMedia
from service.incoming import Raw
from service.settings import Settings
from service.store import Store
from service.web.deciding import BY, Ours
from service.web.rendering import render
from service.web.uploads import Upload, read_upload

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
TEXTS = {".txt": "text", ".html": "html", ".htm": "html"}
LINES = (".jsonl", ".ndjson", ".json")
REASONS = 20  # why articles were rejected, written out


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


@router.get("/imports")
def imports(request: Request, store: CurrentStore) -> HTMLResponse:
    """Where a file of articles is sent, and how many articles wait."""
    return _imports(request, store)


@router.post("/imports")
async def bring(request: Request, engine: CurrentEngine, settings: CurrentSettings) -> HTMLResponse:
    """Take the articles of a file in."""
    sent = await read_upload(request, settings)
    raws = _raws(sent, settings)
    receipts = await run_sync(pipeline.submit, engine.store, raws, engine.store.now())
    engine.nudge([one.id for one in receipts if one.id and one.status in ("accepted", "updated")])
    return await run_sync(lambda: _imports(request, engine.store, receipts, sent.name))


def _raws(sent: Upload, settings: Settings) -> list[Raw]:
    """The articles of a file, told by its name. Raises UnsupportedMedia, InvalidInput, TooLarge."""
    name = sent.name.lower()
    if name.endswith(LINES):
        return list(parse(Body(sent.data, not name.endswith(".json")), settings).items)
    field = next((field for suffix, field in TEXTS.items() if name.endswith(suffix)), None)
    if field is None:
        raise UnsupportedMedia("A file is .jsonl, .json, .txt or .html.")
    try:
        return [{"id": sent.name.rpartition(".")[0][:200], field: sent.data.decode("utf-8-sig")}]
    except UnicodeDecodeError as error:
        return [SamestoryError(f"Not UTF-8 at byte {error.start}.")]


def _imports(
    request: Request, store: Store, receipts: list[pipeline.Receipt] | None = None, name: str = ""
) -> HTMLResponse:
    counts = store.counts()
    told = {"accepted": 0, "unchanged": 0, "updated": 0, "rejected": 0}
    for one in receipts or ():
        told[one.status] += 1
    wrong = [(one.index + 1, one.error or "") for one in receipts or () if one.status == "rejected"]
    return render(
        request,
        "imports.html",
        here="/imports",
        name=name,
        told=told if receipts is not None else None,
        wrong=wrong[:REASONS],
        waiting=counts.get("received", 0) + counts.get("prepared", 0),
        placed=counts.get("placed", 0),
    )
