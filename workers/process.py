"""What does a worker process keep between tasks? It is opened at the first need, and never before a fork.

A process of the prepare pool keeps a store and a sketcher; the owner process keeps the desk with the window.
"""

from __future__ import annotations

import functools
import time

from service import pipeline
from service.desk import Desk
from service.errors import StoreBusy
from service.settings import Settings
from service.sketch.sketch import Sketcher
from service.store import Store
from service.warming import warm_deciding, warm_preparing

RETRY_SECONDS = 1.0


@functools.cache
def settings() -> Settings:
    """The settings, read once."""
    return Settings()


@functools.cache
def store() -> Store:
    """This process's store."""
    return pipeline.open_store(settings())


@functools.cache
def sketcher() -> Sketcher:
    """This process's sketcher."""
    return pipeline.make_sketcher(store())


@functools.cache
def desk() -> Desk:
    """The owner's desk."""
    return Desk(settings())


def become_owner() -> None:
    """Wait for the right to decide, then read the window: a second owner stands by until the first ends."""
    warm_deciding(settings())
    while True:
        try:
            return desk().claim()
        except StoreBusy:
            time.sleep(RETRY_SECONDS)


def resign() -> None:
    """Let the next owner begin at once."""
    if desk.cache_info().currsize:
        desk().close()
        desk.cache_clear()


def warm() -> None:
    """Load what preparing needs before the pool forks: once for all children."""
    warm_preparing(settings())
