"""What do people decide about stories? Made, listed, taken back; they outrank the algorithm until undone."""

from __future__ import annotations

import time
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request, Response

from service.api import bodies, cursors
from service.api.context import CurrentEngine, CurrentSettings, CurrentStore, problems_of
from service.api.idempotency import IdempotencyKey, remembered, request_digest
from service.api.listing import Cursor, next_cursor, position, unix
from service.api.models.decisions import (
    Decision,
    DecisionList,
    DecisionRequest,
    Drift,
    ExportedDecision,
    UndoRequest,
)
from service.api.paths import StoryId as DecisionId
from service.drift import drift
from service.runner import Engine

LIST = {"list": "decisions"}
POSITION: cursors.Kinds = (int,)
router = APIRouter(prefix="/v1", tags=["decisions"], responses=problems_of())


def _body(model: str, *, required: bool = True) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{model}"}
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}}


@router.post(
    "/decisions",
    status_code=201,
    openapi_extra=_body("DecisionRequest"),
    responses=problems_of(403, 404, 408, 409, 410, 413, 415),
)
async def decide(
    request: Request,
    response: Response,
    engine: CurrentEngine,
    settings: CurrentSettings,
    idempotency_key: IdempotencyKey = None,
) -> Decision:
    """Decide. It takes effect at once. 409 with the chain where it contradicts what was decided earlier."""
    data = await bodies.read_object(request, settings)
    wish = bodies.parse_model(data, DecisionRequest).model_dump()
    made = await run_sync(_decide, engine, wish, idempotency_key, request_digest(request, data))
    response.headers["Location"] = f"/v1/decisions/{made.id}"
    return made


def _decide(engine: Engine, wish: dict[str, Any], key: str | None, digest: bytes) -> Decision:
    def act() -> str:
        return engine.decide(wish)

    decision_id = act() if key is None else remembered(engine.store, key, digest, time.time(), act)
    return _shown(engine, decision_id)


def _shown(engine: Engine, decision_id: str) -> Decision:
    return Decision.model_validate(engine.store.decision(decision_id))


@router.get("/decisions")
def list_decisions(
    store: CurrentStore, cursor: Cursor = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> DecisionList:
    """Decisions, newest first, undone ones too."""
    page = store.decisions(position(cursor, LIST, POSITION), limit)
    found = [Decision.model_validate(made) for made in page.items]
    return DecisionList(decisions=found, next=next_cursor(page, LIST))


@router.get("/drift")
def report_drift(store: CurrentStore) -> Drift:
    """How often people corrected the algorithm, by the kind of evidence that had led it astray."""
    return Drift.model_validate(drift(store))


@router.get("/decisions/{decision_id:id}", responses=problems_of(404))
def get_decision(decision_id: DecisionId, store: CurrentStore) -> Decision:
    """One decision, with what it changed."""
    return Decision.model_validate(store.decision(decision_id))


@router.put(
    "/decisions/{decision_id:id}",
    openapi_extra=_body("ExportedDecision"),
    responses=problems_of(403, 404, 408, 409, 413, 415),
)
async def adopt_decision(
    decision_id: DecisionId, request: Request, engine: CurrentEngine, settings: CurrentSettings
) -> Decision:
    """Make a decision that was exported, under its id; doing it twice changes nothing."""
    data = await bodies.read_object(request, settings)
    given = bodies.parse_model(data, ExportedDecision)
    exported = {**given.model_dump(), "at": unix(given.at), "id": decision_id}
    await run_sync(engine.adopt, exported)
    return await run_sync(_shown, engine, decision_id)


@router.post(
    "/decisions/{decision_id:id}/undo",
    openapi_extra=_body("UndoRequest", required=False),
    responses=problems_of(403, 404, 408, 409, 413, 415),
)
async def undo_decision(
    decision_id: DecisionId, request: Request, engine: CurrentEngine, settings: CurrentSettings
) -> Decision:
    """Take a decision back, with all it did."""
    data = await bodies.read_object(request, settings, optional=True)
    await run_sync(engine.undo, decision_id, bodies.parse_model(data, UndoRequest).by)
    return await run_sync(_shown, engine, decision_id)
