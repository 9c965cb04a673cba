"""One running service for all tests of the API; each test brings articles of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from serving import Served, served


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The embedded engine behind real HTTP, with the default limits."""
    with served(tmp_path_factory.mktemp("api")) as running:
        yield running
