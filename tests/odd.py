"""How does a test get a process with something wrong about it? `python odd.py -m celery ...`, by variables.

ODD_CLOCK names a file that says by how many seconds the time of day is wrong; ODD_TWICE one that has every
message put into its queue twice while it is there; ODD_POISON is a word, and an article that has it kills
whoever prepares it.
"""

from __future__ import annotations

import datetime
import os
import runpy
import signal
import sys
import time
from pathlib import Path
from typing import Any


def wrong_clock(file: Path) -> None:
    """All that asks for the time of day is told a wrong one; the monotonic clock stays."""
    right, real = time.time, datetime.datetime

    def offset() -> float:
        return float(file.read_text() or 0)

    class Kind(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, real)

    class Wrong(real, metaclass=Kind):  # type: ignore[misc]
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return real.now(tz) + datetime.timedelta(seconds=offset())

        @classmethod
        def utcnow(cls) -> Any:
            return real.now(datetime.UTC).replace(tzinfo=None) + datetime.timedelta(seconds=offset())

    time.time = lambda: right() + offset()
    datetime.datetime = Wrong  # type: ignore[misc]


def everything_twice(file: Path) -> None:
    """As a broker does whose visibility timeout is too short: the same message, the same delivery tag."""
    from kombu.transport.redis import Channel

    once = Channel._put

    def twice(*given: Any, **named: Any) -> None:
        for _ in range(1 + file.exists()):
            once(*given, **named)

    Channel._put = twice


def poisonous(word: str) -> None:
    """As an article that crashes a library's C code."""
    from service import incoming

    harmless = incoming.prepare_text

    def deadly(article: Any, arrived_at: float) -> Any:
        if word in article.text:
            os.kill(os.getpid(), signal.SIGKILL)
        return harmless(article, arrived_at)

    incoming.prepare_text = deadly


if __name__ == "__main__":
    if "ODD_CLOCK" in os.environ:
        wrong_clock(Path(os.environ["ODD_CLOCK"]))
    if "ODD_TWICE" in os.environ:
        everything_twice(Path(os.environ["ODD_TWICE"]))
    if "ODD_POISON" in os.environ:
        poisonous(os.environ["ODD_POISON"])
    _, _, module, *sys.argv[1:] = sys.argv
    runpy.run_module(module, run_name="__main__", alter_sys=True)
