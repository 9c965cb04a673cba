"""What did a feed's address answer with? Told by how it begins, not by what it is called."""

from __future__ import annotations

import re

from service.polling.decoding import decode
from service.polling.documents import Feed, NotAFeed, Page
from service.polling.json_feeds import read_json_feed
from service.polling.web_pages import read_page
from service.polling.xml_feeds import read_xml_feed

HEAD = 2000
FEED = re.compile(r"<(rss|feed|rdf:rdf|channel)[\s>]")
PAGE = re.compile(r"<(!doctype html|html|head|body|title|meta)[\s>]")


def read_document(body: bytes, content_type: str, url: str) -> Feed | Page:
    """Read what an address answered. Raises NotAFeed."""
    text = decode(body, content_type).lstrip()
    head = text[:HEAD].lower()
    if not text:
        raise NotAFeed("The answer is empty.")
    if text.startswith("{"):
        return read_json_feed(text, url)
    if not FEED.search(head) and PAGE.search(head):
        return read_page(text, url)
    if not text.startswith("<"):
        raise NotAFeed("The answer is neither a feed nor a page.")
    return read_xml_feed(text, url)
