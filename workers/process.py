"""What does a worker process keep between tasks? It is opened at the first need, and never before a fork.

A process of the prepare pool keeps a store and a sketcher; the owner process keeps the desk with the window.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable

import structlog

from service import collecting, pipeline
from service.desk import Desk
from service.errors import SamestoryError
from service.presence import Presence
from service.settings import Settings
from service.sketch.sketch import Sketcher
from service.store import Store
from service.warming import warm_deciding, warm_preparing

LOOK_SECONDS = 0.5  # a standby looks so often at the change log and the lease

log = structlog.get_logger()


@functools.cache
def settings() -> Settings:
    """The settings, read once."""
    return Settings()


@functools.cache
def store() -> Store:
    """This process's store."""
    return pipeline.open_store(settings())


def store_key() -> bytes:
    """What tells installations apart. The store is closed again: a pool forks later."""
    with pipeline.open_store(settings()) as opened:
        return opened.key


@functools.cache
def sketcher() -> Sketcher:
    """This process's sketcher."""
    return pipeline.make_sketcher(store())


@functools.cache
def presence() -> Presence:
    """What says that this process is alive."""
    return Presence(settings())


@functools.cache
def desk() -> Desk:
    """The owner's desk."""
    return Desk(settings())


def become_owner(meanwhile: Callable[[], object]) -> None:
    """Wait for the right to decide: a second owner stands by, its window up to date, until the first ends."""
    collecting.seldom()
    warm_deciding(settings())
    while True:
        try:
            if desk().stand_by():
                return
        except SamestoryError as error:  # the store is away, or slow: so is it for the owner
            log.warning("standing by", reason=str(error))
        meanwhile()
        time.sleep(LOOK_SECONDS)


def resign() -> None:
    """Let the next owner begin at once."""
    if desk.cache_info().currsize:
        desk().close()
        desk.cache_clear()


def warm() -> None:
    """Load what preparing needs before the pool forks: once for all children. A tenth of what preparing took
    was looking for circles among the quarter of a million objects that are loaded here."""
    warm_preparing(settings())
    collecting.seldom()
