"""Are entries what a reader needs, and is what is written valid, whatever the senders wrote?"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import feedparser
import orjson
import pytest

from service.feeds import render
from service.feeds.entries import Entry, Feed, Mode, entries, web_address
from service.store.records import MemberRecord, StoryRecord

HOME = "http://127.0.0.1:8420/"
NOW = 1_700_000_000.0


def member(number: int, **changes: Any) -> MemberRecord:
    """A report of an outlet of its own."""
    found = MemberRecord(
        article_id=f"a{number}", story_id="st-1", outlet=f"Outlet {number}", title=f"Title {number}",
        lang="en", url=f"https://o{number}.example/{number}", published_at=NOW + number,
        arrived_at=NOW + 100 + number, relation="same_event" if number else None, score=1.0,
        linked_to="a0" if number else None, evidence=None,
    )  # fmt: skip
    return replace(found, **changes)


def story(count: int, **changes: Any) -> StoryRecord:
    """The story of so many reports, for which the second one speaks."""
    found = StoryRecord(
        id="st-1", status="live", merged_into=None, title="Title 1", representative_article_id="a1",
        first_reported=NOW, latest_reported=NOW, first_published=NOW, latest_published=NOW,
        article_count=count, closed_at=None,
        outlet_count=count, independent_outlet_count=count, languages=["en"], updated_change=1,
        created_at=NOW,
    )  # fmt: skip
    return replace(found, **changes)


def made(count: int, mode: Mode = "collapse", **changes: Any) -> tuple[Entry, ...]:
    """The entries of one story of so many reports."""
    members = [member(number) for number in range(count)]
    return entries([story(count, **changes)], {"st-1": members}, {"st-1": NOW + count}, mode, HOME)


def feed(*found: Entry) -> Feed:
    return Feed(
        "Stories", HOME, f"{HOME}v1/stories.atom?q=a&b", f"{HOME}v1/stories.atom?cursor=x", None, found
    )


def test_a_story_is_one_entry_with_a_link_to_every_report() -> None:
    (entry,) = made(12)
    assert entry.link == "https://o1.example/1"
    assert len(entry.also) == 11
    for number in range(12):
        assert f'href="https://o{number}.example/{number}"' in entry.content
    assert entry.published == NOW


def test_a_story_that_grows_is_the_same_entry_updated() -> None:
    (before,), (after,) = made(3), made(4)
    assert before.guid == after.guid
    assert after.updated > before.updated


def test_what_an_entry_leaves_out_is_said_and_the_story_page_leads_there() -> None:
    (entry,) = made(3, article_count=703)
    assert "700 more reports" in entry.content
    assert f"{HOME}stories/st-1" in entry.content


def test_the_first_report_alone_stays_as_it_is() -> None:
    assert made(3, "first", article_count=1) == made(9, "first", article_count=1)
    (entry,) = made(3, "first")
    assert (entry.title, entry.also) == ("Title 0", ())


def test_marked_reports_are_entries_of_their_own_and_say_whom_they_follow() -> None:
    found = made(3, "mark")
    assert len({entry.guid for entry in found}) == 3
    assert sorted(entry.title for entry in found) == ["Title 0", "[again] Title 1", "[again] Title 2"]
    assert [address for entry in found for _, address in entry.also] == ["https://o0.example/0"] * 2


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/b?c=d&e=%20", "https://a.example/b?c=d&e=%20"),
        ('http://a.example/"<b> c', "http://a.example/%22%3Cb%3E%20c"),
        ("https://a.example/خبر", "https://a.example/خبر"),
        ("https://a.example/\u202e\x07", "https://a.example/%E2%80%AE%07"),
        ("javascript:alert(1)", ""),
        ("http://[", ""),
        ("", ""),
    ],
)
def test_only_web_addresses_become_links(url: str, expected: str) -> None:
    assert web_address(url) == expected


HOSTILE = "<script>alert('1')</script> & \x00\x0b\ufffe ]]> \u202e سد"


def hostile() -> Feed:
    members = [member(n, title=HOSTILE, outlet=HOSTILE, url=f'https://x.example/"><b>{n}') for n in range(3)]
    told = story(3, title=HOSTILE, languages=["ar", "en"])
    return feed(*entries([told], {"st-1": members}, {"st-1": NOW}, "collapse", HOME))


@pytest.mark.parametrize("write", [render.rss, render.atom])
def test_hostile_text_leaves_the_document_well_formed_and_is_only_text(write: Any) -> None:
    parsed = feedparser.parse(write(hostile()), sanitize_html=False)
    assert not parsed.bozo, parsed.get("bozo_exception")
    (entry,) = parsed.entries
    body = entry.content[0].value if "content" in entry else entry.description
    assert "<script" not in body
    assert len(re.findall(r'<a href="https://x.example/%22%3E%3Cb%3E\d">', body)) == 3


def test_rss_has_what_rss_asks_for() -> None:
    parsed = feedparser.parse(render.rss(feed(*made(3))))
    assert (parsed.version, bool(parsed.bozo)) == ("rss20", False)
    assert parsed.feed.title
    assert parsed.feed.link == HOME
    assert parsed.feed.subtitle
    (entry,) = parsed.entries
    assert entry.guidislink is False
    assert entry.published_parsed < entry.updated_parsed


def test_atom_has_what_rfc_4287_asks_for() -> None:
    parsed = feedparser.parse(render.atom(feed(*made(3))))
    assert (parsed.version, bool(parsed.bozo)) == ("atom10", False)
    assert parsed.feed.id
    assert parsed.feed.updated
    assert parsed.feed.author
    assert {link.rel for link in parsed.feed.links} == {"self", "alternate", "next"}
    (entry,) = parsed.entries
    assert entry.id.startswith("urn:uuid:")
    assert [link.rel for link in entry.links] == ["alternate", "related", "related", "via"]
    assert (entry.title_detail.language, entry.content[0].type) == ("en", "text/html")
    assert parsed.feed.updated == entry.updated


def test_json_feed_has_what_version_1_1_asks_for() -> None:
    found = orjson.loads(render.json(feed(*made(3))))
    assert found["version"] == "https://jsonfeed.org/version/1.1"
    assert found["title"]
    assert found["next_url"].startswith(HOME)
    (item,) = found["items"]
    assert isinstance(item["id"], str)
    assert item["content_html"]
    assert item["authors"] == [{"name": "Outlet 1"}]
    assert [one["url"] for one in item["_samestory"]["also_in"]] == [
        "https://o0.example/0",
        "https://o2.example/2",
    ]


@pytest.mark.parametrize("write", [render.rss, render.atom])
def test_an_empty_feed_is_a_feed(write: Any) -> None:
    parsed = feedparser.parse(write(feed()))
    assert not parsed.bozo
    assert parsed.entries == []
    assert orjson.loads(render.json(feed()))["items"] == []
