"""What is said of a story, and how is it kept true? Rows of `stories`, counted anew from their members."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from math import log2
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from service.model import Member
from service.store import members
from service.store.articles import chunks
from service.store.bulk import insert_many, update_many
from service.store.schema import members as members_table
from service.store.schema import stories
from service.stories.representative import choose

# Each doubling of the independent outlets keeps a story as hot as one that is this much younger.
HOT_SECONDS = 12 * 3600.0
COPIES = {"exact_copy", "near_duplicate"}

_NOBODY = {
    "title": "",
    "representative_article_id": None,
    "first_reported": None,
    "first_published": None,
    "latest_published": None,
    "first_at": None,
    "latest_at": None,
    "hot": None,
    "article_count": 0,
    "outlet_count": 0,
    "independent_outlet_count": 0,
    "languages": (),
    "search": "",
}
_COUNTED = (*_NOBODY, "updated_change")
_RECOUNT = (
    update(stories)
    .where(stories.c.id == bindparam("b_id"))
    .values({name: bindparam(name) for name in _COUNTED})
)
_CLOSE = (
    update(stories)
    .where(stories.c.id == bindparam("b_id"), stories.c.status == "live")
    .values(status="closed")
)
_OCCUPIED = (
    select(members_table.c.story_id)
    .where(members_table.c.story_id.in_(bindparam("ids", expanding=True)))
    .distinct()
)


def close_empty(connection: Connection, story_ids: Sequence[str]) -> list[str]:
    """Close those of these live stories that have no article left; returns them."""
    occupied: set[str] = set()
    for chunk in chunks(story_ids):
        occupied.update(connection.execute(_OCCUPIED, {"ids": chunk}).scalars())
    empty = [story_id for story_id in story_ids if story_id not in occupied]
    return [story_id for story_id in empty if connection.execute(_CLOSE, {"b_id": story_id}).rowcount]


def recount(connection: Connection, updated: Mapping[str, int], new: Collection[str], now: float) -> None:
    """Count and title these stories anew; those that are `new` are made now, after their members joined.

    The values of `updated` are the numbers of the changes that touched each story last.
    """
    listed = members.of_stories(connection, sorted(updated))
    counted = {id: _count(listed[id]) if id in listed else _NOBODY for id in updated}
    made = [
        {"id": id, "status": "live", "created_at": now, "updated_change": updated[id], **counted[id]}
        for id in updated
        if id in new
    ]
    kept = [{"b_id": id, "updated_change": updated[id], **counted[id]} for id in updated if id not in new]
    insert_many(connection, stories, made)
    update_many(connection, _RECOUNT, kept)


def merge(connection: Connection, story_id: str, into: str) -> None:
    """The story's id stands for another one from now on; its members must have moved."""
    values = {"status": "merged", "merged_into": into}
    connection.execute(update(stories).where(stories.c.id == story_id), values)


def resolve(connection: Connection, story_id: str) -> str | None:
    """The id that `story_id` stands for today, following merges; None when it never was a story."""
    target: str | None = story_id
    exists = False
    seen: set[str] = set()
    while target is not None and target not in seen:
        seen.add(target)
        row = connection.execute(select(stories.c.merged_into).where(stories.c.id == target)).one_or_none()
        exists = row is not None
        if row is None or row[0] is None:
            break
        target = row[0]
    return target if exists else None


def _count(found_members: Sequence[tuple[Member, str]]) -> dict[str, Any]:
    listed = [member for member, _ in found_members]
    representative = _representative(listed)
    published = [m.published_at for m in listed if m.published_at is not None]
    times = [m.arrived_at if m.published_at is None else m.published_at for m in listed]
    independent = independent_outlets(listed)
    return {
        "title": representative.title or next((m.title for m in listed if m.title), ""),
        "representative_article_id": representative.article_id,
        "first_reported": min(m.arrived_at for m in listed),
        "first_published": min(published, default=None),
        "latest_published": max(published, default=None),
        "first_at": min(times),
        "latest_at": max(times),
        "hot": max(times) + HOT_SECONDS * log2(max(1, independent)),
        "article_count": len(listed),
        "outlet_count": len({m.outlet for m in listed if m.outlet}),
        "independent_outlet_count": independent,
        "languages": sorted({m.lang for m in listed if m.lang}),
        "search": "\n".join(dict.fromkeys(search for _, search in found_members if search)),
    }


def _representative(listed: Sequence[Member]) -> Member:
    if len(listed) == 1:
        return listed[0]
    chosen = choose(listed)
    return next(member for member in listed if member.article_id == chosen)


def independent_outlets(listed: Iterable[Member]) -> int:
    """How many outlets reported in their own words: not those all of whose articles copy another outlet's."""
    by_id = {member.article_id: member for member in listed}
    own = set()
    for member in by_id.values():
        source = by_id.get(member.linked_to or "")
        copied = member.relation in COPIES and source is not None and source.outlet != member.outlet
        if member.outlet and not copied:
            own.add(member.outlet)
    return len(own)
