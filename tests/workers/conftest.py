"""What runs for the tests of the workers? One redis-server for all; each makes the processes it needs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fleet import Broker, running_redis

from workers.app import app, configuration


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A real redis-server, which the Celery app of this process talks to as well."""
    with running_redis(tmp_path_factory.mktemp("redis")) as running, pytest.MonkeyPatch.context() as patch:
        for name, value in running.environment.items():
            patch.setenv(name, value)
        app.conf.update(configuration())
        yield running
