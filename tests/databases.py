"""How do tests get a real PostgreSQL? One server of their own, and a fresh database for each test."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from service.settings import Settings
from service.store.migrating import migrate
from service.store.postgres import Limits, PostgresDatabase, open_postgres
from workers.servers import ADMIN, make_cluster, other_user, postgres_command

LIMITS = Limits(busy_seconds=10.0, statement_seconds=30.0, silent_seconds=15.0, connections=10)
PASSWORD = "a password/with:signs@"  # noqa: S105
READY = "ready"  # the database that others are copied from: today's schema, nothing in it
# What is tested here is our code; a test of a crash asks for safety itself.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=64MB")


def free_port() -> int:
    """A port that nobody has just now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@dataclass
class Postgres:
    """A server with a password."""

    folder: Path
    port: int
    settings: Sequence[str]
    process: subprocess.Popen[bytes]
    _names: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def password_file(self) -> Path:
        """Where processes of ours find the password."""
        return self.folder / "password"

    def url(self, name: str) -> str:
        """The address of a database, without the password."""
        return f"postgresql://{ADMIN}@127.0.0.1:{self.port}/{name}"

    def run(self, statement: str, name: str = "postgres") -> list[Any]:
        """Run a statement as the administrator; returns its rows."""
        with psycopg.connect(self.url(name), password=PASSWORD, autocommit=True) as connection:
            found = connection.execute(statement)  # type: ignore[call-overload]
            return found.fetchall() if found.description else []

    def fresh(self, *, like: str = READY) -> str:
        """The name of a new database, made like another one."""
        name = f"test{next(self._names)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {like} STRATEGY file_copy")
        return name

    def drop(self, name: str) -> None:
        """Away with a database, whoever is connected."""
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def open(self, name: str, limits: Limits = LIMITS) -> PostgresDatabase:
        """A database, opened as the store does, with no look at its schema."""
        return open_postgres(make_url(self.url(name)).set(password=PASSWORD), limits)

    def environment(self, name: str) -> dict[str, str]:
        """What points a process of ours to a database."""
        return {
            "SAMESTORY_STORE_URL": self.url(name),
            "SAMESTORY_STORE_PASSWORD_FILE": str(self.password_file),
        }

    def given(self, name: str) -> dict[str, Any]:
        """The same as settings."""
        return {"store_url": self.url(name), "store_password_file": self.password_file}

    def start(self) -> None:
        """Run the server, again if it was stopped."""
        self.process = _start(self.folder, self.port, self.settings)

    @contextmanager
    def little_room(self) -> Iterator[None]:
        """Its tables can grow little until the block ends: a server says then what it says of a full disk.
        Its write-ahead log, without which it ends, has files of 16 MiB."""
        sizes = [file.stat().st_size for file in (self.folder / "cluster" / "base").glob("*/*")]
        self._limit(str(max(16 << 20, *sizes)))
        try:
            yield
        finally:
            self._limit("unlimited")
            if self.process.poll() is not None:  # without room for its log it may have ended
                self.start()

    def _limit(self, size: str) -> None:
        """Bound the files of the server and of all its processes, those to come included; as their user, who
        alone may where root is not quite root."""
        pid = self.process.pid
        for one in (str(pid), *Path(f"/proc/{pid}/task/{pid}/children").read_text().split()):
            command = ["prlimit", f"--pid={one}", f"--fsize={size}:"]
            done = subprocess.run(command, capture_output=True, text=True, check=False, **other_user())
            assert not done.returncode or "No such process" in done.stderr, done.stderr  # a client left

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End the server: SIGINT at once but in order, SIGQUIT as in a crash."""
        self.process.send_signal(how)
        self.process.wait(30)


def _start(folder: Path, port: int, settings: Sequence[str]) -> subprocess.Popen[bytes]:
    command = postgres_command(folder / "cluster", port, settings)
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **other_user())
    deadline = time.monotonic() + 30
    while True:
        try:
            url = f"postgresql://{ADMIN}@127.0.0.1:{port}/postgres"
            with psycopg.connect(url, password=PASSWORD, connect_timeout=2):
                return process
        except psycopg.OperationalError:
            assert process.poll() is None, (folder / "log").read_text()[-2000:]
            assert time.monotonic() < deadline, "PostgreSQL does not answer"
            time.sleep(0.05)


@contextmanager
def running_postgres(settings: Sequence[str] = FAST) -> Iterator[Postgres]:
    """A real server in a folder that its user can reach, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="samestory-postgres-"))
    folder.chmod(0o711)
    (folder / "password").write_text(f"{PASSWORD}\n")
    (folder / "password").chmod(0o600)
    make_cluster(folder / "cluster", PASSWORD)
    port = free_port()
    server = Postgres(folder, port, settings, _start(folder, port, settings))
    try:
        server.run(f"CREATE DATABASE {READY}")
        database = server.open(READY)
        migrate(database, older=False)
        database.close()
        yield server
    finally:
        if server.process.poll() is None:
            server.process.send_signal(signal.SIGCONT)
            server.stop(signal.SIGQUIT)
        shutil.rmtree(folder, ignore_errors=True)


def made(server: Postgres, folder: Path, **changes: Any) -> Settings:
    """Settings for a fresh database of a server."""
    return Settings(data=folder, **server.given(server.fresh()), **changes)


def is_root() -> bool:
    """Whether the tests run as root."""
    return os.geteuid() == 0
