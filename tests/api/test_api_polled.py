"""Can feeds be added, polled, listed as OPML and read without copies, and is what is wrong refused?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import feedparser
import orjson
import pytest
from feed_world import START, World, answer, quick, world
from reports import FERRY_COURIER, FERRY_LEDGER, LIBRARY
from serving import Served, served


def eventually(holds: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 20
    while not (found := holds()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("feeds"), **quick(feed_host_seconds=0.01)) as running:
        yield running


@pytest.fixture(scope="module")
def made() -> Iterator[World]:
    with world(hosts=2) as found:
        found.clock.now = START + 600
        yield found


def add(service: Served, url: str, **more: Any) -> dict[str, Any]:
    told = service.client.post("/v1/feeds", json={"url": url, **more})
    assert told.status_code == 201, told.text
    assert told.headers["location"] == f"/v1/feeds/{told.json()['id']}"
    return dict(told.json())


def polled(service: Served, feed: dict[str, Any]) -> dict[str, Any]:
    """The feed after its next poll."""

    def get() -> Any:
        found = service.client.get(f"/v1/feeds/{feed['id']}").json()
        return found if found["polled_at"] and found["polled_at"] != feed["polled_at"] else None

    return dict(eventually(get))


def test_a_feed_is_added_polled_and_removed(service: Served, made: World) -> None:
    feed = add(service, made.url(5, "atom"), outlet="The Polled Daily")
    assert feed["state"] == "active"
    feed = polled(service, feed)
    assert (feed["title"], feed["items"], feed["status"]) == ("Feed 5", 5, 200)
    again = add(service, made.url(5, "atom"))
    assert again["id"] == feed["id"]
    listed = eventually(
        lambda: service.client.get("/v1/articles", params={"outlet": "The Polled Daily"}).json()["articles"]
    )
    assert len(listed) == 5
    assert service.client.post(f"/v1/feeds/{feed['id']}/poll").status_code == 202
    assert polled(service, feed)["status"] == 304
    assert service.client.delete(f"/v1/feeds/{feed['id']}").status_code == 204
    assert service.client.get(f"/v1/feeds/{feed['id']}").status_code == 404
    assert service.client.get(f"/v1/articles/{listed[0]['id']}").status_code == 200


def test_a_broken_feed_says_why(service: Served, made: World) -> None:
    feed = polled(service, add(service, made.url(6, "gone")))
    assert (feed["state"], feed["reason"]) == ("dead", "The answer was 410.")
    assert "feeds_broken 1" in service.client.get("/metrics").text


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "http://", "javascript:1", "", "http://u:p@h.example/"]
)
def test_what_is_no_address_is_refused(service: Served, url: str) -> None:
    told = service.client.post("/v1/feeds", json={"url": url})
    assert told.status_code == 422
    assert "passwd" not in told.text


def test_private_addresses_are_refused_unless_allowed(tmp_path: Path) -> None:
    with served(tmp_path, working=False) as careful:
        told = careful.client.post("/v1/feeds", json={"url": "http://127.0.0.1:1/feed"})
        assert told.status_code == 422
        assert "SAMESTORY_FEED_PRIVATE" in told.json()["detail"]


def test_lists_come_in_as_opml_and_go_out_as_twins(service: Served, made: World) -> None:
    listed = "".join(f'<outline text="F{n}" xmlUrl="{made.url(n, "rss")}"/>' for n in (8, 9, 8))
    body = f"<opml><body>{listed}<outline xmlUrl='gopher://x/'/></body></opml>"
    headers = {"content-type": "text/x-opml"}
    told = service.client.post("/v1/opml", content=body, headers=headers).json()
    assert (told["added"], told["known"], [one["url"] for one in told["refused"]]) == (2, 0, ["gopher://x/"])
    told = service.client.post("/v1/opml", content=body, headers=headers).json()
    assert (told["added"], told["known"]) == (0, 2)
    assert made.url(9, "rss") in service.client.get("/v1/opml").text
    twins = service.client.get("/v1/opml", params={"deduped": True}).text
    assert made.url(9, "rss") not in twins
    assert f"{service.address}/v1/feeds/fd-" in twins
    assert service.client.post("/v1/opml", content="<rss/>", headers=headers).status_code == 400


def test_each_story_stands_in_the_twin_of_the_feed_that_had_it_first(
    made: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two feeds with reports of one event: a reader of both twins sees it once, and reaches every report."""
    feeds = {
        "rss": [FERRY_COURIER, LIBRARY],
        "json": [{**FERRY_LEDGER, "url": "http://ledger.example/ferry"}],
    }

    def tell(world: World, kind: str, number: int) -> Any:
        if number != 77:
            return answer(world, kind, number)
        items = [
            {"id": one["id"], "url": one.get("url"), "title": one["title"], "content_text": one["text"]}
            for one in feeds[kind]
        ]
        return 200, {}, orjson.dumps({"title": kind, "items": items})

    monkeypatch.setattr("feed_world.answer", tell)
    with served(tmp_path, **quick(feed_host_seconds=0.01)) as service:
        first = polled(service, add(service, made.url(77, "rss"), outlet="One"))
        eventually(lambda: len(service.client.get("/v1/stories").json()["stories"]) == 2)
        second = polled(service, add(service, made.url(77, "json"), outlet="Two"))
        count = eventually(lambda: service.client.get("/v1/stories?min_outlets=2").json()["stories"])
        assert len(count) == 1

        def twin(feed: dict[str, Any], tail: str = "atom") -> Any:
            told = service.client.get(f"/v1/feeds/{feed['id']}/deduped.{tail}")
            assert told.status_code == 200, told.text
            return told

        one, two = (feedparser.parse(twin(feed).content) for feed in (first, second))
        assert not one.bozo
        assert len(one.entries) == 2
        assert two.entries == []
        ferry = next(entry for entry in one.entries if "links" in entry and len(entry.links) > 2)
        assert "http://ledger.example/ferry" in [link.href for link in ferry.links]
        marked = twin(second, "json?mode=mark").json()["items"]
        assert [item["title"].startswith("[again]") for item in marked] == [True]
        assert len(feedparser.parse(twin(first, "rss?mode=first").content).entries) == 2
        tag = twin(first).headers["etag"]
        path = f"/v1/feeds/{first['id']}/deduped.atom"
        assert service.client.get(path, headers={"if-none-match": tag}).status_code == 304
        service.client.delete(f"/v1/feeds/{first['id']}")
        assert len(feedparser.parse(twin(second).content).entries) == 1


