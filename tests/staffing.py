"""What is the fleet whose parts are made to fail? Real processes, two of them odd, and wires to cut."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cutting import Wire
from fleet import BEAT, OWNER, WORKER, Fleet

from workers.engine import RemoteEngine

LEASE_SECONDS = 4.0
KINDS = {"worker": WORKER, "odd": WORKER, "beat": BEAT, "owner": OWNER, "standby": OWNER}
POISON = "arsenic"


@dataclass(frozen=True)
class Staffed:
    """The fleet. The worker `odd` reaches Redis and PostgreSQL by wires, and dies of an article with POISON.

    Its clock, and beat's, is wrong by the seconds in `clock`; while `twice` is there, it sends all twice.
    """

    fleet: Fleet
    to_redis: Wire
    to_postgres: Wire

    @property
    def engine(self) -> RemoteEngine:
        return self.fleet.engine

    @property
    def clock(self) -> Path:
        return self.fleet.folder / "clock"

    @property
    def twice(self) -> Path:
        return self.fleet.folder / "twice"

    @property
    def _oddity(self) -> dict[str, dict[str, str]]:
        store = self.fleet.environment["SAMESTORY_STORE_URL"]
        port = urlsplit(store).port
        wrong = {"ODD_CLOCK": str(self.clock)}
        return {
            "beat": wrong,
            "odd": {
                **wrong,
                "ODD_TWICE": str(self.twice),
                "ODD_POISON": POISON,
                "SAMESTORY_REDIS_URL": f"redis://127.0.0.1:{self.to_redis.port}/0",
                "SAMESTORY_STORE_URL": store.replace(f":{port}/", f":{self.to_postgres.port}/"),
            },
        }

    def start(self, name: str, *, wait: bool = False) -> None:
        """Start a process of this fleet, again if it was there before; its log begins anew."""
        (self.fleet.folder / f"{name}.log").unlink(missing_ok=True)
        self.fleet.start(name, KINDS[name], wait=wait, environment=self._oddity.get(name, {}))

    def complete(self) -> None:
        """Start what is missing."""
        for name in KINDS:
            if name not in self.fleet.processes:
                self.start(name)

    @contextmanager
    def without(self, *names: str) -> Iterator[None]:
        """Without these processes until the block ends."""
        for name in names:
            self.fleet.kill(name)
        yield
        for name in names:
            self.start(name)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """All depends on the worker `odd` until the block ends: the other one sleeps."""
        other = self.fleet.processes["worker"].pid
        os.killpg(other, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(other, signal.SIGCONT)
