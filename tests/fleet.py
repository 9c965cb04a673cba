"""How do tests get real workers? A redis-server and celery processes of their own, on loopback."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import pytest
from kombu import pools
from redis import Redis
from redis.exceptions import RedisError

from service import pipeline
from service.errors import SamestoryError
from service.oneshot import FIXED_KEY
from service.settings import Settings
from workers import asking, turns
from workers.app import app, configuration
from workers.engine import RemoteEngine
from workers.servers import program, redis_configuration
from workers.topology import QUIET

START_SECONDS = 90.0
WORKER = ("worker", "--queues", "prepare", "--concurrency", "2", *QUIET)
CALLER = ("worker", "--queues", "outside", "--concurrency", "2", *QUIET)
OWNER = ("worker", "--queues", "owner", "--pool", "solo", "--concurrency", "1", *QUIET)
BEAT = ("beat", "--pidfile=")


def eventually(holds: Callable[[], bool], seconds: float = START_SECONDS, what: str = "") -> None:
    """Wait until something holds; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what or holds}"
        time.sleep(0.05)


@dataclass
class Broker:
    """A redis-server with a password, which can be killed and started again."""

    port: int
    folder: Path
    password_file: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, as in compose.yaml, and wait until it answers."""
        password = self.password_file.read_text().strip()
        process = subprocess.Popen(
            [program("redis-server"), "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        assert process.stdin is not None
        process.stdin.write(redis_configuration(self.folder, self.port, password))
        process.stdin.close()
        self.process = process
        eventually(lambda: _answers(self), 20, "redis answers")

    def signal(self, number: signal.Signals) -> None:
        """Stop it, let it go on, or kill it."""
        assert self.process is not None
        self.process.send_signal(number)
        if number == signal.SIGKILL:
            self.process.wait()

    @property
    def client(self) -> Redis:
        """A connection of the tests' own."""
        return Redis(port=self.port, password=self.password_file.read_text().strip())

    @property
    def environment(self) -> dict[str, str]:
        """What points a process of ours to it."""
        return {
            "SAMESTORY_REDIS_URL": f"redis://127.0.0.1:{self.port}/0",
            "SAMESTORY_REDIS_PASSWORD_FILE": str(self.password_file),
        }


@contextmanager
def running_redis(folder: Path) -> Iterator[Broker]:
    """A real redis-server, set up as in compose.yaml. It is part of what is tested; without it tests fail."""
    password_file = folder / "redis_password"
    password_file.write_text("a password/with:signs@\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    broker = Broker(port, folder, password_file)
    try:
        broker.start()
        yield broker
    finally:
        if broker.process is not None and broker.process.poll() is None:
            broker.signal(signal.SIGCONT)
            broker.signal(signal.SIGKILL)


@contextmanager
def broker_of_this_process(folder: Path) -> Iterator[Broker]:
    """A redis-server that the Celery app of this process talks to as well, and forgets when it ends."""
    with running_redis(folder) as running, pytest.MonkeyPatch.context() as patch:
        for name, value in running.environment.items():
            patch.setenv(name, value)
        _forget_connections()
        app.conf.update(configuration())
        yield running
        _forget_connections()


def _forget_connections() -> None:
    """Celery and we keep connections for as long as a process lives."""
    pools.reset()
    app._pool = app.amqp._producer_pool = None
    asking.connections.cache_clear()
    turns.redis.cache_clear()


def _answers(broker: Broker) -> bool:
    try:
        return bool(broker.client.ping())
    except RedisError:
        return False


@dataclass
class Fleet:
    """Celery processes over one data directory, and the engine that an API would use beside them."""

    folder: Path
    environment: dict[str, str]
    engine: RemoteEngine
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    made: dict[str, tuple[tuple[str, ...], Mapping[str, str]]] = field(default_factory=dict)

    def start(
        self,
        name: str,
        arguments: tuple[str, ...],
        *,
        wait: bool = True,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> subprocess.Popen[bytes]:
        """Start one celery process; its log is NAME.log. `wait` until it has done its first piece of work.

        Its own `environment` may make it odd, or lead it elsewhere.
        """
        self.made[name] = arguments, environment
        home = self.folder / name
        home.mkdir(exist_ok=True)
        (home / "samestory-alive").unlink(missing_ok=True)
        extra = ("--hostname", f"{name}@test") if arguments[0] == "worker" else ()
        odd = (
            [str(Path(__file__).with_name("odd.py"))]
            if any(key.startswith("ODD_") for key in environment)
            else []
        )
        celery = ["-m", "celery", "--app", "workers.app", *arguments, *extra, "--loglevel", "INFO"]
        own = {"TMPDIR": str(home), "REMAP_SIGTERM": "SIGQUIT", **environment}
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *odd, *celery],
                env={**os.environ, **self.environment, **own},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes[name] = process
        if wait:
            eventually(lambda: self.working(name), what=f"{name} works, see {self.folder}")
        return process

    def working(self, name: str) -> bool:
        """Whether the process has left its mark."""
        assert self.processes[name].poll() is None, (self.folder / f"{name}.log").read_text()[-3000:]
        return (self.folder / name / "samestory-alive").exists()

    def keep(self) -> None:
        """Start again what has ended by itself, as a supervisor does."""
        for name, process in list(self.processes.items()):
            if process.poll() is not None:
                arguments, environment = self.made[name]
                self.start(name, arguments, wait=False, environment=environment)

    def placed(self, ids: Sequence[str], seconds: float) -> bool:
        """Whether all these are placed or rejected in time; meanwhile what ends is started again."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.keep()
            with suppress(SamestoryError):
                if self.engine.wait_placed(ids, 1.0):
                    return True
        return False

    def log(self, name: str) -> str:
        """What a process has said."""
        return (self.folder / f"{name}.log").read_text()

    def kill(self, name: str) -> None:
        """SIGKILL a process with its children."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self, name: str, seconds: float = 10.0) -> bool:
        """SIGTERM, and SIGKILL to what has not ended within `seconds`, as supervisors do; returns whether it
        ended by itself."""
        try:
            self.processes[name].terminate()
            self.processes[name].wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.kill(name)
            return False
        del self.processes[name]
        return True

    def close(self) -> None:
        """End everything."""
        for name in list(self.processes):
            self.kill(name)
        self.engine.close()


@contextmanager
def fleet(
    folder: Path, broker: Broker, *, environment: Mapping[str, str] = MappingProxyType({}), **settings: object
) -> Iterator[Fleet]:
    """An empty store with an engine and no process yet. Changed settings hold for all of them; `environment`
    names a server's database."""
    given = {
        "data": folder / "data",
        "sweep_seconds": 1,
        "stuck_seconds": 2,
        "recluster_minutes": 0,
        **settings,
    }
    said = {f"SAMESTORY_{name.upper()}": str(value) for name, value in given.items()}
    environment = {**said, **broker.environment, **environment}
    broker.client.flushall()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        # The one-shot's hash key, so that both modes propose the same candidates.
        pipeline.open_store(Settings(), key=FIXED_KEY).close()
        made = Fleet(folder, environment, RemoteEngine(Settings()))
        try:
            yield made
        finally:
            made.close()
