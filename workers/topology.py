"""Which processes make a fleet? One table; compose.yaml and `samestory up` are made from it.

A command's first word is a program of this installation. `{host}`, `{port}` and `{name}` are filled in where
it runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

GRACE_SECONDS = (
    10  # a stop lets running work end for 8 s, then cancels it; the sweep brings back what was cut
)
# Workers tell each other nothing: nobody listens, and it is one thing more to go wrong when Redis restarts.
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat")


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of process. A `server` is somebody else's program, a `job` runs once and must succeed before
    the services start, a `door` is a service that answers over HTTP."""

    name: str
    does: str
    kind: Literal["server", "job", "door", "service"]
    command: tuple[str, ...] = ()
    copies: int = 1
    memory: str = "2g"
    outside: bool = False  # reaches other hosts than the fleet's, or is reached from them


def worker(queues: str, *more: str) -> tuple[str, ...]:
    """The command of a Celery worker."""
    return (
        "celery",
        "--app",
        "workers.app",
        "worker",
        "--queues",
        queues,
        "--hostname",
        "{name}@%h",
        *QUIET,
        *more,
    )


PARTS = (
    Part("postgres", "keeps the store", "server", memory="1g"),
    Part("redis", "carries nudges, questions and answers", "server", memory="512m"),
    Part("migrate", "makes the tables, or brings them up to this version", "job", ("samestory", "migrate")),
    Part(
        "api",
        "takes articles in and answers",
        "door",
        ("python", "-m", "workers.api", "--host", "{host}", "--port", "{port}"),
        copies=2,
        outside=True,
    ),
    Part(
        "worker", "prepares articles", "service", worker("prepare", "--concurrency", "2"), copies=2
    ),
    Part(
        "caller",
        "reads feeds and sends to webhooks: a slow host holds up nobody else",
        "service",
        worker("outside", "--concurrency", "4"),
        memory="4g",
        outside=True,
    ),
    Part(
        "owner",
        "decides: one at a time, the others stand by with the window in memory",
        "service",
        worker("owner", "--pool", "solo", "--concurrency", "1"),
        copies=2,
        memory="4g",
    ),
    Part(
        "beat",
        "sends the sweep every few seconds",
        "service",
        ("celery", "--app", "workers.app", "beat", "--pidfile="),
        memory="512m",
    ),
)  # fmt: skip


def part(name: str) -> Part:
    """The row of this name."""
    return next(one for one in PARTS if one.name == name)
