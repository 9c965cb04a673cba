"""What is said of a story, and how is it kept true? Rows of `stories`, counted anew from their members."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from math import log2
from types import MappingProxyType

from sqlalchemy import Connection, bindparam, literal_column, select, update

from service.model import Member
from service.store import decisions, members, outlets
from service.store.among import among
from service.store.articles import chunks
from service.store.bulk import insert_many, update_many
from service.store.members import Listed
from service.store.outlets import Voices
from service.store.rows import Row, to_json
from service.store.schema import OPEN, stories
from service.store.schema import members as members_table
from service.stories.representative import choose

# Each doubling of the independent outlets keeps a story as hot as one that is this much younger.
HOT_SECONDS = 12 * 3600.0
COPIES = {"exact_copy", "near_duplicate"}

# What is counted of a story's members, and what that is where there is none.
_COUNTED = (
    *("title", "representative_article_id", "first_reported", "latest_reported"),
    *("first_published", "latest_published"),
    *("first_at", "latest_at", "hot", "article_count", "outlet_count", "independent_outlet_count"),
    *("languages", "search"),
)
_NOBODY: Row = ("", None, None, None, None, None, None, None, None, 0, 0, 0, "[]", "")
_MADE = ("id", "status", "created_at", "updated_change", *_COUNTED)
_KEPT = ("b_id", "updated_change", *_COUNTED)
_RECOUNT = (
    update(stories)
    .where(stories.c.id == bindparam("b_id"))
    .values({name: bindparam(name) for name in _KEPT[1:]})
)
_CLOSE = (
    update(stories)
    .where(stories.c.id == bindparam("b_id"), stories.c.status == "live")
    .values(status="closed")
)
_MERGE = (
    update(stories)
    .where(stories.c.id == bindparam("b_id"))
    .values(status=literal_column("'merged'"), merged_into=bindparam("b_into"))
)
_NOTHING: Mapping[str, Sequence[Listed]] = MappingProxyType({})
_OCCUPIED = select(members_table.c.story_id).where(among(members_table.c.story_id, "ids")).distinct()


def close_empty(connection: Connection, story_ids: Sequence[str]) -> list[str]:
    """Close those of these live stories that have no article left; returns them."""
    occupied: set[str] = set()
    for chunk in chunks(story_ids):
        occupied.update(connection.execute(_OCCUPIED, {"ids": chunk}).scalars())
    empty = [story_id for story_id in story_ids if story_id not in occupied]
    return [story_id for story_id in empty if connection.execute(_CLOSE, {"b_id": story_id}).rowcount]


def recount(
    connection: Connection,
    updated: Mapping[str, int],
    new: Collection[str],
    now: float,
    at_hand: Mapping[str, Sequence[Listed]] = _NOTHING,
) -> None:
    """Count and title these stories anew; those that are `new` are made now, after their members joined.

    The values of `updated` are the numbers of the changes that touched each story last. Members that are not
    `at_hand` are read.
    """
    if not updated:
        return
    read = members.of_stories(connection, sorted(updated.keys() - at_hand.keys()))
    listed = {**read, **at_hand}
    speakers, said = _speakers(connection), outlets.voices(connection)
    counted = {id: _counted(listed.get(id, ()), speakers, said) for id in updated}
    made = [(id, "live", now, updated[id], *counted[id]) for id in updated if id in new]
    kept = [(id, updated[id], *counted[id]) for id in updated if id not in new]
    insert_many(connection, stories, _MADE, made)
    update_many(connection, _RECOUNT, _KEPT, kept)


def merge(connection: Connection, merged: Sequence[tuple[str, str]]) -> None:
    """Each story's id stands for the other one from now on; its members must have moved."""
    update_many(connection, _MERGE, ("b_id", "b_into"), list(dict(merged).items()))


_REVIVE = (
    update(stories)
    .where(stories.c.id == bindparam("b_id"))
    .values(status=literal_column("'live'"), merged_into=None, closed_at=None)
)
_WITHOUT_NEWS = (
    select(stories.c.id)
    .where(OPEN, stories.c.latest_reported < bindparam("before"))
    .order_by(stories.c.latest_reported, stories.c.id)
)
_CLOSE_AT = (
    update(stories)
    .where(stories.c.id == bindparam("b_id"))
    .values(closed_at=bindparam("b_at"), updated_change=bindparam("b_change"))
)


def without_news(connection: Connection, before: float, limit: int) -> list[str]:
    """Stories that are open and of which nothing was reported since `before`, the longest silent first."""
    return list(connection.execute(_WITHOUT_NEWS.limit(limit), {"before": before}).scalars())


def close(connection: Connection, closed: Mapping[str, int], now: float) -> None:
    """Close these stories for want of news, each with the number of the change that says so."""
    rows = [(story_id, now, change) for story_id, change in closed.items()]
    update_many(connection, _CLOSE_AT, ("b_id", "b_at", "b_change"), rows)


def closed(connection: Connection, story_ids: Iterable[str]) -> set[str]:
    """Those of the stories that are closed for want of news."""
    found: set[str] = set()
    for chunk in chunks(sorted(story_ids)):
        query = select(stories.c.id).where(stories.c.id.in_(chunk), stories.c.closed_at.is_not(None))
        found.update(connection.execute(query).scalars())
    return found


