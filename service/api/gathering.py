"""How do many small posts share one transaction? Those that come while others are being stored wait for them,
and are stored together next: one thread, one fsync, however many clients there are.
"""

from __future__ import annotations

from asyncio import Future, Task, create_task, get_running_loop
from collections.abc import Callable, Sequence
from dataclasses import replace

from anyio.to_thread import run_sync

from service.incoming import Raw, Receipt

_Post = tuple[Sequence[Raw], Future[list[Receipt]]]


class Gathering:
    """Collects posts of one event loop. store: stores articles durably, one receipt each."""

    def __init__(self, store: Callable[[Sequence[Raw]], list[Receipt]]) -> None:
        self._store = store
        self._waiting: list[_Post] = []
        self._storing: Task[None] | None = None

    async def submit(self, items: Sequence[Raw]) -> list[Receipt]:
        """Store the articles of one post. Raises what storing raises."""
        receipts: Future[list[Receipt]] = get_running_loop().create_future()
        self._waiting.append((items, receipts))
        if self._storing is None:
            self._storing = create_task(self._store_all())
        return await receipts

    async def _store_all(self) -> None:
        while self._waiting:
            posts, self._waiting = self._waiting, []
            try:
                stored = await run_sync(self._store, [item for items, _ in posts for item in items])
            except BaseException as error:
                self._fail(posts, error)
            else:
                _answer(posts, stored)
        self._storing = None

    def _fail(self, posts: Sequence[_Post], error: BaseException) -> None:
        for _, receipts in posts:
            if not receipts.done():
                receipts.set_exception(error)
        if not isinstance(error, Exception):  # the loop is ending
            self._storing = None
            raise error


def _answer(posts: Sequence[_Post], stored: Sequence[Receipt]) -> None:
    """Give each post the receipts of its own articles, numbered as it sent them."""
    at = 0
    for items, receipts in posts:
        own = [replace(receipt, index=receipt.index - at) for receipt in stored[at : at + len(items)]]
        at += len(items)
        if not receipts.done():  # its client has left
            receipts.set_result(own)
