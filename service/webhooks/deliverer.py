"""Who sends in the embedded server? A few threads of their own: placing never waits for a consumer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog

from service.errors import SamestoryError
from service.settings import Settings
from service.store import Store
from service.webhooks import delivering

LOOK_SECONDS = 0.5
SENDERS = 4  # webhooks that are sent to at once; a slow one holds up one of these

log = structlog.get_logger()


class Deliverer:
    """Looks for webhooks that are due, and takes their turns, one at a time for each."""

    def __init__(self, store: Store, settings: Settings, clock: Callable[[], float]) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._stopping = threading.Event()
        self._busy: set[str] = set()
        self._pool = ThreadPoolExecutor(SENDERS, "webhook")
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End; what is being sent has the time that an answer has."""
        self._stopping.set()
        self._thread.join()
        self._pool.shutdown(cancel_futures=True)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._look()
            except SamestoryError as error:  # what is due stays due
                log.warning("cannot look for webhooks", reason=str(error))
            self._stopping.wait(LOOK_SECONDS)

    def _look(self) -> None:
        for webhook_id in delivering.due(self._store, self._clock()):
            if webhook_id not in self._busy:
                self._busy.add(webhook_id)
                self._pool.submit(self._send, webhook_id)

    def _send(self, webhook_id: str) -> None:
        try:
            while not self._stopping.is_set():
                if not delivering.turn(self._store, self._settings, webhook_id, self._clock()):
                    return
        except Exception:
            log.exception("webhook not sent to", webhook=webhook_id)
        finally:
            self._busy.discard(webhook_id)
