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
from typing import NamedTuple, TypeVar

from service import incoming
from service.sketch.sketch import Sketcher

MOST = 4  # processes; one owner places what so many prepare
AHEAD = 3  # batches on their way for each process

Batch = TypeVar("Batch")


class Preparers:
    """A pool for as long as a `with` block lasts, one process fewer than there are processors.

    sketcher, article_bytes: of the store that the articles go to.
    """

    def __init__(self, sketcher: Sketcher, article_bytes: int, processes: int | None = None) -> None:
        self.processes = min(MOST, (os.cpu_count() or 1) - 1) if processes is None else processes
        self._work = _Work(sketcher, article_bytes)
        self._pool: ProcessPoolExecutor | None = None
        self.broken = False  # a process died of something: of an article, perhaps

    def __enter__(self) -> Preparers:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def prepared(
        self, batches: Iterable[tuple[Batch, Sequence[incoming.Raw]]], now: float
    ) -> Iterator[tuple[Batch, incoming.Made | None]]:
        """Each batch with what was made of its articles, in order. None where the caller must see to a batch
        itself: there is only one, for which no process is started, or they are `broken`."""
        waiting: deque[tuple[Batch, Future[incoming.Made]]] = deque()
        source = iter(batches)
        begun = list(islice(source, 2))
        if len(begun) < 2 or not self.processes:
            yield from ((batch, None) for batch, _ in chain(begun, source))
            return
        self._start()
        for batch, raws in chain(begun, source):
            waiting.append((batch, self._submit(raws, now)))
            if len(waiting) > AHEAD * self.processes:
                yield self._result(*waiting.popleft())
        while waiting:
            yield self._result(*waiting.popleft())

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(self.processes, context, _begin, (self._work,))

    def _submit(self, raws: Sequence[incoming.Raw], now: float) -> Future[incoming.Made]:
        assert self._pool is not None  # noqa: S101 for the type checker
        try:
            return self._pool.submit(_make, list(raws), now)
        except BrokenProcessPool as error:
            broken: Future[incoming.Made] = Future()
            broken.set_exception(error)
            return broken

    def _result(self, batch: Batch, made: Future[incoming.Made]) -> tuple[Batch, incoming.Made | None]:
        try:
            return batch, made.result()
        except BrokenProcessPool:
            self.broken = True
            return batch, None


# In the child


class _Work(NamedTuple):
    sketcher: Sketcher
    article_bytes: int


_work: _Work


def _begin(work: _Work) -> None:
    global _work
    _work = work
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started the command ends it
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A parent that is killed cannot tell its children."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _make(raws: Sequence[incoming.Raw], now: float) -> incoming.Made:
    return incoming.make(_work.sketcher, raws, _work.article_bytes, now)
