"""Is so much waiting that no more should be taken? Counted now and then, by whoever asks first.

Far beyond what piles up in any outage that is promised to cost nothing: this keeps a disk from filling up.
"""

from __future__ import annotations

import time

from anyio.to_thread import run_sync

from service.errors import Overloaded
from service.store import Store, queue

COUNTED_SECONDS = 2.0
RETRY_SECONDS = 30.0


class Backlog:
    """The articles of a store that wait; used within one event loop."""

    def __init__(self, store: Store, most: int) -> None:
        self._store = store
        self._most = most
        self._full = False
        self._count_again = 0.0

    async def check(self) -> None:
        """Raises Overloaded where more than `most` wait."""
        if time.monotonic() >= self._count_again:
            self._count_again = time.monotonic() + COUNTED_SECONDS
            self._full = await run_sync(self._is_full)
        if self._full:
            raise Overloaded(f"More than {self._most} articles wait.", retry_seconds=RETRY_SECONDS)

    def _is_full(self) -> bool:
        with self._store.read() as connection:
            return queue.more_wait_than(connection, self._most)
