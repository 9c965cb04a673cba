"""Does a reader that subscribes see each event once, updated as it grows, and reach every report?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import feedparser
import pytest
from reports import COMMUNIQUE, DAM_NAHAR, LIBRARY
from serving import Served, served

FORMS = ["rss", "atom", "json"]


def report(number: int) -> dict[str, Any]:
    """One outlet's report of the ferry, in its own words around the authority's."""
    own = [f"{word}{number}" for word in ("anchor", "breakwater", "crane", "dory", "estuary", "fender")]
    opening = f"Outlet number {number} sent its reporter at dawn. {' '.join(own[: 2 + number % 5])}."
    return {
        "id": f"ferry-{number}",
        "outlet": f"Outlet {number}",
        "title": f"Ferry Meridian aground, account {number}",
        "url": f"https://outlet{number}.example/ferry",
        "lang": "en",
        "published": f"2024-03-05T09:{number:02d}:00Z",
        "text": f"{opening}\n\n{COMMUNIQUE}",
    }


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Twelve outlets on one event, and two other events."""
    with served(tmp_path_factory.mktemp("feeds")) as running:
        running.post_articles([*map(report, range(12)), LIBRARY, DAM_NAHAR])
        yield running


def read(service: Served, form: str, **query: Any) -> list[dict[str, Any]]:
    """The entries as feedparser sees them."""
    answer = service.client.get(f"/v1/stories.{form}", params=query)
    assert answer.status_code == 200, answer.text
    parsed = feedparser.parse(
        answer.content, response_headers={"content-type": answer.headers["content-type"]}
    )
    assert not parsed.bozo, parsed.get("bozo_exception")
    return list(parsed.entries)


def entries(service: Served, form: str, **query: Any) -> list[tuple[str, str]]:
    """(guid, everything said) of each entry."""
    if form == "json":
        items = service.client.get("/v1/stories.json", params=query).json()["items"]
        return [(item["id"], str(item)) for item in items]
    return [(entry["id"], str(entry)) for entry in read(service, form, **query)]


@pytest.mark.parametrize("form", FORMS)
def test_an_event_of_twelve_outlets_is_one_entry_that_loses_no_link(service: Served, form: str) -> None:
    found = [text for _, text in entries(service, form) if "/ferry" in text]
    assert len(entries(service, form)) == 3
    (ferry,) = found
    for number in range(12):
        assert f"https://outlet{number}.example/ferry" in ferry


def test_all_forms_name_an_entry_alike(service: Served) -> None:
    assert len({tuple(guid for guid, _ in entries(service, form)) for form in FORMS}) == 1


@pytest.mark.parametrize("form", FORMS)
def test_modes_and_filters(service: Served, form: str) -> None:
    assert len(entries(service, form, mode="mark")) == 14
    assert len(entries(service, form, mode="first")) == 3
    assert len(entries(service, form, min_outlets=2)) == 1
    assert len(entries(service, form, lang="ar")) == 1
    assert len(entries(service, form, q="no such words")) == 0
    assert service.client.get(f"/v1/stories.{form}", params={"mode": "none"}).status_code == 422


def test_a_feed_goes_on_where_its_page_ends(service: Served) -> None:
    address: str | None = "/v1/stories.json?limit=2"
    seen: list[str] = []
    while address:
        page = service.client.get(address).json()
        seen += [item["id"] for item in page["items"]]
        address = page.get("next_url")
    assert len(seen) == len(set(seen)) == 3


def updated(service: Served, form: str) -> dict[str, str]:
    """When each entry was last changed, by its guid."""
    if form == "json":
        items = service.client.get("/v1/stories.json").json()["items"]
        return {item["id"]: item["date_modified"] for item in items}
    return {entry["id"]: entry["updated"] for entry in read(service, form)}


@pytest.mark.parametrize("form", FORMS)
def test_growing_a_story_updates_the_same_entry(tmp_path_factory: pytest.TempPathFactory, form: str) -> None:
    with served(tmp_path_factory.mktemp("growing")) as service:
        service.post_articles([report(0), report(1), LIBRARY])
        before = updated(service, form)
        time.sleep(1.1)  # times in feeds are whole seconds
        service.post_articles(report(2))
        after, said = updated(service, form), dict(entries(service, form))
    assert before.keys() == after.keys()
    (grown,) = [guid for guid in after if after[guid] != before[guid]]
    assert "outlet2.example" in said[grown]


@pytest.mark.parametrize("form", FORMS)
def test_an_unchanged_feed_is_not_sent_again(service: Served, form: str) -> None:
    path = f"/v1/stories.{form}"
    while "last-modified" not in (first := service.client.get(path)).headers:
        time.sleep(0.1)  # it is there once the second of the newest change is over
    modified = first.headers["last-modified"]

    def status(**headers: str) -> int:
        return service.client.get(path, headers=headers).status_code

    assert status(**{"if-none-match": first.headers["etag"]}) == 304
    assert status(**{"if-modified-since": modified}) == 304
    assert status(**{"if-modified-since": "Mon, 01 Jan 2024 00:00:00 GMT"}) == 200
    assert status(**{"if-none-match": '"other"', "if-modified-since": modified}) == 200
    for nonsense in ("yesterday", "Mon, 99 Foo 99999 99:99:99 GMT", "0"):
        assert status(**{"if-modified-since": nonsense}) == 200


def test_a_change_ends_what_if_modified_since_promised(tmp_path_factory: pytest.TempPathFactory) -> None:
    """However close it follows the answer before."""
    with served(tmp_path_factory.mktemp("modified")) as service:
        service.post_articles(report(0))
        for number in range(1, 6):
            known = service.client.get("/v1/stories.rss").headers.get("last-modified")
            service.post_articles(report(number))
            asked = {"if-modified-since": known} if known else {}
            answer = service.client.get("/v1/stories.rss", headers=asked)
            assert f"outlet{number}.example" in answer.text
