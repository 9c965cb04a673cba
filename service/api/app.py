"""How are the doors built? `create_app` joins routes, pages and middleware around a running engine."""

from __future__ import annotations

from typing import Any

from anyio import CapacityLimiter
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.middleware import Middleware

from service import __version__
from service.api import (
    articles,
    changes,
    decisions,
    events,
    exports,
    feeds,
    health,
    match,
    miniflux,
    outlets,
    pairs,
    polled,
    problems,
    reclusters,
    searches,
    stories,
    upkeep,
    webhooks,
)
from service.api.backlog import Backlog
from service.api.conditional import Conditional
from service.api.gate import Gate
from service.api.gathering import Gathering
from service.api.keyring import Keyring
from service.api.limits import Limits, LocalLimits
from service.api.measuring import Measured, Meter
from service.api.models.articles import ArticleInput
from service.api.models.decisions import DecisionRequest, ExportedDecision, UndoRequest
from service.api.models.feeds import FeedRequest
from service.api.models.outlets import OutletRequest
from service.api.models.problem import Problem
from service.api.models.reclusters import ReclusterRequest
from service.api.models.searches import SearchRequest
from service.api.models.upkeep import PruneRequest
from service.api.models.webhooks import WebhookRequest
from service.api.shield import Shield
from service.api.streams import Streams
from service.runner import Engine
from service.settings import Settings
from service.web import pages

# Bodies that the routes read by hand, within limits, and the document of every failure.
HAND_READ = (
    ArticleInput,
    DecisionRequest,
    ExportedDecision,
    FeedRequest,
    OutletRequest,
    Problem,
    PruneRequest,
    ReclusterRequest,
    SearchRequest,
    UndoRequest,
    WebhookRequest,
)
# Each request that waits for its placement holds a thread: of these, so that it holds up nobody else.
WAITERS = 64
DESCRIPTION = """Which of these news reports are about the same event, and how do we know?

Ids in paths are one percent-encoded segment. Lists are read with the `next` cursor of the page before.
Every GET has an ETag. Errors are RFC 9457 problem documents. A POST with an `Idempotency-Key` can be sent
again safely."""


def create_app(
    engine: Engine, settings: Settings, *, limits: Limits | None = None, trusted: bool = False
) -> FastAPI:
    """The ASGI application over a running engine, which stays the caller's to start and to stop.

    limits: where requests are counted, by default in this process. trusted: only this process asks.
    """
    meter = Meter(engine.statistics, engine.telemetry)
    keyring = Keyring(engine.store, settings, trusted=trusted)
    gate = Middleware(Gate, keyring=keyring, limits=limits or LocalLimits(), settings=settings)
    app = FastAPI(
        title="samestory",
        version=__version__,
        description=DESCRIPTION,
        openapi_url="/v1/openapi.json",
        docs_url=None,  # its page would load scripts from another host
        redoc_url=None,
        middleware=[
            Middleware(Shield, allowed_hosts=(*settings.allowed_hosts, settings.host)),
            Middleware(Conditional),
            Middleware(Measured, meter=meter),
            gate,
        ],
    )
    app.state.keyring, app.state.backlog = keyring, Backlog(engine.store, settings.backlog_articles)
    app.state.engine, app.state.settings, app.state.meter = engine, settings, meter
    app.state.gathering = Gathering(engine.submit)
    app.state.waiters = CapacityLimiter(WAITERS)
    app.state.streams = Streams(engine.store, settings.event_streams)
    for door in (
        articles,
        stories,
        exports,
        feeds,
        polled,
        miniflux,
        pairs,
        match,
        changes,
        events,
        webhooks,
        searches,
        decisions,
        reclusters,
        outlets,
        upkeep,
    ):
        app.include_router(door.router)
    app.include_router(health.router)
    pages.install(app)
    problems.install(app)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 document, with the schemas of bodies that are read by hand."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for model in HAND_READ:
            schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas |= schema.pop("$defs", {})
            schemas[model.__name__] = schema
        document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{}, {"key": []}]  # none is needed on loopback before the first is made
        app.openapi_schema = document
    return app.openapi_schema
