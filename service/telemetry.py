"""What has this process done so far, in numbers? Counters that only grow; who watches asks for them.

A name may carry one label: `stage_seconds_total{stage=prepare}`.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

Snapshot = dict[str, float]


class Telemetry:
    """The counters of one process; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: defaultdict[str, float] = defaultdict(float)

    def add(self, name: str, value: float = 1.0) -> None:
        """Count something."""
        with self._lock:
            self._counts[name] += value

    @contextmanager
    def stage(self, name: str, articles: int) -> Iterator[None]:
        """Time a stage of the work on so many articles; what fails is not counted."""
        began = time.perf_counter()
        yield
        self.add(f"stage_seconds_total{{stage={name}}}", time.perf_counter() - began)
        self.add(f"stage_articles_total{{stage={name}}}", articles)

    def snapshot(self) -> Snapshot:
        """Everything that was counted."""
        with self._lock:
            return dict(self._counts)


telemetry = Telemetry()  # a process has one
