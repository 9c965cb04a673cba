"""How do lists of feeds travel from reader to reader? As OPML 2.0, read leniently and written plainly."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from xml.etree import ElementTree as Xml

from service.errors import InvalidInput
from service.polling.documents import NotAFeed
from service.polling.xml_feeds import FORBIDDEN, parse_xml

MOST = 5000


class Outline(NamedTuple):
    """A feed as an OPML file names it."""

    title: str
    url: str
    home: str


def read_opml(text: str) -> list[Outline]:
    """The feeds of a list, whatever folders they are in. Raises InvalidInput."""
    try:
        root = parse_xml(text)
    except NotAFeed as error:
        raise InvalidInput(error.reason) from None
    if str(root.tag).lower() != "opml":
        raise InvalidInput("That is not OPML.")
    found: dict[str, Outline] = {}
    for element in root.iter():
        said = {name.lower(): value for name, value in element.attrib.items()}
        if said.get("xmlurl", "").strip():
            title = said.get("title") or said.get("text", "")
            outline = Outline(title, said["xmlurl"].strip(), said.get("htmlurl", ""))
            found.setdefault(outline.url, outline)
        if len(found) > MOST:
            raise InvalidInput(f"An OPML file names at most {MOST} feeds.")
    if not found:
        raise InvalidInput("The OPML file names no feed (xmlUrl).")
    return list(found.values())


def write_opml(title: str, outlines: Iterable[Outline]) -> bytes:
    """A list of feeds as every reader takes it."""
    root = Xml.Element("opml", {"version": "2.0"})
    Xml.SubElement(Xml.SubElement(root, "head"), "title").text = title
    body = Xml.SubElement(root, "body")
    for outline in outlines:
        name = FORBIDDEN.sub("", outline.title) or outline.url
        said = {"type": "rss", "text": name, "title": name, "xmlUrl": outline.url}
        if outline.home:
            said["htmlUrl"] = FORBIDDEN.sub("", outline.home)
        Xml.SubElement(body, "outline", said)
    written: bytes = Xml.tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + written
