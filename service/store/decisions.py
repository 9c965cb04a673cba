"""What did people decide, and what of it holds? Rows of `decisions`; one that was undone stays, marked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from service.store.records import DecisionRecord
from service.store.schema import SPEAKERS, decisions

_RECORD = select(*(decisions.c[name] for name in DecisionRecord.__dataclass_fields__))
_SPEAKERS = select(decisions.c.articles).where(SPEAKERS).order_by(decisions.c.seq)


def add(connection: Connection, new: DecisionRecord) -> None:
    """Keep a decision."""
    row = {name: getattr(new, name) for name in DecisionRecord.__dataclass_fields__}
    connection.execute(insert(decisions), row)


def next_seq(connection: Connection) -> int:
    """The number of the next decision: 1, 2, 3."""
    last: int = connection.execute(select(func.coalesce(func.max(decisions.c.seq), 0))).scalar_one()
    return last + 1


def get(connection: Connection, decision_id: str) -> DecisionRecord | None:
    """One decision, undone or not."""
    row = connection.execute(_RECORD.where(decisions.c.id == decision_id)).mappings().one_or_none()
    return None if row is None else DecisionRecord(**row)


def holding(connection: Connection) -> list[DecisionRecord]:
    """The decisions that were not undone, oldest first."""
    query = _RECORD.where(decisions.c.undone_at.is_(None)).order_by(decisions.c.seq)
    return [DecisionRecord(**row) for row in connection.execute(query).mappings()]


def ignoring(connection: Connection) -> list[tuple[str, str]]:
    """The outlets and passages that are ignored: of each pair one is empty."""
    query = select(decisions.c.outlet, decisions.c.passage).where(decisions.c.undone_at.is_(None))
    said = query.where((decisions.c.outlet != "") | (decisions.c.passage != ""))
    return [(outlet, passage) for outlet, passage in connection.execute(said.order_by(decisions.c.seq))]


def page(connection: Connection, after: Sequence[Any] | None, limit: int) -> list[DecisionRecord]:
    """Decisions, newest first, undone ones too."""
    query = _RECORD.order_by(decisions.c.seq.desc()).limit(limit)
    if after is not None:
        query = query.where(decisions.c.seq < after[0])
    return [DecisionRecord(**row) for row in connection.execute(query).mappings()]


def undo(connection: Connection, decision_id: str, now: float, by: str) -> None:
    """Mark a decision as undone."""
    values = {"undone_at": now, "undone_by": by}
    connection.execute(update(decisions).where(decisions.c.id == decision_id), values)


def tally(connection: Connection) -> dict[tuple[str, bool], int]:
    """How many decisions corrected what, as their effect says, by whether they were undone."""
    counted: Counter[tuple[str, bool]] = Counter()
    for effect, undone_at in connection.execute(select(decisions.c.effect, decisions.c.undone_at)):
        if "corrects" in effect:
            counted[effect["corrects"], undone_at is not None] += 1
    return dict(counted)


def speakers(connection: Connection) -> list[str]:
    """The articles that people chose to speak for their stories, the latest choice last."""
    return [articles[0] for articles in connection.execute(_SPEAKERS).scalars()]
