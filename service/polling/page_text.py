"""What does an article's own page say, where its feed gives a summary?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from service.network.fetching import CannotFetch, fetch
from service.polling.decoding import decode
from service.polling.politeness import Visitor
from service.text.extract import extract

ACCEPTED = "text/html, application/xhtml+xml;q=0.9"


def with_page_text(
    visitor: Visitor, raw: Mapping[str, Any], approach: Callable[[str], None]
) -> Mapping[str, Any]:
    """An article with the main text of its page, where that says more than its feed. Why a page could not be
    read is kept with the article. Raises HostBusy."""
    try:
        text = _main_text(visitor, raw["url"], approach)
    except CannotFetch as error:
        return {**raw, "page": f"Not read: {error.reason}"}
    return {**raw, "text": text} if len(text) > len(raw["text"]) else raw


def _main_text(visitor: Visitor, url: str, approach: Callable[[str], None]) -> str:
    if not visitor.may_read(url, approach):
        raise CannotFetch("The host's robots.txt does not allow it.")
    found = fetch(url, {"Accept": ACCEPTED}, visitor.limits, approach)
    kind = found.headers.get("content-type", "text/html")
    if found.status != 200 or "html" not in kind:
        raise CannotFetch(f"The answer was {found.status}, {kind[:50]}.")
    return extract(decode(found.body, kind)).text
