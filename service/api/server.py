"""What listens on the port? uvicorn, told to let clients of endless streams go when it stops."""

from __future__ import annotations

import socket

import uvicorn

from service.api.streams import Streams


class Server(uvicorn.Server):
    """Ends the event streams first: else a stop would wait for clients that never leave."""

    def __init__(self, config: uvicorn.Config, streams: Streams) -> None:
        super().__init__(config)
        self.streams = streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop in order."""
        self.streams.close()
        await super().shutdown(sockets)
