"""Which items did a feed bring, and which article is each? So each is stored once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from service.store.articles import chunks
from service.store.records import FeedItemRecord
from service.store.schema import articles, feed_items, members

KEPT = 2000  # items of a feed that are remembered: more than a document holds
_ITEM = [feed_items.c[name] for name in FeedItemRecord.__dataclass_fields__]


def known(
    connection: Connection, feed_id: str, keys: Sequence[str], article_ids: Sequence[str]
) -> list[FeedItemRecord]:
    """What a feed brought under one of these keys, or as one of these articles."""
    found: dict[str, FeedItemRecord] = {}
    mine = feed_items.c.feed_id == feed_id
    for column, wanted in ((feed_items.c.key, keys), (feed_items.c.article_id, article_ids)):
        for chunk in chunks(wanted):
            rows = connection.execute(select(*_ITEM).where(mine, column.in_(chunk))).mappings()
            found |= {row["key"]: FeedItemRecord(**row) for row in rows}
    return list(found.values())


def brought_by_others(connection: Connection, feed_id: str, article_ids: Sequence[str]) -> set[str]:
    """Those of these articles that another feed brought."""
    found: set[str] = set()
    for chunk in chunks(article_ids):
        inside = feed_items.c.article_id.in_(chunk)
        query = select(feed_items.c.article_id).where(inside, feed_items.c.feed_id != feed_id)
        found |= set(connection.execute(query).scalars())
    return found


def keep(connection: Connection, feed_id: str, items: Sequence[FeedItemRecord], now: float) -> None:
    """Remember items as they are now; of one that is known, when it was first seen stays."""
    if not items:
        return
    names = FeedItemRecord.__dataclass_fields__
    rows = [
        {"feed_id": feed_id, "seen_at": now, **{name: getattr(item, name) for name in names}}
        for item in items
    ]
    insert = insert_sqlite if connection.dialect.name == "sqlite" else insert_postgresql
    query = insert(feed_items)
    changed = {name: query.excluded[name] for name in ("title", "content", "waiting")}
    connection.execute(query.on_conflict_do_update(index_elements=["feed_id", "key"], set_=changed), rows)


def waiting(connection: Connection, feed_id: str, limit: int) -> list[FeedItemRecord]:
    """Items whose pages are to be read, the oldest first."""
    mine = (feed_items.c.feed_id == feed_id) & feed_items.c.waiting.is_not(None)
    query = select(*_ITEM).where(mine).order_by(feed_items.c.seen_at, feed_items.c.key).limit(limit)
    return [FeedItemRecord(**row) for row in connection.execute(query).mappings()]


def done(connection: Connection, feed_id: str, key: str) -> None:
    """An item's page was read, or cannot be."""
    mine = (feed_items.c.feed_id == feed_id) & (feed_items.c.key == key)
    connection.execute(update(feed_items).where(mine), {"waiting": None})


def trim(connection: Connection, feed_id: str) -> None:
    """Forget the oldest items of a feed beyond those that are kept; should one come again, its article is
    the same one and nothing changes."""
    mine = feed_items.c.feed_id == feed_id
    oldest = select(feed_items.c.seen_at).where(mine).order_by(feed_items.c.seen_at.desc())
    limit = connection.execute(oldest.offset(KEPT).limit(1)).scalar()
    if limit is not None:
        connection.execute(
            delete(feed_items).where(mine, feed_items.c.seen_at <= limit, feed_items.c.waiting.is_(None))
        )


def newest_stories(connection: Connection, feed_id: str, limit: int) -> list[str]:
    """The stories that hold articles of a feed, those of its newest articles first."""
    query = (
        select(members.c.story_id)
        .join(articles, articles.c.id == members.c.article_id)
        .join(feed_items, feed_items.c.article_id == articles.c.id)
        .where(feed_items.c.feed_id == feed_id)
        .group_by(members.c.story_id)
        .order_by(func.max(articles.c.seq).desc())
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def bringers(connection: Connection, article_ids: Collection[str]) -> Mapping[str, str]:
    """The feed that brought each of these articles first; those of no feed are left out."""
    found: dict[str, str] = {}
    for chunk in chunks(list(article_ids)):
        query = (
            select(feed_items.c.article_id, feed_items.c.feed_id)
            .where(feed_items.c.article_id.in_(chunk))
            .order_by(feed_items.c.seen_at.desc(), feed_items.c.feed_id.desc())
        )
        found |= {row.article_id: row.feed_id for row in connection.execute(query)}
    return found
