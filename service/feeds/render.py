"""How is a feed written? As RSS 2.0, as Atom (RFC 4287), as JSON Feed 1.1.

With the standard library's ElementTree: feedgen's last release is three years old and it, too, leaves letters
that XML forbids to the caller.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.etree import ElementTree as Xml

import orjson

from service.feeds.entries import Entry, Feed

FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ATOM, DUBLIN_CORE = "http://www.w3.org/2005/Atom", "http://purl.org/dc/elements/1.1/"
JSON_FEED = "https://jsonfeed.org/version/1.1"
GENERATOR = "samestory"


def rss(feed: Feed) -> bytes:
    """RSS 2.0, with Atom's `link` and `updated` and Dublin Core's `creator`."""
    root = Xml.Element("rss", {"version": "2.0", "xmlns:atom": ATOM, "xmlns:dc": DUBLIN_CORE})
    channel = Xml.SubElement(root, "channel")
    _add(channel, "title", feed.title)
    _add(channel, "link", feed.home)
    _add(channel, "description", "Reports grouped by the event that they are about.")
    if feed.lang:
        _add(channel, "language", feed.lang)
    _add(channel, "lastBuildDate", _mail_date(feed.updated))
    _add(channel, "generator", GENERATOR)
    _links(channel, "atom:link", feed)
    for entry in feed.entries:
        _rss_item(Xml.SubElement(channel, "item"), entry)
    return _document(root)


def _rss_item(item: Xml.Element, entry: Entry) -> None:
    _add(item, "title", entry.title)
    _add(item, "link", entry.link)
    _add(item, "guid", entry.guid, isPermaLink="false")
    _add(item, "pubDate", _mail_date(entry.published))
    _add(item, "atom:updated", _iso(entry.updated))
    if entry.outlet:
        _add(item, "dc:creator", entry.outlet)
    for tag in entry.tags:
        _add(item, "category", tag)
    _add(item, "description", entry.content)


def atom(feed: Feed) -> bytes:
    """Atom, the other reports of a story as `related` links."""
    root = Xml.Element("feed", {"xmlns": ATOM})
    _add(root, "id", feed.address)
    _add(root, "title", feed.title)
    _add(root, "updated", _iso(feed.updated))
    _add(root, "generator", GENERATOR)
    _add(Xml.SubElement(root, "author"), "name", GENERATOR)
    _add(root, "link", rel="alternate", type="text/html", href=feed.home)
    _links(root, "link", feed)
    for entry in feed.entries:
        _atom_entry(Xml.SubElement(root, "entry"), entry)
    return _document(root)


def _atom_entry(item: Xml.Element, entry: Entry) -> None:
    _add(item, "id", entry.guid)
    _add(item, "title", entry.title, **({"xml:lang": entry.lang} if entry.lang else {}))
    _add(item, "published", _iso(entry.published))
    _add(item, "updated", _iso(entry.updated))
    _add(item, "link", rel="alternate", href=entry.link)
    for name, address in entry.also:
        if address:
            _add(item, "link", rel="related", href=address, title=name)
    _add(item, "link", rel="via", type="text/html", href=entry.story_url)
    if entry.outlet:
        _add(Xml.SubElement(item, "author"), "name", entry.outlet)
    for tag in entry.tags:
        _add(item, "category", term=tag)
    _add(item, "content", entry.content, type="html")


def json(feed: Feed) -> bytes:
    """JSON Feed 1.1; `_samestory` holds what the format has no word for."""
    document = {
        "version": JSON_FEED,
        "title": feed.title,
        "home_page_url": feed.home,
        "feed_url": feed.address,
        "next_url": feed.following,
        "language": feed.lang,
        "items": [_json_item(entry) for entry in feed.entries],
    }
    return orjson.dumps(_without_nothing(document))


def _json_item(entry: Entry) -> dict[str, object]:
    return _without_nothing(
        {
            "id": entry.guid,
            "url": entry.link,
            "title": entry.title,
            "content_html": entry.content,
            "date_published": _iso(entry.published),
            "date_modified": _iso(entry.updated),
            "authors": [{"name": entry.outlet}] if entry.outlet else None,
            "tags": list(entry.tags) or None,
            "language": entry.lang or None,
            "_samestory": {
                "story_id": entry.story_id,
                "story_url": entry.story_url,
                "also_in": [{"name": name, "url": address} for name, address in entry.also],
            },
        }
    )


def _without_nothing(values: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}


def _links(parent: Xml.Element, tag: str, feed: Feed) -> None:
    _add(parent, tag, rel="self", href=feed.address)
    if feed.following:
        _add(parent, tag, rel="next", href=feed.following)


def _add(parent: Xml.Element, tag: str, text: str = "", **attributes: str) -> None:
    clean = {name: FORBIDDEN.sub("", value) for name, value in attributes.items()}
    Xml.SubElement(parent, tag, clean).text = FORBIDDEN.sub("", text)


def _document(root: Xml.Element) -> bytes:
    written: bytes = Xml.tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + written


def _iso(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _mail_date(seconds: float) -> str:
    return format_datetime(datetime.fromtimestamp(seconds, UTC), usegmt=True)
