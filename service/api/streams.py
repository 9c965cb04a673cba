"""Who follows the log live? One watcher reads it for all; each stream sends from where its client was.

A stream's place is a number of the log, so that nothing is missed or sent twice, whoever was away meanwhile.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

import structlog
from anyio.to_thread import run_sync

from service.api.models.changes import Change
from service.errors import Unavailable
from service.store import Store
from service.store.records import ChangeRecord

LOOK_SECONDS = 0.25  # between looks at the log
HEARTBEAT_SECONDS = 15.0  # proxies cut what is silent for a minute
BATCH = 500
KEPT = 2000  # changes kept at hand for the streams that are up to date
AWAY_MILLISECONDS = 2000  # after which a client that lost the stream comes back

log = structlog.get_logger()


class Event(NamedTuple):
    """A change as it is sent."""

    seq: int
    text: bytes


class Streams:
    """The streams of one application, at most so many; used within one event loop."""

    def __init__(self, store: Store, most: int) -> None:
        self._store = store
        self._most = most
        self._open = 0
        self._closed = False
        self._recent: deque[Event] = deque(maxlen=KEPT)
        self._newest = 0
        self._news = asyncio.Event()
        self._watcher: asyncio.Task[None] | None = None

    async def begin(self, since: int | None) -> int:
        """Take a place among the streams; returns where it begins, by default behind the newest change.

        Raises Unavailable when there are too many. Who took a place gives it back with `end`.
        """
        if self._closed or self._open >= self._most:
            raise Unavailable(f"At most {self._most} clients follow the changes at once.")
        self._open += 1
        try:
            newest = await run_sync(self._store.last_change)
        except BaseException:
            self.end()
            raise
        if self._watcher is None or self._watcher.done():
            self._recent.clear()
            self._newest = newest
            self._watcher = asyncio.create_task(self._watch())
        return newest if since is None else since

    def end(self) -> None:
        """Give a place back; the last one to go ends the watcher."""
        self._open -= 1
        if not self._open and self._watcher is not None:
            self._watcher.cancel()
            self._watcher = None

    def close(self) -> None:
        """End all streams: their clients come back to the next server."""
        self._closed = True
        self._wake()

    async def follow(self, since: int, welcome: Callable[[], Awaitable[bool]]) -> AsyncIterator[bytes]:
        """The changes after `since` as they come, as server-sent events; comments when there are none. Ends
        when the client is not `welcome` any more."""
        yield b"retry: %d\nid: %d\n\n" % (AWAY_MILLISECONDS, since)
        while not self._closed and await welcome():
            news = self._news
            events = await self._after(since)
            if events:
                since = events[-1].seq
                yield b"".join(event.text for event in events)
                continue
            try:
                await asyncio.wait_for(news.wait(), HEARTBEAT_SECONDS)
            except TimeoutError:
                yield b":\n\n"

    async def _after(self, since: int) -> list[Event]:
        """The next changes: from memory for who is up to date, from the log for who was away."""
        if since == self._newest:
            return []
        if self._recent and self._recent[0].seq <= since + 1:
            return [event for event in self._recent if event.seq > since]
        return [_event(change) for change in await run_sync(self._store.changes, since, BATCH)]

    async def _watch(self) -> None:
        while not self._closed:
            try:
                found = await run_sync(self._store.changes, self._newest, BATCH)
            except Exception:  # who follows waits on: the log is read again in a moment
                log.exception("cannot read the log for streams")
                found = []
            if found:
                self._recent.extend(map(_event, found))
                self._newest = found[-1].seq
                self._wake()
            await asyncio.sleep(LOOK_SECONDS if len(found) < BATCH else 0)

    def _wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()


def _event(change: ChangeRecord) -> Event:
    document = Change.model_validate(change).model_dump_json().encode()
    return Event(change.seq, b"id: %d\ndata: %b\n\n" % (change.seq, document))
