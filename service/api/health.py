"""Is the process alive, is work being done, and in what numbers? Three answers for machines that watch."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from service.api.context import CurrentEngine
from service.api.measuring import CONTENT_TYPE, Meter
from service.api.models.upkeep import Health, Readiness

router = APIRouter(tags=["health"])


@router.get("/healthz")
def healthz() -> Health:
    """The process answers; says nothing about its work."""
    return Health()


@router.get("/readyz", responses={503: {"model": Readiness, "description": "Work is not being done."}})
def readyz(request: Request, engine: CurrentEngine, response: Response) -> Readiness:
    """Whether articles that arrive now get placed; judged by work done, not by connections held. Details are
    for those who may read."""
    ready, details = engine.ready()
    if not ready:
        response.status_code = 503
        response.headers["Retry-After"] = "2"
    return Readiness(ready=ready, details=details if request.state.visitor.may("read") else {})


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(request: Request) -> Response:
    """Prometheus' text format."""
    meter: Meter = request.app.state.meter
    return Response(meter.exposition(), media_type=CONTENT_TYPE)
