"""Who reads and prepares archives beside the process that stores and decides? Child processes, in order.

Python runs one thread at a time: what takes a second core's time off the owner's way must be a process.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TypeVar

from service import collecting

if TYPE_CHECKING:
    from service.incoming import Made, Raw
    from service.sketch.sketch import Sketcher

MOST = 4  # processes; one owner places what so many prepare
AHEAD = 3  # batches on their way for each process
# With words enough to tell its language by: the model for other texts takes a second to load, and an archive
# of news may never need it.
SAMPLE = (
    "Lifeboats had been called before dawn by the keeper, who saw that fog lay over the bay and the pier."
)

Batch = TypeVar("Batch")


class Preparers:
    """A pool for as long as a `with` block lasts, one process fewer than there are processors."""

    def __init__(self, processes: int | None = None) -> None:
        self.processes = min(MOST, (os.cpu_count() or 1) - 1) if processes is None else processes
        self._pool: ProcessPoolExecutor | None = None
        self.broken = False  # a process died of something: of an article, perhaps

    def __enter__(self) -> Preparers:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def start(self) -> None:
        """Start the processes, unless that is done: they take seconds until they are ready."""
        if self._pool is None and self.processes:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.processes, context, _begin)
            self._pool.submit(_nothing)

    def prepared(
        self,
        batches: Iterable[tuple[Batch, Sequence[Raw]]],
        sketcher: Sketcher,
        article_bytes: int,
        now: float,
    ) -> Iterator[tuple[Batch, Made | None]]:
        """Each batch with what was made of its articles, in order; sketcher and article_bytes are those of
        the store that they go to. None where the caller must see to a batch itself: there is only one, for
        which no process is started, or they are `broken`."""
        waiting: deque[tuple[Batch, Future[Made]]] = deque()
        source = iter(batches)
        begun = list(islice(source, 2))
        if len(begun) == 2:
            self.start()
        for batch, raws in chain(begun, source):
            if self._pool is None:
                yield batch, None
                continue
            waiting.append((batch, self._submit(self._pool, sketcher, list(raws), article_bytes, now)))
            if len(waiting) > AHEAD * self.processes:
                yield self._result(*waiting.popleft())
        while waiting:
            yield self._result(*waiting.popleft())

    def _submit(self, pool: ProcessPoolExecutor, *work: Any) -> Future[Made]:
        try:
            return pool.submit(_make, *work)
        except BrokenProcessPool as error:
            broken: Future[Made] = Future()
            broken.set_exception(error)
            return broken

    def _result(self, batch: Batch, made: Future[Made]) -> tuple[Batch, Made | None]:
        try:
            return batch, made.result()
        except BrokenProcessPool:
            self.broken = True
            return batch, None


# In the child


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started the command ends it
    threading.Thread(target=_end_with_parent, daemon=True).start()
    collecting.seldom()
    from service.incoming import attempt
    from service.model import Article
    from service.sketch.sketch import Sketcher

    attempt(Sketcher(), Article("", text=SAMPLE), 0.0)  # loads compiled code while the parent opens the store


def _end_with_parent() -> None:
    """A parent that is killed cannot tell its children."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _nothing() -> None:
    """What a process is started for before there is work."""


def _make(sketcher: Sketcher, raws: Sequence[Raw], article_bytes: int, now: float) -> Made:
    from service import incoming

    return incoming.make(sketcher, raws, article_bytes, now)
