"""How does a fleet run on one machine without containers? `samestory up` runs the table of processes.

What ends is started again, after a growing pause; a stop ends all in order: services, then servers.
PostgreSQL and Redis are started too, unless settings name others.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import structlog

from service import fleet, logs
from service.errors import SamestoryError, Unavailable
from service.holding import Holding
from service.settings import Settings
from workers import servers
from workers.topology import GRACE_SECONDS, PARTS, Part

READY_SECONDS = 180.0  # the first time after an update kernels are compiled
SERVER_SECONDS = 30.0
LOOK_SECONDS = 0.2
LONGEST_PAUSE = 30.0
MODULES = {"celery": "celery", "samestory": "service.cli"}
SUPERVISOR = "supervisor"
SECRETS = ("redis_password", "store_password")

log = structlog.get_logger()


@dataclass
class Process:
    """One process of the table, kept running. `given` is what it reads on standard input."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    folder: Path
    given: bytes = b""
    other: Mapping[str, Any] = field(default_factory=dict)
    stop_signal: int = signal.SIGTERM
    running: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = 0.0

    def start(self) -> None:
        """Start it, its output at the end of its log."""
        home = self.folder / "homes" / self.name
        home.mkdir(parents=True, exist_ok=True)
        (self.folder / "logs").mkdir(exist_ok=True)
        environment = {**os.environ, **self.environment, "TMPDIR": str(home)}
        with (self.folder / "logs" / f"{self.name}.log").open("ab") as out:
            self.running = subprocess.Popen(  # noqa: S603 the table's own commands
                self.command, env=environment, stdin=subprocess.PIPE, stdout=out, stderr=out, cwd="/",
                start_new_session=True, **self.other,
            )  # fmt: skip
        assert self.running.stdin is not None  # noqa: S101 it was asked for
        self.running.stdin.write(self.given)
        self.running.stdin.close()
        self.started = time.monotonic()

    def keep(self) -> bool:
        """Start it again if it has ended and its pause is over. True when it was started."""
        if self.running is not None and self.running.poll() is None:
            return False
        lived = time.monotonic() - self.started
        self.pause = 0.0 if lived > LONGEST_PAUSE else self.pause
        if lived < self.pause:
            return False
        log.warning("started again", part=self.name, code=self.running.returncode if self.running else None)
        self.pause = min(LONGEST_PAUSE, 2 * self.pause + 1)
        self.start()
        return True

    def ask_to_stop(self) -> None:
        """Let it end what it is doing."""
        if self.running is not None and self.running.poll() is None:
            self.running.send_signal(self.stop_signal)

    def end(self, deadline: float) -> None:
        """Wait until then, and kill it with its children if it is still there."""
        if self.running is None:
            return
        try:
            self.running.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("killed", part=self.name)
        kill_group(self.running.pid)
        self.running.wait()


