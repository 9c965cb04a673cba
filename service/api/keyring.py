"""Is this key good, and is one needed? Asked of the store, and remembered for a few seconds.

So a revoked key is worthless within CHECKED_SECONDS everywhere, and busy clients cost the store next to
nothing.
"""

from __future__ import annotations

import time
from hashlib import sha256
from typing import NamedTuple

from anyio.to_thread import run_sync

from service import keys
from service.settings import Settings
from service.store import Store
from service.store.records import KeyRecord

CHECKED_SECONDS = 5.0
MOST = 1000


class _Checked(NamedTuple):
    record: KeyRecord | None
    until: float  # by the monotonic clock


class Keyring:
    """The keys of one application; used within one event loop. trusted: nobody else can ask, so that none is
    needed."""

    def __init__(self, store: Store, settings: Settings, *, trusted: bool = False) -> None:
        self._store = store
        self._trusted = trusted
        self._needed = not settings.local()
        self._look_again = 0.0
        self._checked: dict[bytes, _Checked] = {}

    async def needed(self) -> bool:
        """Whether requests need a key: on an address that others reach, and wherever a key was ever made."""
        if self._trusted:
            return False
        if not self._needed and time.monotonic() >= self._look_again:
            self._needed = await run_sync(keys.some, self._store)
            self._look_again = time.monotonic() + CHECKED_SECONDS
        return self._needed

    async def check(self, key: str) -> KeyRecord | None:
        """What is known of a key; None when it is unknown, expired or revoked. Raises Unavailable."""
        name = sha256(key.encode()).digest()  # the keys themselves do not lie about in memory
        known = self._checked.get(name)
        if known is None or time.monotonic() >= known.until:
            known = await run_sync(self._look_up, key)
            if len(self._checked) >= MOST:
                self._checked.clear()
            self._checked[name] = known
        return known.record

    def _look_up(self, key: str) -> _Checked:
        record = keys.check(self._store, key)
        lasts = CHECKED_SECONDS
        if record is not None and record.expires_at is not None:
            lasts = min(lasts, record.expires_at - self._store.now())
        return _Checked(record, time.monotonic() + lasts)
