"""An open store in a fresh directory; a file is all it needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from store_making import KEY

from service.settings import Settings
from service.store import Store
from service.store.database import FILE_NAME, open_database


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    path = tmp_path / FILE_NAME
    with Store(open_database(path, create=True, busy_seconds=10.0), Settings(data=tmp_path), KEY) as opened:
        yield opened
