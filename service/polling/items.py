"""Which of a document's items are new, and which article is each? Each is stored once.

An article keeps the id that its address gives it, so that an item, its copy in another feed and the same page
from an import are one. Who brought an article first may change it; nobody else does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection

from service.polling.documents import Item
from service.store import articles, feed_items
from service.store.records import FeedItemRecord, FeedRecord
from service.text.extract import visible_text
from service.text.intake import canonical_address, read_article

LIMITS = {"title": 2000, "outlet": 500, "published": 200, "lang": 100}
LONGEST_URL = 4000


@dataclass(frozen=True, slots=True)
class Fresh:
    """An item that is new or changed. `raw`: the article to take in; None where another sender's is kept."""

    record: FeedItemRecord
    raw: Mapping[str, Any] | None


def sort_out(connection: Connection, feed: FeedRecord, items: Sequence[Item], source: str) -> list[Fresh]:
    """The items that a feed has not brought before as they are now. source: what the feed calls itself."""
    keyed = {_key(item): item for item in reversed(items) if item.title or item.html}
    linked = {key: _address_id(item.link) for key, item in keyed.items()}
    known = feed_items.known(connection, feed.id, list(keyed), [one for one in linked.values() if one])
    by_key = {one.key: one for one in known}
    by_article = {one.article_id: one for one in known}
    found = []
    for key, item in keyed.items():
        title, content = _digest(item.title), _digest(item.title, item.html, item.published, item.link)
        old = by_key.get(key)
        if old is not None and old.content == content:
            continue
        article_id = old.article_id if old else _article_id(feed, key, title, linked[key], by_article)
        record = FeedItemRecord(key, article_id, title, content)
        by_article.setdefault(article_id, record)
        found.append((record, item))
    mine = _may_write(connection, feed, [record.article_id for record, _ in found])
    return [
        Fresh(record, _raw(feed, record, item, source) if record.article_id in mine else None)
        for record, item in found
    ]


def _article_id(
    feed: FeedRecord, key: str, title: str, linked: str, known: Mapping[str, FeedItemRecord]
) -> str:
    """Its address's, unless another item of this feed has that: feeds link all their items to one page."""
    same = known.get(linked)
    if linked and (same is None or same.key == key or same.title == title):
        return linked
    return f"feed-{_digest(feed.url, key)}"


def _may_write(connection: Connection, feed: FeedRecord, article_ids: Sequence[str]) -> set[str]:
    """Those of these articles that are new, or that this feed brought first."""
    bringers = feed_items.bringers(connection, article_ids)
    there = articles.known(connection, article_ids)
    return {one for one in article_ids if bringers.get(one, "" if one in there else feed.id) == feed.id}


def _raw(feed: FeedRecord, record: FeedItemRecord, item: Item, source: str) -> Mapping[str, Any]:
    fields = {
        "title": " ".join(visible_text(item.title).split()),
        "outlet": feed.outlet or item.source or source,
        "published": item.published,
        "lang": item.lang,
    }
    cut = {name: value[: LIMITS[name]] for name, value in fields.items()}
    url = item.link if len(item.link) <= LONGEST_URL else ""
    return {"id": record.article_id, "url": url, **cut, "text": visible_text(item.html)}


def _key(item: Item) -> str:
    return _digest(
        item.guid or item.link or "", *(() if item.guid or item.link else (item.title, item.published))
    )


def _address_id(link: str) -> str:
    """The id of the article at an address; empty for what leads nowhere in particular."""
    if len(link) > LONGEST_URL or not canonical_address(link):
        return ""
    parts = urlsplit(link)
    if parts.path.strip("/") == "" and not parts.query:
        return ""  # the front page
    return read_article({"url": link}).id


def _digest(*parts: str) -> str:
    digest = blake2b(digest_size=16)
    for part in parts:
        encoded = part.encode("utf-8", "replace")
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()