def kill_group(pid: int) -> None:
    """Kill what is left of a process and its children."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


class Fleet:
    """All processes of one data directory."""

    def __init__(self, settings: Settings, copies: Mapping[str, int]) -> None:
        self.settings = settings
        self.folder = fleet.folder_of(settings)
        self.copies = copies
        self.doors: list[str] = []
        self.processes: list[Process] = []
        self._wanted: dict[str, Any] = {}
        self._noted = False
        self._stopping = False

    def stop(self, *_: object) -> None:
        """End in order; a receiver of signals, of which only the first counts."""
        if not self._stopping:
            self._stopping = True
            raise SystemExit(0)

    def run(self, say: Callable[[str], object]) -> None:
        """Start everything, say where it answers, keep it running until told to stop."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if servers.other_user():  # PostgreSQL is another user's, who must get there; nothing can be listed
            self.settings.data.chmod(0o711)
            self.folder.chmod(0o711)
        holding = Holding(self.settings.data)
        down(
            self.settings
        )  # nobody else holds the directory: what still runs was left by one that was killed
        try:
            self._start_servers()
            self._prepare()
            self._start_services()
            self._await_doors()
            holding.announce(self.doors[0])
            say(f"samestory is at {' and '.join(f'{door}/' for door in self.doors)} (stop it with Ctrl+C)")
            while True:
                if not (self._kept() and self._noted):
                    self._note()
                time.sleep(LOOK_SECONDS)
        finally:
            self._stopping = True
            self._stop_all()
            holding.release()

    # Servers

    def _start_servers(self) -> None:
        known = self._known()
        for name in SECRETS:
            self._secret(name)
        if self.settings.store_url is None:
            port = free_port(urlport(known.get("store_url")))
            self._wanted["store_url"] = f"postgresql://{servers.ADMIN}@127.0.0.1:{port}/{servers.ADMIN}"
            self._wanted["store_password_file"] = str(self.folder / "store_password")
            self._start_postgres(port)
        if "redis_url" not in self.settings.model_fields_set:
            port = free_port(urlport(known.get("redis_url")))
            self._wanted["redis_url"] = f"redis://127.0.0.1:{port}/0"
            self._wanted["redis_password_file"] = str(self.folder / "redis_password")
            self._start_redis(port)
        fleet.write(self.folder / fleet.SETTINGS, self._wanted)

    def _known(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = orjson.loads((self.folder / fleet.SETTINGS).read_bytes())
        except FileNotFoundError:
            return {}
        return found

    def _secret(self, name: str) -> str:
        path = self.folder / name
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(32))
        return path.read_text()

    def _start_postgres(self, port: int) -> None:
        cluster = self.folder / "postgres"
        if not (cluster / "PG_VERSION").exists():
            servers.make_cluster(cluster, self._secret("store_password"))
        command = servers.postgres_command(cluster, port)
        other, stop = servers.other_user(), signal.SIGINT  # at once, but in order
        self._add(Process("postgres", command, {}, self.folder, other=other, stop_signal=stop))
        eventually(lambda: self._kept() and self._database_is_there(port), SERVER_SECONDS, "postgres")

    def _database_is_there(self, port: int) -> bool:
        import psycopg

        address = f"postgresql://{servers.ADMIN}@127.0.0.1:{port}/postgres"
        password = self._secret("store_password")
        try:
            with psycopg.connect(
                address, password=password, autocommit=True, connect_timeout=2
            ) as connection:
                query = "SELECT 1 FROM pg_database WHERE datname = %s"
                if connection.execute(query, [servers.ADMIN]).fetchone() is None:
                    connection.execute(f'CREATE DATABASE "{servers.ADMIN}"')
        except psycopg.OperationalError:
            return False
        return True

    def _start_redis(self, port: int) -> None:
        home = self.folder / "redis"
        home.mkdir(mode=0o700, exist_ok=True)
        given = servers.redis_configuration(home, port, self._secret("redis_password"))
        command = [servers.program("redis-server"), "-"]
        self._add(Process("redis", command, {}, self.folder, given=given))
        eventually(lambda: self._kept() and answers(port), SERVER_SECONDS, "redis")

    # Jobs and services

    def _environment(self) -> dict[str, str]:
        said = {f"SAMESTORY_{name.upper()}": str(value) for name, value in self._wanted.items()}
        return {"SAMESTORY_DATA": str(self.settings.data.absolute()), "REMAP_SIGTERM": "SIGQUIT", **said}

    def _prepare(self) -> None:
        for part in PARTS:
            if part.kind == "job":
                command = self._command(part, part.name, 0)
                done = subprocess.run(  # noqa: S603 the table's own command
                    command, env={**os.environ, **self._environment()}, capture_output=True, check=False
                )
                if done.returncode:
                    raise Unavailable(f"{part.name}: {done.stderr.decode(errors='replace').strip()}")

    def _start_services(self) -> None:
        for part in PARTS:
            if part.kind not in ("service", "door"):
                continue
            copies = self.copies.get(part.name, part.copies)
            for number in range(copies):
                name = f"{part.name}-{number + 1}" if copies > 1 else part.name
                port = 0
                if part.kind == "door":
                    port = free_port(self.settings.port + number if self.settings.port else 0)
                    self.doors.append(f"http://127.0.0.1:{port}")
                command = self._command(part, name, port)
                self._add(Process(name, command, self._environment(), self.folder))
        self._note()

    def _command(self, part: Part, name: str, port: int) -> list[str]:
        program, *words = part.command
        filled = [word.format(host="127.0.0.1", port=port, name=name) for word in words]
        module = [] if program == "python" else ["-m", MODULES[program]]
        return [sys.executable, *module, *filled]

    def _add(self, process: Process) -> None:
        process.start()
        self.processes.append(process)

    def _await_doors(self) -> None:
        for door in self.doors:
            port = int(door.rpartition(":")[2])
            eventually(partial(answers, port), READY_SECONDS, door)

    def _kept(self) -> bool:
        """Start again what has ended. False when there was something."""
        return not [process.name for process in self.processes if process.keep()]

    def _note(self) -> None:
        """Write down which processes there are, the supervisor first; where the disk is full, later."""
        running = [(p.name, p.running.pid, p.stop_signal) for p in self.processes if p.running]
        noted = [(SUPERVISOR, os.getpid(), signal.SIGTERM), *running]
        parts = [{"name": name, "pid": pid, "born": born(pid), "signal": how} for name, pid, how in noted]
        try:
            fleet.write(self.folder / fleet.PARTS, parts)
            self._noted = True
        except OSError as error:
            self._noted = False
            log.warning("parts not noted", reason=error.strerror)

    def _stop_all(self) -> None:
        services = [process for process in self.processes if process.name not in ("postgres", "redis")]
        for group in (services, [process for process in self.processes if process not in services]):
            for process in group:
                process.ask_to_stop()
            deadline = time.monotonic() + GRACE_SECONDS
            for process in group:
                process.end(deadline)
        (self.folder / fleet.PARTS).unlink(missing_ok=True)


