"""Whom does a command ask? A running `samestory serve` over HTTP, else the same API inside this process.

Both answer with the same JSON, so a command has one way to read and show it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property, partial
from typing import Any, Protocol

import httpx2
import orjson

from service import logs
from service.client.answers import given, segment, value_of
from service.errors import Unavailable
from service.fleet import with_its_servers
from service.holding import holder_address
from service.keys import for_command
from service.opening import open_store
from service.runner import EmbeddedEngine
from service.settings import Settings

__all__ = ["Door", "open_door", "pages", "segment"]

ANSWER_SECONDS = 60.0
INSIDE = "http://127.0.0.1"


class Door(Protocol):
    """Something that answers the API's requests."""

    @property
    def engine(self) -> EmbeddedEngine | None:
        """The engine of this process; None when another process does the work."""

    def ask(
        self, method: str, path: str, *, params: Mapping[str, Any] | None = None, body: Any = None
    ) -> Any:
        """The answer's JSON, or its bytes where it is something else (None when empty). body: JSON, bytes of
        NDJSON, or bytes with their media type. Raises the SamestoryError that a problem answer stands for."""


class RunningDoor:
    """A running `samestory serve`. make_key: a key for where one is needed."""

    engine = None

    def __init__(self, address: str, client: httpx2.Client, make_key: Callable[[], str]) -> None:
        self.address = address
        self._client = client
        self._make_key = make_key

    def ask(
        self, method: str, path: str, *, params: Mapping[str, Any] | None = None, body: Any = None
    ) -> Any:
        """One request over HTTP; again with a key where it is refused without."""
        answer = self._send(method, path, params, body)
        if answer.status_code == httpx2.codes.UNAUTHORIZED:
            self._client.headers["authorization"] = f"Bearer {self._make_key()}"
            answer = self._send(method, path, params, body)
        return value_of(answer)

    def _send(self, method: str, path: str, params: Mapping[str, Any] | None, body: Any) -> httpx2.Response:
        try:
            return self._client.request(method, path, params=given(params or {}), **_content(body))
        except httpx2.HTTPError as error:
            raise Unavailable(f"Address: {self.address} ({type(error).__name__}).") from None


class InsideDoor:
    """The API over an engine of this process, without a network."""

    def __init__(self, engine: EmbeddedEngine) -> None:
        self.engine: EmbeddedEngine | None = engine

    def ask(
        self, method: str, path: str, *, params: Mapping[str, Any] | None = None, body: Any = None
    ) -> Any:
        """One request, answered by this process."""
        return asyncio.run(self._ask(method, path, given(params or {}), body))

    @cached_property
    def _transport(self) -> httpx2.ASGITransport:
        """The API, loaded with the first question: an import asks none."""
        from service.api import create_app

        assert self.engine is not None  # noqa: S101 __init__ was given one
        return httpx2.ASGITransport(create_app(self.engine, self.engine.settings, trusted=True))

    async def _ask(self, method: str, path: str, params: Mapping[str, Any], body: Any) -> Any:
        async with httpx2.AsyncClient(base_url=INSIDE, transport=self._transport) as client:
            return value_of(await client.request(method, path, params=params, **_content(body)))


@contextmanager
def open_door(settings: Settings) -> Iterator[Door]:
    """The door to a data directory: through its holder when that serves an address, else opened here."""
    logs.configure()
    address = holder_address(settings.data)
    if address:
        with httpx2.Client(base_url=address, timeout=ANSWER_SECONDS, trust_env=False) as client:
            yield RunningDoor(address, client, partial(_key, settings))
        return
    with EmbeddedEngine(settings) as engine:
        yield InsideDoor(engine)


def _key(settings: Settings) -> str:
    """A key for some minutes, written into the store that the running server reads."""
    with open_store(with_its_servers(settings), create=False) as store:
        return for_command(store)


def pages(door: Door, path: str, key: str, params: Mapping[str, Any], limit: int) -> Iterator[Any]:
    """Up to `limit` items of a listing, following its cursors."""
    cursor: str | None = None
    while limit > 0:
        page = door.ask("GET", path, params={**params, "limit": min(limit, 100), "cursor": cursor})
        yield from page[key][:limit]
        limit -= len(page[key])
        cursor = page.get("next")
        if not cursor:
            return


def _content(body: Any) -> dict[str, Any]:
    if body is None:
        return {}
    if isinstance(body, bytes):
        return {"content": body, "headers": {"content-type": "application/x-ndjson"}}
    if isinstance(body, tuple):
        content, media_type = body
        return {"content": content, "headers": {"content-type": media_type}}
    return {"content": orjson.dumps(body), "headers": {"content-type": "application/json"}}
