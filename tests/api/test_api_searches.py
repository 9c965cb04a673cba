"""Is a saved search kept, told of by every way that changes go, and a feed of its own?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import feedparser
import pytest
from consumer import consumer
from reports import FERRY_COURIER, FERRY_LEDGER, LIBRARY
from serving import Served, served


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service that holds one report of the ferry."""
    with served(tmp_path_factory.mktemp("searches"), webhook_private=True) as running:
        running.post_articles([FERRY_COURIER, LIBRARY])
        yield running


def add(service: Served, **asked: Any) -> dict[str, Any]:
    answer = service.client.post("/v1/searches", json={"name": "Ferries", **asked})
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/v1/searches/{answer.json()['id']}"
    return dict(answer.json())


def get(service: Served, path: str, **params: Any) -> Any:
    answer = service.client.get(f"/v1/searches{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def eventually(holds: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 60
    while not (found := holds()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def test_a_story_that_comes_to_match_is_told_of_once_by_log_and_webhook(service: Served) -> None:
    wide = add(service, q="FERRY aground", min_independent=2, lang="en")
    known = add(service, q="library")
    with consumer() as told:
        asked = {"url": told.url, "types": ["search.matched"]}
        hook = service.client.post("/v1/webhooks", json=asked).json()
        service.post_articles([FERRY_LEDGER])
        story = service.client.get("/v1/articles/ferry-ledger").json()["story_id"]
        eventually(lambda: told.changes)
        service.post_articles([{**FERRY_LEDGER, "id": "more", "outlet": "A third", "title": "Again"}])
        service.post_articles([{**LIBRARY, "id": "more-books", "outlet": "A third"}])
        service.client.delete(f"/v1/webhooks/{hook['id']}")
    log = service.client.get("/v1/changes", params={"limit": 1000}).json()["changes"]
    found = [one for one in log if one["type"] == "search.matched"]
    assert told.changes == found
    assert [(one["story_id"], one["data"]) for one in found] == [
        (story, {"search_id": wide["id"], "name": "Ferries"})
    ]
    (match,) = get(service, f"/{wide['id']}/matches")["matches"]
    assert (match["story"]["id"], match["change"]) == (story, found[0]["seq"])
    (match,) = get(service, f"/{known['id']}/matches")["matches"]
    assert match["change"] is None


def test_a_search_is_a_feed_in_three_forms(service: Served) -> None:
    made = add(service, name="Books & <b>more</b>", q="Library", min_reports=1)
    for form, version in (("rss", "rss20"), ("atom", "atom10")):
        answer = service.client.get(f"/v1/searches/{made['id']}.{form}")
        parsed = feedparser.parse(answer.content)
        assert (parsed.bozo, parsed.version, parsed.feed.title) == (False, version, "Books & <b>more</b>")
        assert len(parsed.entries) == 1
        again = service.client.get(answer.url, headers={"if-none-match": answer.headers["etag"]})
        assert again.status_code == 304
    feed = service.client.get(f"/v1/searches/{made['id']}.json").json()
    everything = service.client.get("/v1/stories.json").json()["items"]
    assert feed["items"] == [one for one in everything if one["id"] == feed["items"][0]["id"]]


def test_searches_are_listed_in_pages_and_deleted(service: Served) -> None:
    made = {add(service, name=f"n{number}", outlet="Nobody")["id"] for number in range(3)}
    page = get(service, "", limit=2)
    rest = get(service, "", limit=200, cursor=page["next"])
    listed = [one["id"] for one in (*page["searches"], *rest["searches"])]
    assert made <= set(listed)
    assert listed == sorted(listed)
    for one in made:
        assert get(service, f"/{one}")["outlet"] == "Nobody"
        assert service.client.delete(f"/v1/searches/{one}").status_code == 204
        assert service.client.delete(f"/v1/searches/{one}").status_code == 404
    for tail in ("", "/matches", ".atom"):
        assert service.client.get(f"/v1/searches/{made.copy().pop()}{tail}").status_code == 404


def test_a_language_is_one_in_capitals_too(service: Served) -> None:
    made = add(service, lang="EN")
    assert made["lang"] == "en"
    assert len(get(service, f"/{made['id']}/matches")["matches"]) > 0
    english = service.client.get("/v1/stories", params={"lang": "En"}).json()["stories"]
    assert english == service.client.get("/v1/stories", params={"lang": "en"}).json()["stories"] != []


def test_matches_come_in_pages(service: Served) -> None:
    made = add(service, lang="en")
    first = get(service, f"/{made['id']}/matches", limit=1)
    rest = get(service, f"/{made['id']}/matches", cursor=first["next"])["matches"]
    live = {story["id"] for story in service.client.get("/v1/stories").json()["stories"]}
    assert {one["story"]["id"] for one in (*first["matches"], *rest)} == live
    assert len(rest) == len(live) - 1


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        ({"name": "n"}, "say what to look for"),
        ({"name": "n", "q": "   "}, "say what to look for"),
        ({"name": "n", "q": "\u0640\u064e"}, "say what to look for"),
        ({"name": " ", "q": "x"}, "at least 1 character"),
        ({"name": "n", "q": "x" * 201}, "at most 200"),
        ({"name": "n", "q": "x", "min_reports": 0}, "greater than or equal to 1"),
        ({"name": "n", "q": "\x00"}, "match pattern"),
        ({"name": "n", "q": "x", "colour": 1}, "not permitted"),
    ],
)
def test_what_asks_for_nothing_or_is_wrong_is_refused(
    service: Served, asked: dict[str, Any], wrong: str
) -> None:
    answer = service.client.post("/v1/searches", json=asked)
    assert answer.status_code == 422
    assert wrong in answer.json()["errors"][0]["message"]


def test_what_matches_after_a_restart_is_told_once(tmp_path: Path) -> None:
    with served(tmp_path) as service:
        made = add(service, q="ferry", min_independent=2)
        service.post_articles([FERRY_COURIER])
    with served(tmp_path, working=False) as service:
        service.client.post("/v1/articles", json=[FERRY_LEDGER])
    for _ in range(2):
        with served(tmp_path) as service:
            eventually(lambda: service.client.get("/v1/articles/ferry-ledger").json()["story_id"])
            eventually(lambda: get(service, f"/{made['id']}/matches")["matches"])
            log = service.client.get("/v1/changes").json()["changes"]
            assert len([one for one in log if one["type"] == "search.matched"]) == 1
