"""An open store on each kind of database: a file in a fresh directory, a fresh database of a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import made
from store_making import KEY

from service.opening import open_database
from service.settings import Settings
from service.store import Store


@pytest.fixture(params=["sqlite", "postgresql"])
def given(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings for a place where nothing is stored yet."""
    if request.param == "sqlite":
        yield Settings(data=tmp_path)
        return
    server = request.getfixturevalue("postgres")
    settings = made(server, tmp_path)
    yield settings
    server.drop(str(settings.store_url).rpartition("/")[2])


@pytest.fixture
def store(given: Settings) -> Iterator[Store]:
    """An empty store: what is promised of one holds on every database."""
    with Store(open_database(given), given, KEY) as opened:
        yield opened


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """An empty store in a file, for what only files have."""
    settings = Settings(data=tmp_path)
    with Store(open_database(settings), settings, KEY) as opened:
        yield opened
