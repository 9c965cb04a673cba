"""Which outlets are one, and whose are they? Counts of outlets and of independent voices depend on it."""

from __future__ import annotations

import time
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Request, Response

from service import pipeline
from service.api import bodies
from service.api.context import CurrentSettings, CurrentStore, problems_of
from service.api.models.outlets import Outlet, OutletList, OutletRequest
from service.store.records import OutletRecord

Name = Annotated[str, Path(max_length=500, description="Outlet as articles name it, percent-encoded.")]
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/OutletRequest"}}},
    }
}
router = APIRouter(prefix="/v1", tags=["outlets"], responses=problems_of())


@router.get("/outlets")
def list_outlets(store: CurrentStore) -> OutletList:
    """What people said of outlets, by name."""
    return OutletList(outlets=[Outlet.model_validate(one) for one in store.outlets()])


@router.put("/outlets/{name:id}", openapi_extra=BODY, responses=problems_of(403, 408, 413, 415))
async def describe_outlet(
    name: Name, request: Request, store: CurrentStore, settings: CurrentSettings
) -> Outlet:
    """Say under which name an outlet counts and who owns it. The stories that it covers are counted anew."""
    data = await bodies.read_object(request, settings)
    said = OutletRecord(name, **bodies.parse_model(data, OutletRequest).model_dump())
    await run_sync(pipeline.describe_outlet, store, said, time.time())
    return Outlet.model_validate(said)


@router.delete("/outlets/{name:id}", status_code=204, responses=problems_of(403, 404))
def forget_outlet(name: Name, store: CurrentStore) -> Response:
    """Take back what was said of an outlet."""
    pipeline.forget_outlet(store, name, time.time())
    return Response(status_code=204)
