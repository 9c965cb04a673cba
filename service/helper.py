"""Who calls other hosts in the embedded server? A few threads of their own: placing waits for none.

Feeds that are polled and webhooks that are sent to are one loop: look for what is due, and take its turns.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import structlog

from service.errors import SamestoryError

log = structlog.get_logger()


class Helper:
    """Looks for what is due, and takes the turns of each, one at a time.

    name: of what is due. due: ids of those whose turn it is. turn: takes one for an id, and says whether it
    may have another at once; is given the event that is set when the server ends. at_once: ids that are
    worked on at once; a slow one holds up one of these.
    """

    def __init__(
        self,
        name: str,
        due: Callable[[], Iterable[str]],
        turn: Callable[[str, threading.Event], bool],
        *,
        look_seconds: float,
        at_once: int = 4,
    ) -> None:
        self._name, self._due, self._turn, self._look_seconds = name, due, turn, look_seconds
        self._stopping = threading.Event()
        self._busy: set[str] = set()
        self._pool = ThreadPoolExecutor(at_once, name)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End; what is being read or sent has the time that an answer has."""
        self._stopping.set()
        self._thread.join()
        self._pool.shutdown(cancel_futures=True)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._look()
            except SamestoryError as error:  # what is due stays due
                log.warning("cannot look for what is due", what=self._name, reason=str(error))
            self._stopping.wait(self._look_seconds)

    def _look(self) -> None:
        for one in self._due():
            if one not in self._busy:
                self._busy.add(one)
                self._pool.submit(self._work, one)

    def _work(self, one: str) -> None:
        try:
            while not self._stopping.is_set() and self._turn(one, self._stopping):
                pass
        except Exception:
            log.exception("turn failed", what=self._name, id=one)
        finally:
            self._busy.discard(one)
