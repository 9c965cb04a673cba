"""What do webhooks call in tests? A real HTTP server on loopback that keeps what it gets."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

CUT = 0  # instead of a status: what came is kept, and the connection is closed without an answer


class Consumer:
    """What a webhook calls: keeps what it was sent, and answers as it is told."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/hook?a=b"
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.always = 204
        self.headers: dict[str, str] = {}
        self.slow = 0.0

    @property
    def changes(self) -> list[dict[str, Any]]:
        """All changes that were sent and accepted."""
        return [change for _, body in self.received for change in orjson.loads(body)["changes"]]


@contextmanager
def consumer() -> Iterator[Consumer]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status = told.answers.pop(0) if told.answers else told.always
            if status < 300:
                told.received.append(({k.lower(): v for k, v in self.headers.items()}, body))
            time.sleep(told.slow)
            if status == CUT:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told = Consumer(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield told
    server.shutdown()
    thread.join()
    server.server_close()
