"""What is one data directory, opened? Its database, its settings, its hash key, and what the doors read."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import Connection

from service.errors import NotFound
from service.settings import Settings
from service.store import articles, decisions, log, outlets, reclusters
from service.store.audit import audit
from service.store.database import Database
from service.store.finder import Finder
from service.store.handover import Handover
from service.store.queries import ArticleQueries, StoryQueries
from service.store.records import (
    ChangeRecord,
    DecisionRecord,
    OutletRecord,
    Page,
    ReclusterRecord,
    ReclusterState,
)


class Store:
    """An open data directory; `service.pipeline.open_store` makes it, a `with` block closes it.

    Safe to share between threads. A process that forks opens its own.
    """

    def __init__(self, database: Database, settings: Settings, key: bytes) -> None:
        self.database = database
        self.settings = settings
        self.key = key
        finder = Finder()
        self.articles = ArticleQueries(database, finder)
        self.stories = StoryQueries(database, finder)
        self.handover = Handover()

    def read(self) -> AbstractContextManager[Connection]:
        """A snapshot to read from."""
        return self.database.read()

    def write(self, *, thinking: bool = False) -> AbstractContextManager[Connection]:
        """One writing transaction; `thinking` where its block computes for long."""
        return self.database.write(thinking=thinking)

    def now(self) -> float:
        """Unix seconds by the clock that all who work on this store share."""
        return self.database.clock(time.time())

    def close(self) -> None:
        """Give all connections back."""
        self.database.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def changes(self, since: int = 0, limit: int = 500) -> list[ChangeRecord]:
        """The changes after number `since`, oldest first."""
        with self.read() as connection:
            return log.changes_since(connection, since, limit)

    def last_change(self) -> int:
        """The number of the newest change; 0 before the first."""
        with self.read() as connection:
            return log.last_change(connection)

    def change_times(self, seqs: Sequence[int]) -> dict[int, float]:
        """When these changes were written."""
        with self.read() as connection:
            return log.times(connection, seqs)

    def check(self) -> list[str]:
        """What is wrong with the file or with the data in it; empty when all is well. Reads everything."""
        damage = self.database.check()
        if damage:
            return damage
        with self.read() as connection:
            return audit(connection)

    def counts(self) -> dict[str, int]:
        """How many articles are in each state."""
        with self.read() as connection:
            return articles.counts(connection)

    def recluster(self, recluster_id: str) -> ReclusterRecord:
        """One requested re-clustering with its diff. Raises NotFound."""
        with self.read() as connection:
            record = reclusters.get(connection, recluster_id)
        if record is None:
            raise NotFound()
        return record

    def reclusters(self, *states: ReclusterState) -> list[ReclusterRecord]:
        """Requested re-clusterings in these states (all when none is named), newest first."""
        with self.read() as connection:
            return reclusters.in_state(connection, *states)

    def decision(self, decision_id: str) -> DecisionRecord:
        """One decision, undone or not. Raises NotFound."""
        with self.read() as connection:
            found = decisions.get(connection, decision_id)
        if found is None:
            raise NotFound()
        return found

    def decisions(self, after: Sequence[Any] | None = None, limit: int = 50) -> Page[DecisionRecord]:
        """Decisions, newest first, undone ones too."""
        with self.read() as connection:
            found = decisions.page(connection, after, limit + 1)
        more = len(found) > limit
        return Page(tuple(found[:limit]), [found[limit - 1].seq] if more else None)

    def holding(self) -> list[DecisionRecord]:
        """The decisions that were not undone, oldest first."""
        with self.read() as connection:
            return decisions.holding(connection)

    def outlets(self) -> list[OutletRecord]:
        """What people said of outlets, by name."""
        with self.read() as connection:
            return outlets.known(connection)
