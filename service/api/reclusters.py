"""How is the window grouped anew, and what would that change? Requests, differences, applying them."""

from __future__ import annotations

from typing import Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response

from service.api import bodies
from service.api.context import CurrentEngine, CurrentSettings, CurrentStore, problems_of
from service.api.idempotency import IdempotencyKey, remembered, request_digest
from service.api.models.reclusters import Recluster, ReclusterDiff, ReclusterList, ReclusterRequest
from service.api.paths import StoryId as ReclusterId
from service.errors import Conflict
from service.runner import Engine

BODY: dict[str, Any] = {
    "requestBody": {
        "required": False,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ReclusterRequest"}}},
    }
}
router = APIRouter(prefix="/v1", tags=["reclusters"], responses=problems_of())


@router.post(
    "/reclusters", status_code=202, openapi_extra=BODY, responses=problems_of(403, 408, 409, 413, 415)
)
async def request_recluster(
    request: Request,
    response: Response,
    engine: CurrentEngine,
    settings: CurrentSettings,
    idempotency_key: IdempotencyKey = None,
) -> Recluster:
    """Ask for a re-clustering of the window. It is applied when ready; a dry run, and one that would
    move too many articles, is held until `apply`."""
    data = await bodies.read_object(request, settings, optional=True)
    asked = bodies.parse_model(data, ReclusterRequest)
    digest = request_digest(request, data)
    found = await run_sync(_request, engine, asked, idempotency_key, digest)
    response.headers["Location"] = f"/v1/reclusters/{found.id}"
    return found


def _request(engine: Engine, asked: ReclusterRequest, key: str | None, digest: bytes) -> Recluster:
    def request() -> str:
        return engine.request_recluster(asked.dry_run, asked.scope)

    recluster_id = (
        request() if key is None else remembered(engine.store, key, digest, engine.store.now(), request)
    )
    return Recluster.model_validate(engine.store.recluster(recluster_id))


@router.get("/reclusters")
def list_reclusters(store: CurrentStore) -> ReclusterList:
    """Requested re-clusterings, newest first."""
    return ReclusterList(reclusters=[Recluster.model_validate(found) for found in store.reclusters()])


@router.get("/reclusters/{recluster_id:id}", responses=problems_of(404))
def get_recluster(recluster_id: ReclusterId, store: CurrentStore) -> Recluster:
    """How far a re-clustering is."""
    return Recluster.model_validate(store.recluster(recluster_id))


@router.get("/reclusters/{recluster_id:id}/diff", responses=problems_of(404, 409))
def recluster_diff(recluster_id: ReclusterId, store: CurrentStore) -> ReclusterDiff:
    """What applying it changes, or changed. 409 while it is not computed."""
    found = store.recluster(recluster_id)
    if found.diff is None:
        raise Conflict(f"The re-clustering is {found.state}; it has no diff yet.")
    return ReclusterDiff.model_validate({"id": found.id, "state": found.state, "diff": found.diff})


@router.post("/reclusters/{recluster_id:id}/apply", responses=problems_of(403, 404, 409))
def apply_recluster(recluster_id: ReclusterId, engine: CurrentEngine) -> Recluster:
    """Apply a re-clustering that is held: exactly what its diff says, or 409 that says what is different
    now."""
    engine.apply_recluster(recluster_id)
    return Recluster.model_validate(engine.store.recluster(recluster_id))
