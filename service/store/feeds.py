"""Which feeds are polled, when is each due, and when may its host be called? One row is a feed's whole state.

A claim with an end keeps two from polling the same feed; a host gives out times, one request apart, so that
however many poll, it is called no faster.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from service.errors import Conflict, NotFound
from service.store.records import FeedRecord
from service.store.schema import feed_items, feeds, hosts

MOST = 5000  # feeds of one installation
AT_ONCE = 20  # that are handed out to be polled

_FEED = [feeds.c[name] for name in FeedRecord.__dataclass_fields__]


def add(connection: Connection, feed: FeedRecord) -> FeedRecord:
    """Keep a new feed; one that is there already under its url, or its page, is returned instead. Raises
    Conflict when there are too many."""
    same = (feeds.c.url == feed.url) | (feeds.c.page == feed.url)
    known = connection.execute(select(*_FEED).where(same).limit(1)).mappings().first()
    if known is not None:
        return FeedRecord(**known)
    if count(connection) >= MOST:
        raise Conflict(f"There are {MOST} feeds already; delete one first.")
    row = {name: getattr(feed, name) for name in FeedRecord.__dataclass_fields__}
    connection.execute(insert(feeds), row | {"claimed_until": 0.0})
    return feed


def get(connection: Connection, feed_id: str) -> FeedRecord:
    """One feed. Raises NotFound."""
    row = connection.execute(select(*_FEED).where(feeds.c.id == feed_id)).mappings().one_or_none()
    if row is None:
        raise NotFound()
    return FeedRecord(**row)


def listed(connection: Connection, after: str | None, limit: int) -> list[FeedRecord]:
    """Feeds by id."""
    query = select(*_FEED).order_by(feeds.c.id).limit(limit)
    if after is not None:
        query = query.where(feeds.c.id > after)
    return [FeedRecord(**row) for row in connection.execute(query).mappings()]


def count(connection: Connection, *states: str) -> int:
    """How many feeds are in these states; without any, how many there are."""
    query = select(func.count()).select_from(feeds)
    number: int = connection.execute(query.where(feeds.c.state.in_(states)) if states else query).scalar_one()
    return number


def change(connection: Connection, feed_id: str, **values: Any) -> None:
    """Change what is kept of a feed; one that was deleted meanwhile stays so."""
    connection.execute(update(feeds).where(feeds.c.id == feed_id), values)


def remove(connection: Connection, feed_id: str) -> None:
    """Forget a feed and which items it had; its articles stay. Raises NotFound."""
    connection.execute(delete(feed_items).where(feed_items.c.feed_id == feed_id))
    if not connection.execute(delete(feeds).where(feeds.c.id == feed_id)).rowcount:
        raise NotFound()


def url_taken(connection: Connection, url: str) -> bool:
    """Whether a feed of this url is there."""
    return connection.execute(select(feeds.c.id).where(feeds.c.url == url)).first() is not None


def due(connection: Connection, now: float, limit: int = AT_ONCE) -> list[str]:
    """Feeds that somebody should poll now, the longest due first."""
    ready = (feeds.c.state != "dead") & (feeds.c.due_at <= now) & (feeds.c.claimed_until <= now)
    query = select(feeds.c.id).where(ready).order_by(feeds.c.due_at, feeds.c.id).limit(limit)
    return list(connection.execute(query).scalars())


def claim(
    connection: Connection, feed_id: str, host: str, now: float, seconds: float, gap: float
) -> FeedRecord | None:
    """Keep others from polling this feed for `seconds`; None when another does, or when its host is to be
    left alone for a while: then it queues up and is due later."""
    ready = (feeds.c.due_at <= now) & (feeds.c.claimed_until <= now) & (feeds.c.state != "dead")
    if connection.execute(select(feeds.c.id).where(feeds.c.id == feed_id, ready)).first() is None:
        return None
    free_at, queue_at = _times(connection, host)
    if free_at > now:
        again = max(free_at, queue_at)
        _set_times(connection, host, free_at=free_at, queue_at=again + gap)
        change(connection, feed_id, due_at=again)
        return None
    _set_times(connection, host, free_at=now + gap, queue_at=queue_at)
    change(connection, feed_id, claimed_until=now + seconds)
    return get(connection, feed_id)


def reserve(connection: Connection, host: str, now: float, gap: float) -> float:
    """The next time at which a host may be called: it is the caller's."""
    free_at, queue_at = _times(connection, host)
    slot = max(free_at, now)
    _set_times(connection, host, free_at=slot + gap, queue_at=queue_at)
    return slot


def _times(connection: Connection, host: str) -> tuple[float, float]:
    row = connection.execute(select(hosts.c.free_at, hosts.c.queue_at).where(hosts.c.name == host)).first()
    if row is None:
        connection.execute(insert(hosts), {"name": host, "free_at": 0.0, "queue_at": 0.0})
        return 0.0, 0.0
    return row.free_at, row.queue_at


def _set_times(connection: Connection, host: str, *, free_at: float, queue_at: float) -> None:
    values = {"free_at": free_at, "queue_at": queue_at}
    connection.execute(update(hosts).where(hosts.c.name == host), values)


def robots(connection: Connection, host: str, since: float) -> str | None:
    """The robots.txt of a host as it was read after `since`."""
    query = select(hosts.c.robots).where(hosts.c.name == host, hosts.c.robots_at >= since)
    found: str | None = connection.execute(query).scalar()
    return found


def keep_robots(connection: Connection, host: str, text: str, now: float) -> None:
    """Remember the robots.txt of a host that was called."""
    connection.execute(update(hosts).where(hosts.c.name == host), {"robots": text, "robots_at": now})


def names(connection: Connection, feed_ids: Sequence[str]) -> dict[str, str]:
    """What these feeds are called."""
    query = select(feeds.c.id, feeds.c.outlet, feeds.c.title, feeds.c.url).where(feeds.c.id.in_(feed_ids))
    return {row.id: row.outlet or row.title or row.url for row in connection.execute(query)}