def test_full_text_is_read_from_pages_where_robots_allow_it(
    made: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = "".join(f"<p>{sentence}.</p>" for sentence in LIBRARY["text"].split(". ") * 3)
    pages = {
        "open": f"<html><body><article><h1>T</h1>{body}</article></body></html>",
        "shut": "<p>secret</p>",
    }

    def tell(world: World, kind: str, number: int) -> Any:
        if kind in pages:
            return 200, {"Content-Type": "text/html"}, pages[kind].encode()
        items = [
            {"id": name, "url": f"/{name}/1", "title": name, "content_text": "A summary."} for name in pages
        ]
        return 200, {}, orjson.dumps({"title": "Full", "items": items})

    monkeypatch.setattr("feed_world.answer", tell)
    monkeypatch.setattr("feed_world.ROBOTS", b"User-agent: *\nDisallow: /shut/\n")
    with served(tmp_path, **quick(feed_host_seconds=0.01)) as service:
        add(service, made.url(50, "rss"), full_text=True)
        found = eventually(
            lambda: len(listed := service.client.get("/v1/articles").json()["articles"]) == 2 and listed
        )
        texts = {one["title"]: service.client.get(f"/v1/articles/{one['id']}").json() for one in found}
        assert "A summary" not in texts["open"]["text"]
        assert LIBRARY["text"][:40] in texts["open"]["text"]
        assert "A summary." in texts["shut"]["text"]
        assert "robots.txt" in orjson.dumps(texts["shut"]["extra"]).decode()
    paths = [path for _, path, *_ in made.requests]
    assert "/open/1" in paths
    assert "/shut/1" not in paths
