"""What must hold after feeds were polled, whatever kinds they were?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from feed_world import BAD, GOOD, World, newest, title_of
from sqlalchemy import select

from service.store import Store, feeds
from service.store.records import FeedRecord
from service.store.schema import articles, texts


def all_feeds(store: Store) -> list[FeedRecord]:
    """Every feed that is subscribed to."""
    with store.read() as connection:
        return feeds.listed(connection, None, feeds.MOST)


def stored(store: Store) -> list[Any]:
    """Every article: title, version, address, text."""
    with store.read() as connection:
        query = select(articles.c.given_title, articles.c.version, articles.c.url, texts.c.text)
        return list(connection.execute(query.join(texts, texts.c.seq == articles.c.seq)))


def check(made: World, store: Store, kinds: Mapping[int, str]) -> dict[str, int]:
    """Each item stored once, no markup in it, hosts left in peace, reasons given; returns counts."""
    assert made.gaps() >= store.settings.feed_host_seconds - 1e-6
    found = stored(store)
    titles = [row.given_title for row in found]
    assert len(titles) == len(set(titles))
    assert {row.version for row in found} == {1}
    assert all("alert" not in row.text and "<" not in row.text for row in found)
    by_number = {int(feed.url.rpartition("/")[2]): feed for feed in all_feeds(store)}
    expected: set[str] = set()
    for number, kind in kinds.items():
        feed = by_number[number]
        if kind in GOOD:
            assert (feed.state, feed.reason) == ("active", ""), kind
            # The last ten are served; all but those of the last minutes must have been seen.
            expected |= {title_of(number, item) for item in newest(made, number)[3:]}
        else:
            assert feed.state == "dead", (kind, feed)
            assert re.search(BAD[kind], feed.reason), (kind, feed.reason)
    assert expected <= set(titles)
    good = sum(kind in GOOD for kind in kinds.values())
    assert sum(status == 304 for *_, status in made.requests) > good
    served = sum(made.served(number) for number, kind in kinds.items() if kind in GOOD)
    dead = sum(feed.state == "dead" for feed in by_number.values())
    return {"articles": len(found), "served": served, "dead": dead}
