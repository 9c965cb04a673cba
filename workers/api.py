"""How does the API start in distributed mode? `uvicorn --factory workers.api:create`, beside the workers.

It has no keys yet: publish it on a loopback address only, as compose.yaml does.
"""

from __future__ import annotations

from fastapi import FastAPI

from service import logs
from service.api import create_app
from service.settings import Settings
from workers.engine import RemoteEngine


def create() -> FastAPI:
    """The API over the workers."""
    logs.configure()
    settings = Settings()
    return create_app(RemoteEngine(settings), settings)
