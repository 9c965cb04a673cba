"""How does a command follow the log? It asks for what came after the last number it saw, again and again.

Whoever answers, and however often the server is restarted meanwhile, no change is missed or shown twice.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from service.cli.door import Door, open_door
from service.cli.output import say
from service.errors import StoreBusy, Unavailable
from service.settings import Settings

LOOK_SECONDS = 0.5
AWAY_SECONDS = 2.0  # before an absent server is asked again


def follow(settings: Settings, since: int | None) -> Iterator[dict[str, Any]]:
    """Every change after number `since` (None: the newest), without end."""
    away = False
    while True:
        try:
            with open_door(settings) as door:
                away = False
                if since is None:
                    since = _newest(door)
                for change in _changes(door, since):
                    since = change["seq"]
                    yield change
        except (Unavailable, StoreBusy) as error:
            if not away:
                say(f"samestory: {error} Waiting for it.")
            away = True
            time.sleep(AWAY_SECONDS)


def _newest(door: Door) -> int:
    """The number of the newest change."""
    newest: int = door.ask("GET", "/v1/changes", params={"limit": 1})["newest"]
    return newest


def _changes(door: Door, since: int) -> Iterator[dict[str, Any]]:
    """Changes as they come, until whoever answers goes away. Raises Unavailable."""
    while True:
        page = door.ask("GET", "/v1/changes", params={"since": since, "limit": 1000})
        yield from page["changes"]
        if page["next"] == since:
            time.sleep(LOOK_SECONDS if door.engine is None else AWAY_SECONDS)
            if door.engine is not None:
                return  # nobody served: perhaps somebody does now
        since = page["next"]
