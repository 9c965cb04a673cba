"""What happened, in which order? The change log, numbered 1, 2, 3 without gaps, and the lineage of stories.

Numbers are given inside the one writing transaction: a rollback leaves no gap, no reader sees 7 before 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, or_, select

from service.model import Transition
from service.store.articles import chunks
from service.store.bulk import insert_many
from service.store.records import ChangeRecord, LineageRecord
from service.store.rows import Row, to_json
from service.store.schema import changes, lineage

_CHANGE = tuple(changes.c.keys())
_LINEAGE = tuple(lineage.c.keys())
_LAST_CHANGE = select(func.coalesce(func.max(changes.c.seq), 0))
_LAST_LINEAGE = select(func.coalesce(func.max(lineage.c.seq), 0))


class Journal:
    """Collects the entries of one writing transaction; `flush` writes them in the order they were noted."""

    def __init__(self, connection: Connection, now: float) -> None:
        self._connection = connection
        self.now = now
        self._changes: list[Row] = []
        self._lineage: list[Row] = []
        self._last_change: int = connection.execute(_LAST_CHANGE).scalar_one()
        self._last_lineage: int = connection.execute(_LAST_LINEAGE).scalar_one()

    def changed(
        self, type: str, article_id: str | None = None, story_id: str | None = None, **data: Any
    ) -> int:
        """Note a change; returns its number."""
        self._last_change += 1
        self._changes.append((self._last_change, self.now, type, article_id, story_id, to_json(data)))
        return self._last_change

    def passed(
        self,
        story_id: str,
        transition: Transition,
        article_ids: Sequence[str],
        cause: str,
        other_story_id: str | None = None,
    ) -> None:
        """Note a transition of a story, and what caused it."""
        self._last_lineage += 1
        entry = (self._last_lineage, self.now, story_id, transition, to_json(article_ids))
        self._lineage.append((*entry, other_story_id, cause))

    def flush(self) -> None:
        """Write what was noted."""
        insert_many(self._connection, changes, _CHANGE, self._changes)
        insert_many(self._connection, lineage, _LINEAGE, self._lineage)
        self._changes, self._lineage = [], []


def changes_since(connection: Connection, since: int, limit: int) -> list[ChangeRecord]:
    """The changes after number `since`, oldest first."""
    query = select(changes).where(changes.c.seq > since).order_by(changes.c.seq).limit(limit)
    return [ChangeRecord(**row) for row in connection.execute(query).mappings()]


def last_change(connection: Connection) -> int:
    """The number of the newest change; 0 before the first."""
    number: int = connection.execute(_LAST_CHANGE).scalar_one()
    return number


def newest_at(connection: Connection) -> float:
    """When the newest change was written; 0 before the first."""
    at: float | None = connection.execute(
        select(changes.c.at).order_by(changes.c.seq.desc()).limit(1)
    ).scalar()
    return at or 0.0


def times(connection: Connection, seqs: Sequence[int]) -> dict[int, float]:
    """When these changes were written."""
    found: dict[int, float] = {}
    for chunk in chunks(seqs):
        query = select(changes.c.seq, changes.c.at).where(changes.c.seq.in_(chunk))
        found.update((row[0], row[1]) for row in connection.execute(query))
    return found


_LINEAGE_OF = select(lineage).where(
    or_(lineage.c.story_id == bindparam("story"), lineage.c.other_story_id == bindparam("story"))
)


def lineage_of(connection: Connection, story_id: str, newest: int | None = None) -> list[LineageRecord]:
    """Everything that happened to a story, oldest first; or so many of the newest entries, newest first."""
    query = _LINEAGE_OF.order_by(lineage.c.seq)
    if newest is not None:
        query = _LINEAGE_OF.order_by(lineage.c.seq.desc()).limit(newest)
    return [LineageRecord(**row) for row in connection.execute(query, {"story": story_id}).mappings()]


def split_from(connection: Connection, story_id: str) -> str | None:
    """The story that this one was split off, the first time."""
    query = select(lineage.c.story_id).where(
        lineage.c.other_story_id == story_id, lineage.c.transition == "split"
    )
    found: str | None = connection.execute(query.order_by(lineage.c.seq).limit(1)).scalar()
    return found
