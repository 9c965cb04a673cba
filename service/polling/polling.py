"""What happens when a feed is due? One turn: fetch it, take in what is new, and say when it is due next.

A feed that brings news is polled more often, one that brings none less; one that fails, ever later, until it
is dead and says why. Where its articles are to be read from their pages, a turn reads one page.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import structlog

from service import pipeline
from service.network.fetching import CannotFetch, Fetched, fetch
from service.polling.documents import Feed, NotAFeed, Page
from service.polling.items import sort_out
from service.polling.page_text import with_page_text
from service.polling.politeness import HostBusy, Visitor, host_of
from service.polling.reading import read_document
from service.settings import Settings
from service.store import Store, feed_items, feeds
from service.store.records import FeedItemRecord, FeedRecord

CLAIM_SECONDS = 60.0  # beyond the time of a request: for who died while polling
LONGEST_PAUSE = 86_400.0
SHORTER, LONGER = 0.5, 1.5  # the pause after a poll with news, and after one without
JITTER = 0.1
ACCEPTED = (
    "application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, "
    "application/xml;q=0.9, text/xml;q=0.9, text/html;q=0.5, */*;q=0.1"
)
OK, NOT_MODIFIED, GONE = 200, 304, 410
TITLE, ADDRESS = 500, 2000

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn did. articles: those that now wait to be prepared."""

    done: bool
    articles: tuple[str, ...] = ()


def due(store: Store, now: float, limit: int = feeds.AT_ONCE) -> list[str]:
    """Feeds that somebody should take a turn for."""
    with store.read() as connection:
        return feeds.due(connection, now, limit)


def turn(
    store: Store,
    settings: Settings,
    feed_id: str,
    clock: Callable[[], float],
    sleep: Callable[[float], object] = time.sleep,
) -> Turn:
    """Poll a feed, or read a page for it, if it is due, nobody else does, and its host may be called."""
    visitor = Visitor(store, settings, clock, sleep)
    with store.write() as connection:
        feed = feeds.get(connection, feed_id)
        waiting = feed_items.waiting(connection, feed_id, 1)
        host = host_of(waiting[0].waiting["url"] if waiting and waiting[0].waiting else feed.url)
        claimed = feeds.claim(
            connection,
            feed_id,
            host,
            clock(),
            settings.feed_seconds + CLAIM_SECONDS,
            settings.feed_host_seconds,
        )
        if claimed is None:
            return Turn(False)
        # Counted before it is tried: what ends this process must not be tried for ever.
        feeds.change(connection, feed_id, failures=feed.failures + 1)
    approach = visitor.once_claimed(host)
    try:
        if feed.failures >= settings.feed_attempts:
            raise Trouble("Polling it never came to an end.", last=True)
        if waiting:
            return _read_page(visitor, feed, waiting[0], approach)
        return _poll(visitor, feed, approach)
    except HostBusy as busy:
        _change(visitor, feed, failures=feed.failures, due_at=busy.until)
    except Trouble as trouble:
        _failed(visitor, feed, trouble)
    return Turn(True)


class Trouble(Exception):
    """A poll brought nothing. last: there is no use in another; pause: seconds that the host asks for."""

    def __init__(self, reason: str, *, last: bool = False, status: int | None = None, pause: float = 0.0):
        self.reason, self.last, self.status, self.pause = reason, last, status, pause
        super().__init__(reason)


def _poll(visitor: Visitor, feed: FeedRecord, approach: Callable[[str], None]) -> Turn:
    headers = {"Accept": ACCEPTED, "If-None-Match": feed.etag, "If-Modified-Since": feed.last_modified}
    try:
        found = fetch(feed.url, {k: v for k, v in headers.items() if v}, visitor.limits, approach)
    except CannotFetch as error:
        raise Trouble(error.reason) from None
    if found.status == NOT_MODIFIED:
        _polled(visitor, feed, found)
        return Turn(True)
    if found.status != OK:
        pause = found.pause(visitor.clock())
        raise Trouble(
            f"The answer was {found.status}.", last=found.status == GONE, status=found.status, pause=pause
        )
    try:
        document = read_document(found.body, found.headers.get("content-type", ""), found.url)
    except NotAFeed as error:
        raise Trouble(error.reason, status=OK) from None
    if isinstance(document, Feed):
        return _take(visitor, feed, found, document)
    _follow(visitor, feed, document)
    return Turn(True)


