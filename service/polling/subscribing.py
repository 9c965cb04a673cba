"""How does a feed begin? Asked for by its address or that of a page that names it, alone or in a list."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from w3lib.url import safe_url_string

from service.errors import RefusedAddress
from service.network.addresses import LONGEST, port_of, read_url, resolve
from service.polling.opml import Outline
from service.polling.politeness import SETTING
from service.settings import Settings
from service.store import Store, feeds
from service.store.records import FeedRecord

OUTLET = 500


def register(
    store: Store, settings: Settings, url: str, outlet: str, full_text: bool, now: float
) -> FeedRecord:
    """Poll a feed from now on; one that is polled already is returned as it is.

    Raises RefusedAddress, Conflict.
    """
    url = tidy(url)
    parts = read_url(url)
    try:
        resolve(parts.hostname or "", port_of(parts), private=settings.feed_private, setting=SETTING)
    except OSError:
        raise RefusedAddress("The host's name has no address.") from None
    with store.write() as connection:
        return feeds.add(connection, new_feed(settings, url, outlet, full_text, now))


def register_all(
    store: Store, settings: Settings, listed: Sequence[Outline], full_text: bool, now: float
) -> dict[str, Any]:
    """Poll the feeds of a list from now on: how many are new, how many known, and which are refused. Their
    hosts are looked up when they are polled. Raises Conflict."""
    added, refused = 0, []
    with store.write() as connection:
        for one in listed:
            try:
                url = tidy(one.url)
                read_url(url)
            except RefusedAddress as error:
                refused.append({"url": one.url[:LONGEST], "reason": error.detail})
                continue
            made = new_feed(settings, url, one.title[:OUTLET], full_text, now)
            added += feeds.add(connection, made) is made
    return {"added": added, "known": len(listed) - added - len(refused), "refused": refused}


def new_feed(settings: Settings, url: str, outlet: str, full_text: bool, now: float) -> FeedRecord:
    """A feed as it begins: due at once."""
    return FeedRecord(
        id=f"fd-{secrets.token_hex(8)}", url=url, page="", title="", home="", outlet=outlet,
        full_text=full_text, state="active", reason="", status=None, etag="", last_modified="",
        created_at=now, polled_at=None, news_at=None, due_at=now,
        pause_seconds=settings.feed_minutes * 60.0, failures=0, items=0,
    )  # fmt: skip


def poll_now(store: Store, feed_id: str, now: float) -> FeedRecord:
    """Make a feed due, whatever was decided about its next poll; a dead one lives again. Raises NotFound."""
    with store.write() as connection:
        feed = feeds.get(connection, feed_id)
        revived = {"state": "active", "reason": "", "failures": 0} if feed.state == "dead" else {}
        feeds.change(connection, feed_id, due_at=now, **revived)
        return feeds.get(connection, feed_id)


def tidy(url: str) -> str:
    """An address as it is called: percent-encoded, without fragment; feed:// means http://."""
    url = url.strip().partition("#")[0]
    if url.startswith("feed:"):
        rest = url.removeprefix("feed:")
        url = rest if rest.startswith("http") else f"http:{rest}"
    try:
        return str(safe_url_string(url))
    except ValueError:
        raise RefusedAddress("That is not a url.") from None
