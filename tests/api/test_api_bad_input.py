"""Does every bad input get a clear answer that names the place and repeats nothing of it? Over real HTTP."""

from __future__ import annotations

import gzip
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from serving import Served, served

MIB = 1024 * 1024
JSON = {"content-type": "application/json"}
NDJSON = {"content-type": "application/x-ndjson"}
MARKED = "Xyzzy-do-not-repeat"


def post(service: Served, content: bytes, headers: dict[str, str] = JSON, path: str = "/v1/articles") -> Any:
    answer = service.client.post(path, content=content, headers=headers)
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code
        assert MARKED not in answer.text
    return answer


def resident() -> int:
    """Bytes of memory this process holds; the server runs in it."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def chunks(total: int, first: bytes = b"") -> Iterator[bytes]:
    yield first
    for _ in range(total // 65536):
        yield b" " * 65536


# Too large


@pytest.mark.parametrize("first", [b"[", b"{", b""])
@pytest.mark.parametrize("path", ["/v1/articles", "/v1/match", "/v1/reclusters"])
def test_a_hundred_megabytes_in_chunks_are_counted_and_refused(
    service: Served, first: bytes, path: str
) -> None:
    before = resident()
    answer = service.client.post(path, content=chunks(100 * MIB, first), headers=JSON)
    assert answer.status_code == 413
    assert answer.json()["type"] == "/problems/too-large"
    assert resident() - before < 40 * MIB


def test_a_declared_hundred_megabytes_are_refused_before_they_arrive(service: Served) -> None:
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        connection.sendall(
            b"POST /v1/articles HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b"Content-Length: 104857600\r\nExpect: 100-continue\r\n\r\n"
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_an_article_over_the_limit_is_refused_alone(service: Served) -> None:
    big = b'{"id": "big", "text": "' + b"word " * (MIB // 5) + b'"}'
    small = b'{"id": "small-beside-big", "text": "few words"}'
    assert post(service, big).status_code == 413
    for content, headers in ((b"[" + big + b"," + small + b"]", JSON), (big + b"\n" + small, NDJSON)):
        results = post(service, content, headers).json()["results"]
        assert results[0]["status"] == "rejected"
        assert results[0]["error"]["status"] == 413
        assert results[1]["id"] == "small-beside-big"
    extra = b'[{"id": "big-extra", "text": "few", "more": "' + b"x" * MIB + b'"}, ' + small + b"]"
    assert post(service, extra).json()["results"][0]["error"]["status"] == 413


def test_too_many_articles_are_refused(service: Served) -> None:
    assert post(service, b"[" + b"{}," * 10_000 + b"{}]").status_code == 413
    assert post(service, b"{}\n" * 10_001, NDJSON).status_code == 413


# Not JSON, or not one meaning


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"[" * 100_000 + b"]" * 100_000, "64 levels"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "64 levels"),
        (b'{"id": "%s", "text": NaN}' % MARKED.encode(), "byte 38"),
        (b'{"text": -Infinity}', "byte 9"),
        (b'{"id": "%s", "id": "b"}' % MARKED.encode(), "second time"),
        (b'{"year": ' + b"9" * 5_000 + b"}", "byte 9"),
        (b'{"year": 1e999}', "byte 9"),
        (b'{"title": "caf\xe9"}', "byte 14"),
        ('{"title": "été"}'.encode("utf-16"), "byte 0"),
        (b'{"title": "' + MARKED.encode(), "Line 1"),
        (b'{"title": "a"}{"title": "b"}', "byte 14"),
        (b"", "Line 1"),
        (b"null", "object"),
        (b'"' + MARKED.encode() + b'"', "object"),
    ],
)
def test_unreadable_json_is_refused_with_the_place(service: Served, content: bytes, place: str) -> None:
    for path in ("/v1/articles", "/v1/match"):
        answer = post(service, content, path=path)
        assert answer.status_code in (400, 422)
        assert place in answer.json()["detail"]


def test_a_bad_line_of_a_stream_is_named_by_its_number(service: Served) -> None:
    body = b'{"id": "stream-good", "text": "few words"}\n\n{"id": NaN}\n\xff\n'
    results = post(service, body, NDJSON).json()["results"]
    assert [result["status"] for result in results] == ["accepted", "rejected", "rejected"]
    assert "Line 3" in results[1]["error"]["detail"]
    assert "Line 4" in results[2]["error"]["detail"]


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "application/json; charset=latin-1"},
        {"content-type": "application/json", "content-encoding": "gzip"},
        {"content-type": "application/json", "content-encoding": "br"},
        {},
    ],
)
def test_other_content_types_and_compression_are_refused(service: Served, headers: dict[str, str]) -> None:
    content = gzip.compress(b"[]") if headers.get("content-encoding") == "gzip" else b"[]"
    assert post(service, content, headers).status_code == 415
    assert post(service, content, headers, "/v1/match").status_code == 415


def test_declared_utf8_is_fine(service: Served) -> None:
    assert post(service, b"[]", {"content-type": "application/json; charset=UTF-8"}).status_code == 200


# Characters that databases and eyes stumble over


@pytest.mark.parametrize("escape", [r"\u0000", r"\ud800", r"\udc00\ud800"])
def test_nul_and_lone_surrogates_in_an_id_are_refused(service: Served, escape: str) -> None:
    answer = post(service, b'{"id": "a%sb", "text": "t"}' % escape.encode())
    assert answer.status_code == 422
    assert "id" in answer.json()["detail"]


@pytest.mark.parametrize("escape", [r"\u0000", r"\ud800"])
def test_nul_and_lone_surrogates_in_a_text_are_removed_and_that_is_said(service: Served, escape: str) -> None:
    id = f"stripped-{escape[2:]}"
    body = f'{{"id": "{id}", "title": "T{escape}", "text": "some{escape} words", "x": "{escape}"}}'
    assert post(service, body.encode()).status_code == 202
    assert service.engine.wait_placed([id], 20)
    found = service.client.get(f"/v1/articles/{id}").json()
    assert (found["text"], found["title"]) == ("some words", "T")
    assert any("removed" in note for note in found["notes"])


def test_a_nul_in_the_address_is_refused(service: Served) -> None:
    for path in ("/v1/articles/a%00b", "/v1/stories?q=%00", "/v1/articles?outlet=a%00"):
        assert service.client.get(path).status_code == 400


@pytest.mark.parametrize(
    "text",
    [
        "e" + "\u0301" * 500_000,
        "e" + "\u0301\u0323" * 150_000,
        "\ufdfa" * 300_000,
        "\u200b\u200e\u202e" * 100_000,
        "x" * 1_000_000,
        "\U0001f4f0" * 200_000,
        "a\n" * 300_000,
        "<div>" * 100_000,
    ],
    ids=["marks", "two marks", "FDFA", "invisible", "one token", "astral", "lines", "tags"],
)
def test_a_bomb_of_text_is_taken_in_and_placed_soon(service: Served, text: str) -> None:
    id = f"bomb-{hash(text)}"
    began = time.monotonic()
    result = service.post_articles({"id": id, "text": text})["results"][0]
    assert result["state"] in ("placed", "rejected")
    assert time.monotonic() - began < 60
    assert service.client.get(f"/v1/articles/{id}").status_code == 200


def test_a_bomb_of_nested_html_is_taken_in_and_placed_soon(service: Served) -> None:
    began = time.monotonic()
    html = "<html><body>" + "<div>" * 100_000 + "words" + "</div>" * 80_000
    result = service.post_articles({"id": "nested-html", "html": html})["results"][0]
    assert result["state"] in ("placed", "rejected")
    assert time.monotonic() - began < 60


def test_invisible_characters_are_dropped_for_matching_and_kept_for_display(service: Served) -> None:
    words = " ".join(f"invisible{number}word" for number in range(60))
    hidden = words.replace("word", "wo\u200brd\u200f")
    results = service.post_articles(
        [{"id": "seen", "text": words, "outlet": "A"}, {"id": "unseen", "text": hidden, "outlet": "B"}]
    )["results"]
    assert results[0]["story_id"] == results[1]["story_id"]
    assert service.client.get("/v1/articles/unseen").json()["text"] == hidden


def test_empty_and_tiny_texts_are_kept_and_never_linked(service: Served) -> None:
    texts = ["", "", "Word", "Word", "Read more Share Comment", "Read more Share Comment"]
    sent = [{"id": f"tiny-{number}", "text": text} for number, text in enumerate(texts)]
    results = service.post_articles(sent)["results"]
    assert len({result["story_id"] for result in results}) == len(texts)


# Dates


@pytest.mark.parametrize(
    ("published", "trusted"),
    [
        ("0001-01-01T00:00:00Z", False),
        ("1970-01-01T00:00:00Z", False),
        ("1717401600000", False),
        ("2999-01-01", False),
        ("not a date", False),
        ("2024-06-17T08:30:00+02:00", True),
        ("2024-06-17T08:30:00", True),
    ],
)
def test_dates_are_kept_as_given_and_trusted_only_where_plausible(
    service: Served, published: str, trusted: bool
) -> None:
    id = f"dated-{published}"
    service.post_articles({"id": id, "text": f"Undated words {published}", "published": published})
    found = service.client.get(f"/v1/articles/{id}").json()
    assert found["published"] == published
    assert (found["published_at"] is not None) == trusted
    naive = trusted and published[-1] == "0" and "+" not in published
    assert bool(found["notes"]) == (not trusted or naive)


# Parameters


@pytest.mark.parametrize(
    "address",
    [
        "/v1/stories?sort=fastest",
        "/v1/stories?limit=0",
        "/v1/stories?limit=100000",
        "/v1/stories?since=yesterdayish",
        "/v1/stories?min_outlets=-1",
        f"/v1/stories?{MARKED}=1",
        f"/v1/stories?lang={MARKED * 3}",
        "/v1/stories?q=" + "x" * 201,
        f"/v1/stories?cursor={MARKED}",
        "/v1/changes?since=-1",
        "/v1/changes?since=99999999999999999999",
        "/v1/articles?state=flying",
        "/v1/articles?cursor=WzEsMl0",
        "/v1/articles/" + "x" * 257,
    ],
)
def test_wrong_parameters_are_named_and_not_repeated(service: Served, address: str) -> None:
    answer = service.client.get(address)
    assert answer.status_code in (400, 422)
    problem = answer.json()
    assert MARKED not in answer.text
    assert problem.get("detail") or problem["errors"][0]["where"]


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/articles/a/b/c", "/static/../secrets", "/..%2f"])
def test_unknown_paths_are_404(service: Served, path: str) -> None:
    answer = service.client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_wrong_methods_are_405_and_say_which_are_right(service: Served) -> None:
    answer = service.client.put("/v1/stories", json={})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


# Time and space


def test_a_body_that_trickles_in_is_given_up(tmp_path: Path) -> None:
    with served(tmp_path, body_seconds=0.5) as service:
        with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
            connection.sendall(
                b"POST /v1/articles HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                b"Content-Length: 1000\r\n\r\n["
            )
            assert connection.recv(100).startswith(b"HTTP/1.1 408 ")
        assert service.client.get("/healthz").status_code == 200


@pytest.fixture
def hurried(tmp_path: Path) -> Iterator[Served]:
    """A service that waits for headers for a moment only."""
    with served(tmp_path, working=False, header_seconds=0.3) as service:
        yield service


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHo"])
@pytest.mark.parametrize("before", [b"", b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"])
def test_who_does_not_send_headers_is_shown_out(hurried: Served, before: bytes, sent: bytes) -> None:
    """Also one who sent a request before."""
    with socket.create_connection(("127.0.0.1", hurried.port), timeout=10) as connection:
        connection.sendall(before)
        answered = b""
        while before and not answered.endswith(b"}"):
            answered += connection.recv(10_000)
        connection.sendall(sent)
        assert connection.recv(100) == b""
    assert answered.startswith(b"HTTP/1.1 200 " if before else b"")
    assert hurried.client.get("/healthz").status_code == 200


def test_an_answer_may_take_longer_than_headers(hurried: Served) -> None:
    article = {"id": "slow", "text": "The old bridge reopened on Monday."}
    answer = hurried.client.post("/v1/articles", params={"wait": 1}, json=article)
    assert answer.status_code == 202


def test_smaller_limits_are_settings(tmp_path: Path) -> None:
    with served(tmp_path, article_bytes=1024, batch_bytes=2048, batch_articles=3) as service:
        assert post(service, b'{"text": "' + b"x " * 600 + b'"}').status_code == 413
        assert post(service, b"[" + b" " * 2048 + b"]").status_code == 413
        assert post(service, b"[{},{},{},{}]").status_code == 413
