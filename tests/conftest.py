"""What holds for all tests? A busy machine is slow at times, and that is no failure. One PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import Postgres, running_postgres
from hypothesis import HealthCheck, settings

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

# A fleet of processes serves all tests of these packages, which take longest: they begin first, and stay
# together when the suite runs in two processes.
FLEETS = ("workers", "faults")


def pytest_addoption(parser: pytest.Parser) -> None:
    """How long faults last, and how many there are."""
    parser.addoption("--long", action="store_true", help="faults as long and as many as is promised")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say which tests one process must run: those of a file, which share its fixtures, or of a fleet."""
    items.sort(key=lambda item: _turn(item.path))
    for item in items:
        package = item.path.parent.name
        item.add_marker(pytest.mark.xdist_group(package if package in FLEETS else str(item.path)))


def _turn(path: Path) -> int:
    package = path.parent.name
    return FLEETS.index(package) if package in FLEETS else len(FLEETS)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL server, started by the first test that asks for it."""
    with running_postgres() as server:
        yield server