def eventually(holds: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until something holds. Raises Unavailable."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise Unavailable(f"{what} does not answer; its log is in the fleet's folder.")
        time.sleep(LOOK_SECONDS)


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def free_port(wanted: int = 0) -> int:
    """That port if nobody has it, else any free one."""
    for port in (wanted, 0):
        with socket.socket() as trying:
            trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trying.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = trying.getsockname()[1]
            return found
    raise Unavailable("No port is free.")


def urlport(url: str | None) -> int:
    """The port of an address, 0 where there is none."""
    return int(url.rpartition(":")[2].partition("/")[0]) if url else 0


def born(pid: int) -> str:
    """When a process began, as `ps` says it: with its number, what it is known by. Empty when it is gone."""
    command = ["ps", "-o", "lstart=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603


def left_over(settings: Settings) -> list[Mapping[str, Any]]:
    """Processes of the fleet that was noted last, as far as they still run."""
    return [part for part in fleet.parts(settings) if part["born"] and born(part["pid"]) == part["born"]]


def down(settings: Settings) -> int:
    """End the fleet of this data directory, or what a killed one left. Returns how many processes ran."""
    found = left_over(settings)
    led = [part for part in found if part["name"] == SUPERVISOR]
    for part in led or found:  # the supervisor ends the others
        os.kill(part["pid"], part["signal"])
    deadline = time.monotonic() + (3 if led else 1) * GRACE_SECONDS
    while (left := left_over(settings)) and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
    for part in left:
        kill_group(part["pid"])
    return len(found)


def main() -> None:
    """`python -m workers.up NAME=COPIES ...`, or `down`; settings come from the environment."""
    settings = Settings()
    logs.configure(settings)
    if sys.argv[1:] == ["down"]:
        sys.stderr.write(f"{down(settings)} processes are ended.\n")
        return
    given = dict(word.split("=") for word in sys.argv[1:])
    running = Fleet(settings, {name: int(number) for name, number in given.items()})
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, running.stop)
    try:
        running.run(lambda line: sys.stderr.write(f"{line}\n"))
    except SamestoryError as error:
        sys.stderr.write(f"samestory: {error}\n")
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
