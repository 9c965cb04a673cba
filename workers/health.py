"""Is this container working? Judged by work done: each role leaves a mark, and an old mark is a failed check.

`python -m workers.health` is the health check of the worker, owner and beat containers.
"""

from __future__ import annotations

import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

STALE_SECONDS = 90.0  # the sweep gives every role something to do every few seconds


def mark_file() -> Path:
    """The mark of this container, in its own temporary directory."""
    return Path(tempfile.gettempdir()) / "samestory-alive"


def mark() -> None:
    """Something was finished just now; where the disk is full, who looks may think otherwise for a while."""
    with suppress(OSError):
        mark_file().touch()


def alive(now: float) -> bool:
    """Whether something was finished recently."""
    try:
        return now - mark_file().stat().st_mtime < STALE_SECONDS
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    sys.exit(0 if alive(time.time()) else "nothing was finished lately")
