"""Where does a fleet on this machine keep what it needs? One folder in the data directory, made by `up`.

SETTINGS names its servers, so that commands find them; PARTS its processes, so that `down` finds those.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from service.settings import Settings

FOLDER = "fleet"
SETTINGS, PARTS = "settings.json", "parts.json"


def folder_of(settings: Settings) -> Path:
    """The fleet's folder of a data directory."""
    return settings.data.absolute() / FOLDER


def write(path: Path, value: Any) -> None:
    """Put JSON in the place of a file at once: nobody reads half of it."""
    fresh = path.with_suffix(".new")
    fresh.write_bytes(orjson.dumps(value))
    fresh.replace(path)


def parts(settings: Settings) -> Sequence[Mapping[str, Any]]:
    """The processes that were last started: name, pid, command; none where there is no fleet."""
    try:
        found: list[Mapping[str, Any]] = orjson.loads((folder_of(settings) / PARTS).read_bytes())
    except FileNotFoundError:
        return ()
    return found


def with_its_servers(settings: Settings) -> Settings:
    """The settings with the servers of the fleet in this data directory, unless others are named."""
    try:
        found = orjson.loads((folder_of(settings) / SETTINGS).read_bytes())
    except FileNotFoundError:
        return settings
    wanted = {name: value for name, value in found.items() if name not in settings.model_fields_set}
    return Settings(**{**settings.model_dump(include=settings.model_fields_set), **wanted})