def reopen(connection: Connection, story_ids: Iterable[str]) -> None:
    """Take back that these stories are closed: a person put an article there."""
    for chunk in chunks(sorted(story_ids)):
        closed = stories.c.id.in_(chunk) & stories.c.closed_at.is_not(None)
        connection.execute(update(stories).where(closed).values(closed_at=None))


def revive(connection: Connection, story_ids: Iterable[str]) -> set[str]:
    """Make those of these stories live again that had merged or closed; returns those that there are."""
    found: set[str] = set()
    for chunk in chunks(story_ids):
        found.update(connection.execute(select(stories.c.id).where(stories.c.id.in_(chunk))).scalars())
    for story_id in sorted(found):
        connection.execute(_REVIVE, {"b_id": story_id})
    return found


def statuses(connection: Connection, story_ids: Iterable[str]) -> dict[str, str]:
    """The status of each of these stories that there is."""
    found: dict[str, str] = {}
    for chunk in chunks(story_ids):
        query = select(stories.c.id, stories.c.status).where(stories.c.id.in_(chunk))
        found.update((row[0], row[1]) for row in connection.execute(query))
    return found


def _speakers(connection: Connection) -> dict[str, int]:
    return {article_id: rank for rank, article_id in enumerate(decisions.speakers(connection))}


def titles_of(connection: Connection, stories: Mapping[str, Sequence[Listed]]) -> dict[str, str]:
    """The titles of stories of these members."""
    speakers, found = _speakers(connection), {}
    for story_id, listed in stories.items():
        inside = [member for member, _ in listed]
        found[story_id] = _title(_representative(inside, speakers), inside)
    return found


def titles(connection: Connection, story_ids: Iterable[str]) -> dict[str, str]:
    """The title of each of these stories."""
    found: dict[str, str] = {}
    for chunk in chunks(story_ids):
        query = select(stories.c.id, stories.c.title).where(stories.c.id.in_(chunk))
        found.update((row[0], row[1]) for row in connection.execute(query))
    return found


def speakers_of(connection: Connection, story_ids: Sequence[str]) -> dict[str, str]:
    """The representative of each of these stories that has one."""
    query = select(stories.c.id, stories.c.representative_article_id).where(stories.c.id.in_(story_ids))
    return {row[0]: row[1] for row in connection.execute(query) if row[1] is not None}


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


def _counted(listed: Sequence[Listed], speakers: Mapping[str, int], said: Voices) -> Row:
    """What `_COUNTED` names, for any number of members. `speakers` are the articles that people chose to
    speak for their stories; of two in one story the one of higher rank does."""
    if len(listed) == 1:
        return _count_one(*listed[0])
    return _count(listed, speakers, said) if listed else _NOBODY


def _count(listed: Sequence[Listed], speakers: Mapping[str, int], said: Voices) -> Row:
    found = [member for member, _ in listed]
    representative = _representative(found, speakers)
    published = [m.published_at for m in found if m.published_at is not None]
    times = [m.arrived_at if m.published_at is None else m.published_at for m in found]
    latest, independent = max(times), independent_outlets(found, said)
    return (
        _title(representative, found),
        representative.article_id,
        min(m.arrived_at for m in found),
        max(m.arrived_at for m in found),
        min(published, default=None),
        max(published, default=None),
        min(times),
        latest,
        latest + HOT_SECONDS * log2(max(1, independent)),
        len(found),
        len({said.name(m.outlet) for m in found if m.outlet}),
        independent,
        to_json(sorted({m.lang for m in found if m.lang})),
        "\n".join(dict.fromkeys(search for _, search in listed if search)),
    )


def _title(representative: Member, members: Iterable[Member]) -> str:
    return representative.title or next((member.title for member in members if member.title), "")


def _count_one(member: Member, search: str) -> Row:
    """What `_count` says of a single member: half of all articles found a story."""
    arrived_at, published_at = member.arrived_at, member.published_at
    time = arrived_at if published_at is None else published_at
    outlets = 1 if member.outlet else 0
    languages = to_json([member.lang] if member.lang else [])
    reported, published = (arrived_at, arrived_at), (published_at, published_at)
    said = (member.title, member.article_id, *reported, *published, time, time, time)
    return (*said, 1, outlets, outlets, languages, search)


def _representative(listed: Sequence[Member], speakers: Mapping[str, int]) -> Member:
    wanted = [member.article_id for member in listed if member.article_id in speakers]
    chosen = max(wanted, key=speakers.__getitem__) if wanted else choose(listed)
    return next(member for member in listed if member.article_id == chosen)


def independent_outlets(listed: Iterable[Member], said: Voices) -> int:
    """How many voices reported in their own words: not those all of whose articles copy another outlet's, and
    all outlets of one owner once."""
    by_id = {member.article_id: member for member in listed}
    own = set()
    for member in by_id.values():
        source = by_id.get(member.linked_to or "")
        voice = said.voice(member.outlet)
        copied = member.relation in COPIES and source is not None and said.voice(source.outlet) != voice
        if member.outlet and not copied:
            own.add(voice)
    return len(own)
