"""What listens on the port? uvicorn, with the time limits that it lacks: for headers, and for a stop."""

from __future__ import annotations

import asyncio
import socket

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

CONNECTIONS = 200  # open at once; more are told to come back, so that slow clients cannot hold the server
IDLE_SECONDS = 10  # a connection without a request stays open so long
GRACE_SECONDS = 8  # a stop waits so long for answers under way; supervisors allow ten


class Server(uvicorn.Server):
    """Serves our application, wherever it runs. A stop ends the event streams first: else it would wait for
    clients that never leave."""

    def __init__(self, app: FastAPI) -> None:
        self._streams = app.state.streams
        super().__init__(_Config(app))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop in order."""
        self._streams.close()
        await super().shutdown(sockets)


class _Config(uvicorn.Config):
    def __init__(self, app: FastAPI) -> None:
        super().__init__(
            app,
            http=_Hurried,
            ws="none",
            loop="asyncio",
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=CONNECTIONS,
            timeout_keep_alive=IDLE_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        self.header_seconds: float = app.state.settings.header_seconds


class _Hurried(H11Protocol):
    """Closes a connection whose next request's headers do not come in time: uvicorn waits for ever once the
    first byte is there, or before."""

    config: _Config
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self._await_headers()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._cancel()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.conn.their_state is h11.IDLE:
            self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel()
        super().connection_lost(exc)

    def _await_headers(self) -> None:
        self._cancel()
        self._deadline = self.loop.call_later(self.config.header_seconds, self.transport.close)

    def _cancel(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