def _take(visitor: Visitor, feed: FeedRecord, found: Fetched, document: Feed) -> Turn:
    """Take in what is new, then remember it: who dies in between takes it in again, and nothing changes."""
    with visitor.store.read() as connection:
        fresh = sort_out(connection, feed, document.items, document.title or host_of(feed.url))
    now = visitor.clock()
    later = feed.full_text
    raws = [one.raw for one in fresh if one.raw is not None and not (later and one.raw["url"])]
    receipts = pipeline.submit(visitor.store, raws, now) if raws else []
    with visitor.store.write() as connection:
        kept = [
            replace(one.record, waiting=one.raw if later and one.raw and one.raw["url"] else None)
            for one in fresh
        ]
        feed_items.keep(connection, feed.id, kept, now)
        feed_items.trim(connection, feed.id)
    _polled(visitor, feed, found, document, len(fresh), waits=any(one.waiting for one in kept))
    return Turn(True, tuple(one.id for one in receipts if one.id and one.status in ("accepted", "updated")))


def _follow(visitor: Visitor, feed: FeedRecord, page: Page) -> None:
    """A page was asked for: its first feed takes its place. Raises Trouble."""
    if feed.page or not page.feeds:
        raise Trouble("The answer is a web page that names no feed.", status=OK)
    url = page.feeds[0]
    with visitor.store.write() as connection:
        taken = feeds.url_taken(connection, url)
        if not taken:
            feeds.change(connection, feed.id, page=feed.url, url=url)
    if taken:
        raise Trouble("The feed that the page names is here already.", last=True, status=OK)
    _change(visitor, feed, failures=feed.failures, due_at=visitor.clock())


def _read_page(
    visitor: Visitor, feed: FeedRecord, item: FeedItemRecord, approach: Callable[[str], None]
) -> Turn:
    """Take one article in with the text of its page, or with the feed's where the page cannot be read."""
    raw = with_page_text(visitor, dict(item.waiting or {}), approach)
    receipts = pipeline.submit(visitor.store, [raw], visitor.clock())
    with visitor.store.write() as connection:
        feed_items.done(connection, feed.id, item.key)
        more = bool(feed_items.waiting(connection, feed.id, 1))
    next_poll = (feed.polled_at or 0.0) + feed.pause_seconds
    now = visitor.clock()
    _change(visitor, feed, failures=0, due_at=now if more else max(now, next_poll))
    return Turn(True, tuple(one.id for one in receipts if one.id))


def _polled(
    visitor: Visitor,
    feed: FeedRecord,
    found: Fetched,
    document: Feed | None = None,
    news: int = 0,
    waits: bool = False,
) -> None:
    """Note a poll that went well. waits: pages of its items are to be read at once."""
    now = visitor.clock()
    shortest = visitor.settings.feed_minutes * 60.0
    asked = min(document.minutes * 60.0, LONGEST_PAUSE) if document else 0.0
    pause = max(shortest, asked, min(feed.pause_seconds * (SHORTER if news else LONGER), LONGEST_PAUSE))
    values: dict[str, Any] = {"state": "active", "reason": "", "failures": 0, "status": found.status}
    values |= {"polled_at": now, "pause_seconds": pause, "items": feed.items + news}
    values["due_at"] = now if waits else now + max(_jittered(pause), found.pause(now))
    if news:
        values["news_at"] = now
    if document is not None:
        values |= {"title": document.title[:TITLE], "home": document.home[:ADDRESS]}
        values |= {"etag": _header(found, "etag"), "last_modified": _header(found, "last-modified")}
    _change(visitor, feed, **values)


def _failed(visitor: Visitor, feed: FeedRecord, trouble: Trouble) -> None:
    """Note a poll that failed; the next one comes later, or never."""
    now = visitor.clock()
    failures = feed.failures + 1
    dead = trouble.last or failures >= visitor.settings.feed_attempts
    pause = min(visitor.settings.feed_minutes * 60.0 * 2.0 ** min(failures - 1, 16), LONGEST_PAUSE)
    _change(
        visitor,
        feed,
        state="dead" if dead else "failing",
        reason=trouble.reason,
        status=trouble.status,
        failures=failures,
        polled_at=now,
        due_at=now + max(_jittered(pause), trouble.pause),
    )
    log.warning("feed failed", feed=feed.id, dead=dead, reason=trouble.reason)


def _change(visitor: Visitor, feed: FeedRecord, **values: Any) -> None:
    with visitor.store.write() as connection:
        feeds.change(connection, feed.id, claimed_until=0.0, **values)


def _jittered(seconds: float) -> float:
    return seconds * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 spreads requests, hides nothing


def _header(found: Fetched, name: str) -> str:
    """What a condition repeats; what is no plain line is not repeated."""
    value = found.headers.get(name, "")
    return value if value.isascii() and value.isprintable() and len(value) <= ADDRESS else ""
