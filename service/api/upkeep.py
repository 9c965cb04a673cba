"""What is let go for good? Articles by age and by number; their stories keep their lineage."""

from __future__ import annotations

from typing import Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request

from service.api import bodies
from service.api.context import CurrentEngine, CurrentSettings, problems_of
from service.api.models.upkeep import Pruned, PruneRequest

BODY: dict[str, Any] = {
    "requestBody": {
        "required": False,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/PruneRequest"}}},
    }
}
router = APIRouter(prefix="/v1", tags=["upkeep"], responses=problems_of(403, 408, 413, 415))


@router.post("/prune", openapi_extra=BODY)
async def prune(request: Request, engine: CurrentEngine, settings: CurrentSettings) -> Pruned:
    """Delete articles that are too old or too many: they answer 410, their stories' ids go on to resolve."""
    data = await bodies.read_object(request, settings, optional=True)
    asked = bodies.parse_model(data, PruneRequest)
    days = settings.retain_days if asked.days is None else asked.days
    most = settings.retain_articles if asked.articles is None else asked.articles
    return Pruned(deleted=await run_sync(engine.retire, days, most))
