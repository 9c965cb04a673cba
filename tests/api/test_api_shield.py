"""Does every answer, a crash's too, carry the security headers? Is a foreign page or host turned away?"""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from service.api import paths
from service.api.conditional import Conditional, matches
from service.api.shield import CONTENT_SECURITY_POLICY, Shield

POLICY_OF_THE_DESIGN = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)


async def show(request: Request) -> JSONResponse:
    return JSONResponse(request.path_params)


async def crash(request: Request) -> JSONResponse:
    raise RuntimeError("secret words")


async def plain(request: Request) -> PlainTextResponse:
    return PlainTextResponse("the same words every time")


assert paths.IdConvertor.regex


@pytest.fixture(scope="module")
def client() -> TestClient:
    routes = [
        Route("/show/{a:id}/{b:id}", show),
        Route("/crash", crash),
        Route("/plain", plain, methods=["GET", "POST"]),
        Route("/healthz", plain),
    ]
    layers = [Middleware(Shield, allowed_hosts=["news.example"]), Middleware(Conditional)]
    return TestClient(Starlette(routes=routes, middleware=layers), base_url="http://127.0.0.1:8420")


@pytest.mark.parametrize("path", ["/plain", "/crash", "/nothing-here", "/show/%00/b", "/show/%ff/b"])
def test_every_answer_carries_the_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY == POLICY_OF_THE_DESIGN
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers


def test_a_crash_is_a_problem_document_that_tells_nothing(client: TestClient) -> None:
    answer = client.get("/crash")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8420", "localhost", "[::1]:80", "news.example", "news.example:443"]
)
def test_known_host_names_are_served(client: TestClient, host: str) -> None:
    assert client.get("/plain", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "[::1", "a@127.0.0.1.evil.example"]
)
def test_a_rebound_host_name_is_turned_away(client: TestClient, host: str) -> None:
    assert client.get("/plain", headers={"host": host}).status_code == 421
    assert client.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "http://[::1"])
def test_a_write_from_another_sites_page_is_refused(client: TestClient, origin: str) -> None:
    assert client.post("/plain", headers={"origin": origin}).status_code == 403
    assert client.get("/plain", headers={"origin": origin}).status_code == 200


def test_a_write_from_our_own_page_or_a_program_is_let_in(client: TestClient) -> None:
    assert client.post("/plain", headers={"origin": "http://127.0.0.1:8420"}).status_code == 200
    assert client.post("/plain").status_code == 200


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/show/https:%2F%2Fx.example%2Fa%3Fb/2", {"a": "https://x.example/a?b", "b": "2"}),
        ("/show/%2F/%252F", {"a": "/", "b": "%2F"}),
        ("/show/%D8%A3/%F0%9F%93%B0", {"a": "أ", "b": "📰"}),
        ("/show/a%20b/..%2F..", {"a": "a b", "b": "../.."}),
    ],
)
def test_an_id_is_one_segment_whatever_it_holds(
    client: TestClient, path: str, expected: dict[str, str]
) -> None:
    assert client.get(path).json() == expected


@pytest.mark.parametrize("path", ["/show/%00/b", "/show/%ff/b", "/show/%c0%80/b"])
def test_a_path_of_nul_or_broken_utf8_is_refused(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 400


def test_what_is_held_already_is_not_sent_again(client: TestClient) -> None:
    first = client.get("/plain")
    tag = first.headers["etag"]
    again = client.get("/plain", headers={"if-none-match": f'"other", W/{tag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    assert "content-length" not in again.headers
    assert client.get("/plain", headers={"if-none-match": '"other"'}).status_code == 200


def test_head_is_get_without_the_body(client: TestClient) -> None:
    answer = client.head("/plain")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len("the same words every time"))
    assert answer.headers["etag"] == client.get("/plain").headers["etag"]
    assert client.head("/crash").content == b""


def test_tags_compare_weakly() -> None:
    assert matches('W/"a"', '"a"')
    assert matches("*", '"a"')
    assert not matches('"b"', '"a"')
    assert not matches("", '"a"')
