"""What holds for all tests? A busy machine is slow at times, and that is no failure. One PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from databases import Postgres, running_postgres
from hypothesis import HealthCheck, settings

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_addoption(parser: pytest.Parser) -> None:
    """How long faults last, and how many there are."""
    parser.addoption("--long", action="store_true", help="faults as long and as many as is promised")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL server, started by the first test that asks for it."""
    with running_postgres() as server:
        yield server
