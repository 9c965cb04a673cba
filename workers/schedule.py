"""What happens by the clock? One sweep every few seconds: it finds what waits, whatever message was lost.

The owner knows when a re-clustering is due, so a restarted or doubled beat neither skips nor repeats one.
"""

from __future__ import annotations

import time
from typing import Any

from celery.beat import Scheduler

from service.settings import Settings


def beat_schedule(settings: Settings) -> dict[str, Any]:
    """Celery beat's schedule. Of sweeps that pile up while no worker runs, one does something."""
    return {
        "sweep": {
            "task": "samestory.sweep",
            "schedule": settings.sweep_seconds,
            "options": {"queue": "prepare"},
        }
    }


class Metronome(Scheduler):  # type: ignore[misc]
    """Sends every entry once in its interval, by the monotonic clock, and keeps nothing.

    Celery's own goes by the time of day: when that was set back two hours, nothing was sent for two hours.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        self._due: dict[str, float] = {}
        super().__init__(*given, **named)

    def tick(self, *_: Any, **__: Any) -> float:
        """Send what is due; returns the seconds until something is."""
        for name, entry in self.schedule.items():
            if time.monotonic() >= self._due.get(name, 0.0):
                self._due[name] = time.monotonic() + entry.schedule.seconds
                self.apply_entry(entry, producer=self.producer)
        return max(0.0, min(self._due.values()) - time.monotonic())
