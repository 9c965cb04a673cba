"""What runs for the tests of faults? One fleet of real processes for all of them, with wires that can be cut.

Every test leaves it as it found it: two that prepare, an owner with a standby, beat, on PostgreSQL and Redis.
`python -m pytest tests/faults --long --timeout=900` makes the faults as long and as many as is promised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from cutting import wire_to
from databases import FAST, Postgres, running_postgres
from fleet import Broker, broker_of_this_process, eventually, fleet
from sending import Sender
from serving import listening
from staffing import KINDS, LEASE_SECONDS, Staffed

from service.api import create_app


@pytest.fixture(scope="package")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A real redis-server."""
    with broker_of_this_process(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture(scope="package")
def postgres() -> Iterator[Postgres]:
    """A server of this package's own, which keeps what it has committed when it crashes."""
    with running_postgres(
        [setting for setting in FAST if not setting.startswith("synchronous_commit")]
    ) as server:
        yield server


@pytest.fixture(scope="package")
def staffed(
    tmp_path_factory: pytest.TempPathFactory, broker: Broker, postgres: Postgres
) -> Iterator[Staffed]:
    """The fleet, once all of it works."""
    environment = postgres.environment(postgres.fresh(like="template1"))
    folder = tmp_path_factory.mktemp("fleet")
    with (
        fleet(folder, broker, environment=environment, lease_seconds=LEASE_SECONDS) as made,
        wire_to(broker.port) as to_redis,
        wire_to(postgres.port) as to_postgres,
    ):
        staff = Staffed(made, to_redis, to_postgres)
        staff.clock.write_text("0")
        for name in KINDS:
            staff.start(name)
        eventually(lambda: all(map(made.working, made.processes)), what="all work")
        yield staff


@pytest.fixture
def sender(staffed: Staffed) -> Iterator[Sender]:
    """Sends to an API over this fleet; in the end everything must be placed once, and the store sound."""
    staffed.complete()  # a test that failed may have left it short of hands
    with listening(create_app(staffed.engine, staffed.engine.settings)) as port:
        sending = Sender(f"http://127.0.0.1:{port}")
        yield sending
        sending.stop()  # while somebody answers
    sending.check(staffed.fleet)


@pytest.fixture
def long(pytestconfig: pytest.Config) -> Callable[[float, float], float]:
    """Chooses between a short figure and the promised one."""
    promised = bool(pytestconfig.getoption("--long"))
    return lambda short, whole: whole if promised else short
