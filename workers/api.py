"""How does the API start in distributed mode? `python -m workers.api --host 127.0.0.1 --port 8420`.

SAMESTORY_HOST says which address reaches it in the end: beyond loopback it starts only where somebody has a
key.
"""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from service import broker, collecting, keys, logs
from service.api import create_app
from service.api.server import Server
from service.api.shared_limits import SharedLimits
from service.errors import SamestoryError, UnsafeBinding
from service.settings import Settings
from workers.engine import RemoteEngine


def create() -> FastAPI:
    """The API over the workers. Raises UnsafeBinding."""
    settings = Settings()
    logs.configure(settings)
    engine = RemoteEngine(settings)
    if not keys.guarded(engine.store):
        engine.close()
        raise UnsafeBinding(f"Host: {settings.host}.")
    broker.check(settings, engine.store.key)
    limits = SharedLimits(settings)
    app = create_app(engine, settings, limits=limits)

    @asynccontextmanager
    async def lifetime(_: object) -> AsyncIterator[None]:
        yield
        await limits.close()
        engine.close()

    app.router.lifespan_context = lifetime
    return app


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description="The API over the workers.")
    parser.add_argument("--host", required=True, help="the address to listen on")
    parser.add_argument("--port", required=True, type=int)
    options = parser.parse_args()
    try:
        app = create()
    except SamestoryError as error:
        raise SystemExit(str(error)) from None
    collecting.seldom()
    server = Server(app)
    server.config.host, server.config.port = options.host, options.port
    server.run()


if __name__ == "__main__":
    main()
