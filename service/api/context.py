"""What do the routes work with? The engine and settings that `create_app` was given; problems they share.

They are coroutines, though they wait for nothing: FastAPI sends each plain function to a thread, and two such
errands took half of the time of a small request.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request

from service.runner import Engine
from service.settings import Settings
from service.store import Store


async def engine_of(request: Request) -> Engine:
    """The engine behind this application."""
    engine: Engine = request.app.state.engine
    return engine


async def settings_of(request: Request) -> Settings:
    """The settings of this application."""
    settings: Settings = request.app.state.settings
    return settings


async def store_of(request: Request) -> Store:
    """The store, which the routes read directly."""
    engine: Engine = request.app.state.engine
    return engine.store


CurrentEngine = Annotated[Engine, Depends(engine_of)]
CurrentSettings = Annotated[Settings, Depends(settings_of)]
CurrentStore = Annotated[Store, Depends(store_of)]

DESCRIPTIONS = {
    400: "Cannot be read; the detail names the place.",
    401: "Needs a key, or another one.",
    403: "The key lacks the scope, or the request comes from another site's page.",
    404: "Nothing is stored under that id.",
    408: "The body did not arrive in time.",
    409: "Contradicts an earlier request.",
    410: "Was deleted on request.",
    413: "Larger than the limit.",
    415: "Wrong content type, or compressed.",
    421: "Not a host name of this server.",
    422: "A field or parameter is not valid.",
    429: "Too many requests; Retry-After says when to come back.",
    503: "A part that must answer is away, or the disk is full.",
}


def problems_of(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problem documents a route may answer with, for OpenAPI; some any route may."""
    return {
        status: {
            "description": DESCRIPTIONS[status],
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in sorted({400, 401, 403, 421, 422, 429, 503, *statuses})
    }
