"""A fresh data directory with all that works on it; its promises are checked after every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from rig import Rig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """An empty installation; the store must be sound at the end of every test."""
    made = Rig(tmp_path / "data")
    yield made
    assert made.store.check() == []
    made.store.close()
