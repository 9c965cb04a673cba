"""What is happening right now? The ordered log as server-sent events, for pages and programs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from service.api.context import problems_of
from service.api.cursors import MOST
from service.api.streams import Streams

STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "One event for each change: its number as `id`, the change as JSON in `data`.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}
router = APIRouter(prefix="/v1", tags=["changes"], responses=problems_of())


class EventStream(StreamingResponse):
    """A stream that gives its place back however it ends."""

    media_type = "text/event-stream"

    def __init__(self, streams: Streams, since: int, welcome: Callable[[], Awaitable[bool]]) -> None:
        super().__init__(streams.follow(since, welcome), headers=STREAM_HEADERS)
        self.streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.streams.end()


@router.get("/events", response_class=StreamingResponse, responses=STREAM)
async def follow_changes(
    request: Request,
    since: Annotated[int | None, Query(ge=0, le=MOST, description="The last number seen.")] = None,
    last_event_id: Annotated[
        int | None, Header(ge=0, le=MOST, description="The same, as browsers send it; it counts if both are.")
    ] = None,
) -> EventStream:
    """Changes as they happen, each once, in order. Who comes back says what was seen last and misses nothing.

    Begins with what comes next when nothing is said. The numbers are those of `GET /v1/changes`.
    """
    streams: Streams = request.app.state.streams
    welcome = partial(request.state.gate.still, request.state.visitor)
    begin = await streams.begin(since if last_event_id is None else last_event_id)
    return EventStream(streams, begin, welcome)
