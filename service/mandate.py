"""Who may decide? One process at a time: by a lock on the data directory, and by a lease in the store.

A file's store is used on one machine, whose lock ends with its holder. A server's is used from many: there a
thread renews the lease, and the token in every transaction stops an owner that slept through its end.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from contextlib import suppress

import structlog

from service import pipeline
from service.errors import SamestoryError, StoreBusy
from service.holding import Holding
from service.settings import Settings
from service.store import Store

RENEWALS = 3  # in the time that a lease lasts

log = structlog.get_logger()


class Mandate:
    """The right to decide. `token` fences every transaction, None without the right; `on_lost` is called, in
    a thread of its own, when another process has taken it over."""

    def __init__(self, settings: Settings, store: Store, clock: Callable[[], float]) -> None:
        self.token: int | None = None
        self.on_lost: Callable[[], object] = lambda: None
        self._settings = settings
        self._store = store
        self._clock = clock
        self._name = secrets.token_hex(8)
        self._holding: Holding | None = None
        self._renew_at = 0.0
        self._ended = threading.Event()
        self._lost = threading.Event()
        self._renewing: threading.Thread | None = None

    def take(self) -> bool:
        """Take the right to decide, or keep it. True when somebody else may have decided since it was ours.

        Raises StoreBusy.
        """
        now = self._clock()
        if self._holding is None and not self._store.database.shared:
            self._holding = Holding(self._settings.data, self._name)
            self._bury(self._holding.former, now)
        if self._lost.is_set():
            self.token = None
        if self.token is not None and now < self._renew_at:
            return False
        token = pipeline.acquire_lease(self._store, self._name, now)
        if token is None:
            if self.token is not None:
                self.lose()
            raise StoreBusy("Another owner's lease has not ended.")
        taken = token != self.token
        self.token = token
        self._renew_at = now + self._settings.lease_seconds / RENEWALS
        if self._store.database.shared and taken:
            self._keep_renewing(token)
        return taken

    def free(self) -> bool:
        """Whether it is worth while to try: no lease binds. Costs a read."""
        if self.token is not None or not self._store.database.shared:
            return True
        return pipeline.lease_ends(self._store) <= self._store.now()

    def lose(self) -> None:
        """Somebody else has the right now."""
        self.token = None
        self._ended.set()
        self.on_lost()

    def release(self) -> None:
        """Let another process begin at once; if the store is away, when the lease ends."""
        self._ended.set()
        if self.token is not None:
            with suppress(SamestoryError):
                pipeline.release_lease(self._store, self.token)
            self.token = None
        if self._holding is not None:
            self._holding.release()
            self._holding = None

    def announce(self, address: str) -> None:
        """Let commands that look into the data directory know where this process answers."""
        if self._holding is None:  # the right to decide is the server's to give; the address is of here
            self._settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._holding = Holding(self._settings.data, self._name)
        self._holding.announce(address)

    def _bury(self, former: str, now: float) -> None:
        """End the lease of a holder that did not live to do so; the lock proves that its process is gone."""
        token = pipeline.acquire_lease(self._store, former, now) if former else None
        if token is not None:
            pipeline.release_lease(self._store, token)

    def _keep_renewing(self, token: int) -> None:
        self._ended.set()
        self._ended, self._lost = threading.Event(), threading.Event()
        given = (token, self._ended, self._lost)
        self._renewing = threading.Thread(target=self._renew, args=given, name="lease", daemon=True)
        self._renewing.start()

    def _renew(self, token: int, ended: threading.Event, lost: threading.Event) -> None:
        """Renew until the end. A store that is away is no loss: nobody can decide while it is."""
        while not ended.wait(self._settings.lease_seconds / RENEWALS):
            try:
                kept = pipeline.renew_lease(self._store, self._name, token)
            except SamestoryError as error:
                log.warning("lease not renewed", reason=str(error))
                continue
            if not kept and not ended.is_set():
                log.error("another process decides now", token=token)
                lost.set()
                self.on_lost()
                return
