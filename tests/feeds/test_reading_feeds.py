"""Is a feed read as feedparser reads it, and is what is hostile harmless?"""

from __future__ import annotations

import io
from pathlib import Path

import feedparser
import orjson
import pytest
from feed_world import START, Clock, World, atom, rdf, rss, text_of

from service.errors import InvalidInput
from service.polling.decoding import decode
from service.polling.documents import Feed, NotAFeed, Page
from service.polling.opml import Outline, read_opml, write_opml
from service.polling.reading import read_document
from service.text.extract import visible_text

URL = "http://h.example/feeds/all.xml"


def read(text: str | bytes, content_type: str = "text/xml") -> Feed:
    body = text if isinstance(text, bytes) else text.encode()
    found = read_document(body, content_type, URL)
    assert isinstance(found, Feed)
    return found


@pytest.mark.parametrize("write", [rss, atom, rdf])
def test_items_are_those_that_feedparser_finds(write: object) -> None:
    made = World(Clock(), hosts=["h.example"])
    made.clock.now = START + 3000
    assert callable(write)
    text = write(made, 3)
    ours = read(text)
    headers = {"content-type": "application/xml", "content-location": URL}
    plain = {"sanitize_html": False, "resolve_relative_uris": False}
    theirs = feedparser.parse(io.BytesIO(text.encode()), response_headers=headers, **plain)
    assert ours.title == theirs.feed.title
    assert len(ours.items) == len(theirs.entries) == 10
    for item, entry in zip(ours.items, theirs.entries, strict=True):
        assert (item.title, item.link, item.guid) == (entry.title, entry.link, entry.id)
        assert item.html == (entry.content[0].value if "content" in entry else entry.summary)
        assert item.published == (entry.published if "published" in entry else entry.updated)
    assert visible_text(ours.items[0].html) == visible_text(text_of(3, made.served(3) - 1))


def test_what_is_relative_or_named_in_other_ways_is_found() -> None:
    [item] = read(
        """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="http://base.example/a/"><entry>
        <title type="text">1 &lt; 2</title><link rel="enclosure" href="x.mp3"/><link href="b"/>
        <content type="xhtml"><x:div xmlns:x="http://www.w3.org/1999/xhtml">An <x:b>important</x:b> word
        <x:script>no()</x:script></x:div></content><source><title>The Daily</title></source></entry></feed>"""
    ).items
    assert (item.link, item.source) == ("http://base.example/a/b", "The Daily")
    assert visible_text(item.title) == "1 < 2"
    assert visible_text(item.html) == "An important word"
    [item] = read(
        "<rss><channel><item><guid>http://h.example/7</guid><title>T&eacute;&nbsp;x</title></item>"
    ).items
    assert (item.link, item.title) == ("http://h.example/7", "Té\xa0x")
    feed = read("<rss><channel><sy:updatePeriod xmlns:sy='s'>hourly</sy:updatePeriod></channel></rss>")
    assert feed.minutes == 60


def test_json_feeds_are_read_leniently() -> None:
    items = [{"id": 5, "content_text": "a < b"}, "no item", {"id": "6", "external_url": "/x", "title": 7}]
    found = read(orjson.dumps({"title": "J", "items": items}))
    assert [(one.guid, one.link, one.title) for one in found.items] == [
        ("5", "", ""),
        ("6", "http://h.example/x", ""),
    ]
    assert visible_text(found.items[0].html) == "a < b"
    with pytest.raises(NotAFeed, match="no items"):
        read(b'{"a": 1}')


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("مرحبا".encode(), "text/xml; charset=windows-1252", "مرحبا"),
        ("<?xml encoding='windows-1256'?>مرحبا".encode("windows-1256"), "", "مرحبا"),
        ("مرحبا".encode("utf-16"), "", "مرحبا"),
        ("<a>مرحبا بالعالم في هذا اليوم الجديد</a>".encode("windows-1256"), "text/xml; charset=utf-8", "a"),
        ("Les élèves ont été reçus à la mairie".encode("latin-1"), "charset=punycode", "été reçus"),
    ],
)
def test_letters_survive_wrong_labels(body: bytes, content_type: str, text: str) -> None:
    assert text in decode(body, content_type)


HEAD = "<rss version='2.0'><channel><title>t</title>"
HIDDEN = "<!-- <a --><!DOCTYPE rss [<!ENTITY a SYSTEM 'file:///etc/passwd'><!ENTITY b 'bbbb'>]>"


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}<item>{'<a>' * 100_000}",
        f"{HEAD}<item><description>{'<' * 200_000}",
        f"{HEAD}<item a='{'x' * 500_000}",
        f"{HEAD}<item><description>{'&' * 200_000}",
        f"{HEAD}{'<!--' * 50_000}",
        f"{HEAD}{'<item/>' * 20_000}",
        f"{HIDDEN}{HEAD}<item><title>&a;&b;</title></item></channel></rss>",
    ],
)
def test_hostile_feeds_are_read_as_far_as_they_go(text: str) -> None:
    found = read(text)
    assert len(found.items) <= 500
    assert not any("root:" in item.title or "bbbb" in item.title for item in found.items)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><rss/>", "entities"),
        (b"<?xml version='1.0'?><svg onload='alert(1)'/>", "no feed"),
        (b"/etc/passwd", "neither"),
        (b"http://127.0.0.1/", "neither"),
        (b'{"items": ' + b"[" * 100_000, "not JSON"),
        (b"", "empty"),
    ],
)
def test_what_is_no_feed_says_so(body: bytes, reason: str) -> None:
    with pytest.raises(NotAFeed, match=reason):
        read_document(body, "", URL)


def test_a_page_names_its_feeds_comments_last() -> None:
    page = read_document(
        b"<!DOCTYPE html><base href='/b/'><LINK REL=alternate TYPE=application/rss+xml href='comments/f'>"
        b"<link rel='stylesheet' href='s'>"
        b"<link href=\"f?a=1&amp;b=2\" type='application/atom+xml' rel=alternate>"
        + b"<link rel=alternate type=application/rss+xml href="
        + b"<link " * 10_000,
        "text/html",
        URL,
    )
    assert page == Page(("http://h.example/b/f?a=1&b=2", "http://h.example/b/comments/f"))


def test_lists_of_feeds_come_and_go_as_opml() -> None:
    listed = [
        Outline("One & <b>", "http://a.example/?x=1&y", "http://a.example/"),
        Outline("2", "http://b/", ""),
    ]
    assert read_opml(write_opml("mine", listed).decode()) == listed
    nested = "<opml><body><outline text='f'><outline text='t' xmlUrl=' http://c/ '/></outline>"
    assert read_opml(nested) == [Outline("t", "http://c/", "")]
    for wrong in ("<rss/>", "<opml><body/></opml>", "no", "<!DOCTYPE a [<!ENTITY b 'c'>]><opml/>"):
        with pytest.raises(InvalidInput):
            read_opml(wrong)


def test_a_feed_is_never_taken_for_a_path(tmp_path: Path) -> None:
    """feedparser would open what looks like one."""
    secret = tmp_path / "secret"
    secret.write_text(f"{HEAD}<item><title>secret</title></item></channel></rss>")
    with pytest.raises(NotAFeed):
        read_document(str(secret).encode(), "", URL)
