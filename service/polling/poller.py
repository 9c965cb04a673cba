"""Who polls in the embedded server? A few threads of their own: placing never waits for a slow host."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog

from service.errors import SamestoryError
from service.polling import polling
from service.settings import Settings
from service.store import Store

LOOK_SECONDS = 1.0
POLLERS = 4  # feeds that are polled at once

log = structlog.get_logger()


class Poller:
    """Looks for feeds that are due, and takes their turns. nudge: is told of articles that came in."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        clock: Callable[[], float],
        nudge: Callable[[Sequence[str]], None],
    ) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._nudge = nudge
        self._stopping = threading.Event()
        self._busy: set[str] = set()
        self._pool = ThreadPoolExecutor(POLLERS, "feeds")
        self._thread = threading.Thread(target=self._run, name="feeds", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End; what is being read has the time that an answer has."""
        self._stopping.set()
        self._thread.join()
        self._pool.shutdown(cancel_futures=True)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._look()
            except SamestoryError as error:  # what is due stays due
                log.warning("cannot look for feeds", reason=str(error))
            self._stopping.wait(LOOK_SECONDS)

    def _look(self) -> None:
        for feed_id in polling.due(self._store, self._clock()):
            if feed_id not in self._busy:
                self._busy.add(feed_id)
                self._pool.submit(self._poll, feed_id)

    def _poll(self, feed_id: str) -> None:
        try:
            if not self._stopping.is_set():
                done = polling.turn(self._store, self._settings, feed_id, self._clock, self._stopping.wait)
                if done.articles:
                    self._nudge(done.articles)
        except Exception:
            log.exception("feed not polled", feed=feed_id)
        finally:
            self._busy.discard(feed_id)
