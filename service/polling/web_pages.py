"""Which feeds does a web page name? Those of its <link rel="alternate">, in their order."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urljoin

from service.polling.documents import Page

KINDS = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")
HEAD = 1 << 18  # characters: links stand in the head
MOST = 10
LINK = re.compile(r"<(?:link|base)\b[^<>]*+>", re.IGNORECASE)
ATTRIBUTE = re.compile(r"""([a-z]++)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))""", re.IGNORECASE)


def read_page(text: str, url: str) -> Page:
    """The feeds that a page names; comment feeds, which most blogs name second, come last."""
    base, found = url, []
    for tag in LINK.findall(text[:HEAD]):
        attributes = {name.lower(): unescape(a or b or c) for name, a, b, c in ATTRIBUTE.findall(tag)}
        target = attributes.get("href", "").strip()
        if tag[1:5].lower() == "base":
            base = urljoin(url, target) if target else base
        elif target and _is_feed(attributes):
            found.append(urljoin(base, target))
    return Page(tuple(sorted(dict.fromkeys(found), key=lambda one: "comments" in one.lower())[:MOST]))


def _is_feed(attributes: dict[str, str]) -> bool:
    return "alternate" in attributes.get("rel", "").lower().split() and (
        attributes.get("type", "").partition(";")[0].strip().lower() in KINDS
    )
