"""How does the embedded server send to webhooks? A helper that takes their turns."""

from __future__ import annotations

import threading
from collections.abc import Callable

from service.helper import Helper
from service.settings import Settings
from service.store import Store
from service.webhooks import delivering

LOOK_SECONDS = 0.5


def deliverer(store: Store, settings: Settings, clock: Callable[[], float]) -> Helper:
    """A webhook has turns until it has been sent everything."""

    def turn(webhook_id: str, _: threading.Event) -> bool:
        return delivering.turn(store, settings, webhook_id, clock())

    return Helper("webhooks", lambda: delivering.due(store, clock()), turn, look_seconds=LOOK_SECONDS)
