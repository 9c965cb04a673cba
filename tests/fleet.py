"""How do tests get real workers? A redis-server and celery processes of their own, on loopback."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import pytest
from redis import Redis
from redis.exceptions import RedisError

from service import pipeline
from service.oneshot import FIXED_KEY
from service.settings import Settings
from workers.engine import RemoteEngine

START_SECONDS = 90.0
WORKER = ("worker", "--queues", "prepare", "--concurrency", "2")
OWNER = ("worker", "--queues", "owner", "--pool", "solo", "--concurrency", "1")
BEAT = ("beat", "--pidfile=")


def eventually(holds: Callable[[], bool], seconds: float = START_SECONDS, what: str = "") -> None:
    """Wait until something holds; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what or holds}"
        time.sleep(0.05)


@dataclass(frozen=True)
class Broker:
    """A redis-server with a password."""

    process: subprocess.Popen[bytes]
    port: int
    password_file: Path

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
    server = shutil.which("redis-server")
    if server is None:
        pytest.fail("redis-server is missing: scripts/test installs it, or apt-get install redis-server")
    password_file = folder / "redis_password"
    password_file.write_text("a password/with:signs@\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    lines = (
        f"port {port}",
        "bind 127.0.0.1",
        "appendonly yes",
        "maxmemory-policy noeviction",
        f"dir {folder}",
    )
    config = "\n".join((*lines, f'requirepass "{password_file.read_text().strip()}"')).encode()
    with subprocess.Popen([server, "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        assert process.stdin is not None
        process.stdin.write(config)
        process.stdin.close()
        broker = Broker(process, port, password_file)
        try:
            eventually(lambda: _answers(broker), 20, "redis answers")
            yield broker
        finally:
            process.send_signal(signal.SIGCONT)
            process.kill()


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

    def start(self, name: str, arguments: tuple[str, ...], *, wait: bool = True) -> subprocess.Popen[bytes]:
        """Start one celery process; its log is NAME.log. `wait` until it has done its first piece of work."""
        home = self.folder / name
        home.mkdir(exist_ok=True)
        (home / "samestory-alive").unlink(missing_ok=True)
        extra = ("--hostname", f"{name}@test") if arguments[0] == "worker" else ()
        command = [
            sys.executable,
            "-m",
            "celery",
            "--app",
            "workers.app",
            *arguments,
            *extra,
            "--loglevel",
            "INFO",
        ]
        environment = {**os.environ, **self.environment, "TMPDIR": str(home), "REMAP_SIGTERM": "SIGQUIT"}
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        self.processes[name] = process
        if wait:
            eventually(lambda: self.working(name), what=f"{name} works, see {self.folder}")
        return process

    def working(self, name: str) -> bool:
        """Whether the process has left its mark."""
        assert self.processes[name].poll() is None, (self.folder / f"{name}.log").read_text()[-3000:]
        return (self.folder / name / "samestory-alive").exists()

    def kill(self, name: str) -> None:
        """SIGKILL a process with its children."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

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
