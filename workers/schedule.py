"""What happens by the clock? One sweep every few seconds: it finds what waits, whatever message was lost.

The owner knows when a re-clustering is due, so a restarted or doubled beat neither skips nor repeats one.
"""

from __future__ import annotations

from typing import Any

from service.settings import Settings


def beat_schedule(settings: Settings) -> dict[str, Any]:
    """Celery beat's schedule. Sweeps pile up while no worker runs; each costs a few milliseconds."""
    return {
        "sweep": {
            "task": "samestory.sweep",
            "schedule": settings.sweep_seconds,
            "options": {"queue": "prepare"},
        }
    }
