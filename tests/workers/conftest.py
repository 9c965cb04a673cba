"""What runs for the tests of the workers? One redis-server for all; each makes the processes it needs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fleet import Broker, broker_of_this_process


@pytest.fixture(scope="package")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A real redis-server, which the Celery app of this process talks to as well."""
    with broker_of_this_process(tmp_path_factory.mktemp("redis")) as running:
        yield running
