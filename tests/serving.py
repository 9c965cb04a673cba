"""How do tests get the real thing? The embedded engine behind uvicorn on a free loopback port."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from fastapi import FastAPI

from service.api import create_app
from service.api.server import Server
from service.cli.serve import bind
from service.runner import EmbeddedEngine
from service.settings import Settings

START_SECONDS = 30.0


@dataclass(frozen=True)
class Served:
    """A running service: its engine, and a client that knows its address."""

    engine: EmbeddedEngine
    client: httpx2.Client
    port: int
    app: FastAPI

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def post_articles(self, articles: Any, wait: float = 20) -> dict[str, Any]:
        """Post and wait until all are placed."""
        answer = self.client.post("/v1/articles", params={"wait": wait}, json=articles)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@contextmanager
def served(directory: Path, *, working: bool = True, **changes: Any) -> Iterator[Served]:
    """Serve a data directory until the block ends; when not `working`, articles come in and stay waiting."""
    settings = Settings(**{"data": directory, "port": 0, "recluster_minutes": 0, **changes})
    with (
        EmbeddedEngine(settings) as engine,
        nullcontext(create_app(engine, settings)) as app,
        listening(app) as port,
    ):
        if working:
            engine.start()
        address = f"http://127.0.0.1:{port}"
        with httpx2.Client(base_url=address, timeout=60, trust_env=False) as client:
            yield Served(engine, client, port, app)


@contextmanager
def listening(app: Any) -> Iterator[int]:
    """The port of loopback at which an application answers."""
    with bind("127.0.0.1", 0) as listener:
        server = Server(app)
        thread = threading.Thread(target=server.run, args=([listener],), name="uvicorn")
        thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()
