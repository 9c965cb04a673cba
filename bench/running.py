"""How does a measurement get a whole fleet? `samestory up` in a fresh directory, ended with the block."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from service import fleet
from service.settings import Settings

UP = [sys.executable, "-m", "workers.up"]
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Running:
    """A fleet: where its APIs answer, and its settings."""

    doors: list[str]
    settings: Settings

    def processor_seconds(self) -> dict[str, float]:
        """What each kind of process has used so far, its children included."""
        used: dict[str, float] = {}
        for part in fleet.parts(self.settings)[1:]:  # the first is the supervisor, whose children all are
            name = str(part["name"]).partition("-")[0]
            used[name] = used.get(name, 0.0) + sum(map(_used, family(int(part["pid"]))))
        return used


@contextmanager
def place() -> Iterator[Path]:
    """A fresh directory that PostgreSQL's user can reach."""
    with tempfile.TemporaryDirectory(prefix="samestory-bench-") as directory:
        Path(directory).chmod(0o711)
        yield Path(directory)


@contextmanager
def running(given: Mapping[str, str], within: Path | None = None, **copies: int) -> Iterator[Running]:
    """`samestory up` with these settings, and `copies` of the processes that it names.

    `within` is a directory where it may have run before; else a fresh one is made.
    """
    with place() if within is None else nullcontext(within) as directory:
        data = directory / "data"
        said = {"SAMESTORY_DATA": str(data), "SAMESTORY_PORT": "0", "SAMESTORY_RECLUSTER_MINUTES": "0"}
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SAMESTORY_")}
        log = directory / "up.log"
        command = [*UP, *(f"{name}={number}" for name, number in copies.items())]
        with (
            log.open("wb") as out,
            subprocess.Popen(command, env={**environment, **said, **given}, stderr=out) as process,
        ):
            try:
                doors = await_doors(log, process)
                yield Running(doors, fleet.with_its_servers(Settings(data=data)))
            finally:
                process.terminate()
                process.wait(60)


def await_doors(log: Path, process: subprocess.Popen[bytes]) -> list[str]:
    """Where the APIs answer, once `up` says so."""
    while True:
        said = log.read_text()
        if "samestory is at" in said:
            return [word.rstrip("/") for word in said.split() if word.startswith("http://")]
        if process.poll() is not None:
            sys.exit(said)
        time.sleep(0.5)


def family(pid: int) -> list[int]:
    """A process and all its descendants."""
    found = [pid]
    for parent in found:
        try:
            tasks = list(Path(f"/proc/{parent}/task").iterdir())
            found += [int(one) for task in tasks for one in (task / "children").read_text().split()]
        except OSError:
            continue  # it has ended
    return found


def _used(pid: int) -> float:
    """Processor seconds of a process, and of its children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS
