"""How does the API start in distributed mode? `uvicorn --factory workers.api:create`, beside the workers.

SAMESTORY_HOST says which address reaches it in the end: beyond loopback it starts only where somebody has a
key.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from service import broker, keys, logs
from service.api import create_app
from service.api.shared_limits import SharedLimits
from service.errors import UnsafeBinding
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
