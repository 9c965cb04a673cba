"""Which stories stand beside one? Those near it in time, compared with it, or once one with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, literal_column, or_, select

from service.store.records import LineageRecord
from service.store.schema import lineage, links, members, stories

MEMBERS = 200  # of a story whose comparisons are looked at
PARTINGS = 50  # transitions that are looked at
_LIVE = stories.c.status == literal_column("'live'")  # the words of the partial index
_TITLED = select(stories.c.id, stories.c.search)


class Compared(NamedTuple):
    """A report of a story, one of another story that it was compared with, and how that came out."""

    story_id: str
    a: str
    b: str
    linked: bool
    probability: float


def near_in_time(connection: Connection, story_id: str, most: int) -> list[tuple[str, str]]:
    """The live stories with the nearest news, half of them before and half after: id and folded titles."""
    found: list[tuple[str, str]] = []
    latest_at = select(stories.c.latest_at).where(stories.c.id == story_id).scalar_subquery()
    before, after = stories.c.latest_at <= latest_at, stories.c.latest_at > latest_at
    for side, order in ((before, stories.c.latest_at.desc()), (after, stories.c.latest_at)):
        query = _TITLED.where(_LIVE, side).order_by(order).limit(most // 2)
        found += [(row.id, row.search) for row in connection.execute(query) if row.id != story_id]
    return found


def compared(connection: Connection, story_id: str, least: float, most: int) -> list[Compared]:
    """The comparisons of a story's reports with those of others that were linked or at least so probable,
    the most probable first."""
    mine = select(members.c.article_id).where(members.c.story_id == story_id).limit(MEMBERS)
    found: list[Compared] = []
    for own, other in ((links.c.a, links.c.b), (links.c.b, links.c.a)):
        query = select(members.c.story_id, own, other, links.c.linked, links.c.probability)
        query = query.join(links, other == members.c.article_id).where(own.in_(mine))
        outside = members.c.story_id != story_id, or_(links.c.linked, links.c.probability >= least)
        newest = query.where(*outside).order_by(links.c.probability.desc()).limit(most)
        found += [Compared(*row) for row in connection.execute(newest)]
    return sorted(found, key=lambda one: (-one.probability, one.a, one.b))


def parted(connection: Connection, story_id: str) -> Iterable[LineageRecord]:
    """When a story was split, or reports moved between it and another; newest first."""
    mine = or_(lineage.c.story_id == story_id, lineage.c.other_story_id == story_id)
    moved = lineage.c.transition.in_(["split", "left"])
    query = select(lineage).where(mine, moved, lineage.c.other_story_id.is_not(None))
    rows = connection.execute(query.order_by(lineage.c.seq.desc()).limit(PARTINGS)).mappings()
    return [LineageRecord(**row) for row in rows]
