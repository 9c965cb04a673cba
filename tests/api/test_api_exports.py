"""Do all stories leave as a file, each once, and is nothing in it that a spreadsheet would compute?"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import httpx2
import orjson
import pytest
from reports import REPORTS
from serving import Served, served

from service.api import exports
from service.feeds.tables import COLUMNS, cell

FORMULA = '=HYPERLINK("https://evil.example","open"),\r\nsecond line'


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Three stories and one whose title is a formula."""
    hostile = {"id": "hostile", "title": FORMULA, "text": "Nobody else wrote of the lighthouse keeper's cat."}
    with served(tmp_path_factory.mktemp("exports")) as running:
        running.post_articles([*REPORTS, hostile])
        yield running


def table(service: Served, **query: Any) -> list[dict[str, str]]:
    """The lines of the CSV file as a program that follows the standard reads them."""
    answer = service.client.get("/v1/stories.csv", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(b"\xef\xbb\xbfid,")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def lines(service: Served, **query: Any) -> list[Any]:
    answer = service.client.get("/v1/stories.jsonl", params=query)
    assert answer.status_code == 200, answer.text
    return [orjson.loads(line) for line in answer.content.splitlines()]


def listed(service: Served, **query: Any) -> list[Any]:
    return list(service.client.get("/v1/stories", params=query).json()["stories"])


@pytest.mark.parametrize("page", [1, 2, 200])
def test_a_file_holds_what_the_list_holds_whatever_a_page_is(
    service: Served, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(exports, "PAGE", page)
    for sort in ("first", "latest", "size", "hot"):
        stories = listed(service, sort=sort)
        assert len(stories) == 4
        assert lines(service, sort=sort) == stories
        assert [row["id"] for row in table(service, sort=sort)] == [story["id"] for story in stories]
    assert lines(service) == listed(service, sort="first")
    assert len(lines(service, limit=3)) == len(table(service, limit=3)) == 3


def test_filters_are_those_of_the_list(service: Served) -> None:
    for query in ({"lang": "ar"}, {"min_outlets": 2}, {"q": "ferry"}, {"outlet": "Kellan Courier"}):
        assert lines(service, **query) == listed(service, **query, sort="first") != []
    assert table(service, q="no such words") == []
    for wrong in ({"sort": "none"}, {"limit": 0}, {"cursor": "none"}, {"unknown": "1"}):
        refused = service.client.get("/v1/stories.csv", params=wrong)
        assert refused.status_code in (400, 422)
        assert refused.headers["content-type"] == "application/problem+json"


def test_a_row_says_what_the_story_says(service: Served) -> None:
    story = listed(service, lang="ar")[0]
    (row,) = table(service, lang="ar")
    assert tuple(row) == COLUMNS
    assert row["title"] == story["title"]
    assert row["languages"] == "ar"
    assert int(row["outlet_count"]) == story["outlet_count"] == 2
    assert row["first_published"] == story["first_published"]


def test_a_title_that_is_a_formula_is_text(service: Served) -> None:
    (row,) = [row for row in table(service) if "evil" in row["title"]]
    assert row["title"].startswith("'=HYPERLINK(")
    assert "\n" not in row["title"]


@pytest.mark.parametrize(
    "start", ["=1+1", "+1", "-1", "@sum", "\t=1", "\r\n=1", " =1", "＝1", "＋1", "－1", "＠a"]
)
def test_no_text_begins_a_formula(start: str) -> None:
    assert str(cell(start)).startswith("'")


def test_plain_values_stay_as_they_are() -> None:
    assert [cell(value) for value in (None, 3, "a=b", ["ar", "en"], "نص")] == ["", 3, "a=b", "ar en", "نص"]


def test_a_file_is_sent_as_it_is_read(service: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads slowly, or only asks for the head, makes the server hold nothing."""
    monkeypatch.setattr(exports, "PAGE", 1)
    read: list[int] = []
    page_of_stories = exports.page_of_stories

    def counted(*asked: Any) -> Any:
        read.append(1)
        if len(read) == 3:
            raise RuntimeError("the store goes away amid the file")
        return page_of_stories(*asked)

    monkeypatch.setattr(exports, "page_of_stories", counted)
    with service.client.stream("GET", "/v1/stories.jsonl") as answer:
        assert answer.headers["content-disposition"] == 'attachment; filename="stories.jsonl"'
        parts = answer.iter_lines()
        assert orjson.loads(next(parts))["id"] != orjson.loads(next(parts))["id"]
        with pytest.raises(httpx2.RemoteProtocolError):  # never a file that only looks whole
            next(parts)
    monkeypatch.setattr(exports, "page_of_stories", page_of_stories)
    head = service.client.head("/v1/stories.csv")
    assert (head.status_code, head.content) == (200, b"")
