"""How does the embedded server poll? A helper that takes the turns of feeds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from service.helper import Helper
from service.polling import polling
from service.settings import Settings
from service.store import Store

LOOK_SECONDS = 1.0


def poller(
    store: Store, settings: Settings, clock: Callable[[], float], nudge: Callable[[Sequence[str]], None]
) -> Helper:
    """nudge: is told of articles that came in."""

    def turn(feed_id: str, stopping: threading.Event) -> bool:
        done = polling.turn(store, settings, feed_id, clock, stopping.wait)
        if done.articles:
            nudge(done.articles)
        return False  # one turn brings all that is new

    return Helper("feeds", lambda: polling.due(store, clock()), turn, look_seconds=LOOK_SECONDS)
