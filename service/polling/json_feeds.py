"""How is JSON Feed read? Versions 1 and 1.1, leniently: an item that is none costs the others nothing."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import urljoin

import orjson

from service.polling.documents import ITEMS, Feed, Item, NotAFeed


def read_json_feed(text: str, url: str) -> Feed:
    """The feed that a JSON document is. Raises NotAFeed."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise NotAFeed("The answer begins like JSON and is not JSON.") from None
    if not isinstance(found, dict) or not isinstance(found.get("items"), list):
        raise NotAFeed("The answer is JSON, but no JSON Feed: it has no items.")
    lang = _text(found, "language")
    items = [_item(one, url, lang) for one in found["items"][:ITEMS] if isinstance(one, dict)]
    return Feed(_text(found, "title"), urljoin(url, _text(found, "home_page_url")), 0.0, tuple(items))


def _item(found: Mapping[str, Any], url: str, lang: str) -> Item:
    link = _text(found, "url") or _text(found, "external_url")
    plain = _text(found, "content_text")
    guid = found.get("id")
    return Item(
        guid=str(guid) if isinstance(guid, str | int | float) else "",
        link=urljoin(url, link) if link else "",
        title=_text(found, "title"),
        html=_text(found, "content_html")
        or f"<pre>{escape(plain)}</pre>" * bool(plain)
        or _text(found, "summary"),
        published=_text(found, "date_published") or _text(found, "date_modified"),
        lang=_text(found, "language") or lang,
        source="",
    )


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    return value if isinstance(value, str) else ""
