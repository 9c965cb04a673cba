"""What is one transaction, and what must every database give? Two kinds: a SQLite file, a PostgreSQL server.

Writing transactions run one at a time on both, so that what is read in one still holds when it commits:
places in the order of arrival and numbers of the log are given without gaps and are seen in their order.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import Self

from sqlalchemy import Connection


class Database(ABC):
    """An open database; safe to share between threads, not across a fork.

    name: what messages call it, without secrets. shared: whether processes on other machines may use it too.
    """

    name: str
    shared: bool

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def read(self) -> AbstractContextManager[Connection]:
        """A snapshot: all its queries see one state of the data."""

    @abstractmethod
    def write(self, *, thinking: bool = False) -> AbstractContextManager[Connection]:
        """One transaction that no other one overlaps: committed and on disk when the block ends, undone when
        it raises. `thinking`: its block computes for long between statements."""

    @abstractmethod
    def touch(self) -> AbstractContextManager[Connection]:
        """A transaction for one statement that needs no order among others, and waits for none."""

    @abstractmethod
    def close(self) -> None:
        """Give all connections back."""

    @abstractmethod
    def clock(self, now: float) -> float:
        """Unix seconds by the clock that all processes share; `now` is this process's own."""

    @abstractmethod
    def scrub(self) -> bool:
        """Empty the write-ahead log, so that deleted text is not in it. False when that must wait."""

    @abstractmethod
    def vacuum(self) -> None:
        """Write anew what held deleted rows. Raises StoreBusy, StoreFull."""

    @abstractmethod
    def bytes(self) -> int:
        """The size of the data."""

    @abstractmethod
    def careless(self) -> list[str]:
        """Settings under which a crash of the database loses what was acknowledged."""

    @abstractmethod
    def check(self) -> list[str]:
        """What is wrong with the stored bytes; empty when all is well. Reads everything."""
