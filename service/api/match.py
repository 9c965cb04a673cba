"""Which stories would this text join? Asked of the owner; nothing is stored."""

from __future__ import annotations

from typing import Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request

from service.api import bodies
from service.api.context import CurrentEngine, CurrentSettings, problems_of
from service.api.models.pairs import MatchList
from service.runner import Engine

BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ArticleInput"}}},
    }
}
router = APIRouter(prefix="/v1", tags=["match"], responses=problems_of(403, 408, 413, 415))


@router.post("/match", openapi_extra=BODY)
async def match_article(request: Request, engine: CurrentEngine, settings: CurrentSettings) -> MatchList:
    """Text in, stories out, strongest first."""
    data = await bodies.read_object(request, settings)
    return await run_sync(_match, engine, data)


def _match(engine: Engine, data: bytes) -> MatchList:
    return MatchList.model_validate({"matches": engine.match(bodies.parse_object(data))})
