"""How does a browser come in with a key, and what can another site make it do? Forms, cookies, tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from reports import FERRY_COURIER, FERRY_LEDGER
from serving import Served, served

from service import keys
from service.web.forms import FORM_COOKIE, KEY_COOKIE

PAGE = {"accept": "text/html"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service with two reports, into which nobody is let without a key."""
    with served(tmp_path_factory.mktemp("signing")) as running:
        running.post_articles([FERRY_COURIER, FERRY_LEDGER])
        keys.create(running.engine.store, "first", ["read"])
        running.app.state.keyring._look_again = 0.0
        yield running


@pytest.fixture
def browser(service: Served) -> Iterator[httpx2.Client]:
    """What keeps cookies and asks for pages."""
    with httpx2.Client(base_url=service.address, headers=PAGE, trust_env=False) as client:
        yield client


def token_in(page: httpx2.Response) -> str:
    """The token of a page's form."""
    found = re.search(r'name="token" value="(\w+)"', page.text)
    assert found, page.text
    return found[1]


def sign_in(browser: httpx2.Client, key: str, back: str = "/") -> httpx2.Response:
    """Give a key as the page's form does."""
    page = browser.get("/login", params={"back": back})
    return browser.post("/login", data={"token": token_in(page), "key": key, "back": back})


def test_a_reader_gives_the_key_and_comes_back_to_the_page(service: Served, browser: httpx2.Client) -> None:
    sent = browser.get("/why?qa=ferry")
    assert (sent.status_code, sent.headers["location"]) == (303, "/login?back=%2Fwhy%3Fqa%3Dferry")
    key = keys.create(service.engine.store, "reader", ["read"])[1]
    answer = sign_in(browser, key, "/why?qa=ferry")
    assert (answer.status_code, answer.headers["location"]) == (303, "/why?qa=ferry")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert browser.get("/why?qa=ferry").status_code == 200
    assert browser.get("/v1/stories").status_code == 200
    page = browser.get("/")
    assert browser.post("/logout", data={"token": token_in(page)}).headers["location"] == "/login"
    assert KEY_COOKIE not in browser.cookies
    assert browser.get("/").status_code == 303


def test_a_wrong_key_is_asked_for_again(browser: httpx2.Client) -> None:
    answer = sign_in(browser, "ss_wrong")
    assert answer.status_code == 401
    assert "That key is unknown, expired or revoked." in answer.text
    assert "ss_wrong" not in answer.text
    assert KEY_COOKIE not in browser.cookies


@pytest.mark.parametrize("back", ["https://else.example/", "//else.example", "/\\else.example"])
def test_the_way_back_leads_to_no_other_site(service: Served, browser: httpx2.Client, back: str) -> None:
    key = keys.create(service.engine.store, "reader", ["read"])[1]
    assert sign_in(browser, key, back).headers["location"] == "/"


def test_a_form_without_its_token_does_nothing(service: Served, browser: httpx2.Client) -> None:
    key = keys.create(service.engine.store, "editor", ["read", "write"])[1]
    sign_in(browser, key)
    address = f"/compare/{FERRY_COURIER['id']}/{FERRY_LEDGER['id']}"
    token = token_in(browser.get(address))
    for fields in ({}, {"token": ""}, {"token": "0" * 64}, {"token": token[:-1]}):
        assert browser.post(f"{address}/cannot_link", data=fields or {"x": ""}).status_code == 403
    with httpx2.Client(base_url=service.address, headers=PAGE, trust_env=False) as other:
        other.cookies.set(FORM_COOKIE, "0" * 32)  # a token of one browser is none of another's
        theirs = token_in(other.get("/login"))
    assert browser.post(f"{address}/cannot_link", data={"token": theirs}).status_code == 403
    assert browser.get("/v1/decisions").json()["decisions"] == []
    assert browser.post(f"{address}/cannot_link", data={"token": token}).status_code == 303
    assert len(browser.get("/v1/decisions").json()["decisions"]) == 1


def test_a_cookie_alone_changes_nothing_over_the_api(service: Served, browser: httpx2.Client) -> None:
    sign_in(browser, keys.create(service.engine.store, "editor", ["admin"])[1])
    for method, path in (("POST", "/v1/articles"), ("DELETE", "/v1/articles/ferry-ledger")):
        answer = browser.request(method, path, headers={"accept": "application/json"})
        assert answer.status_code == 401
    assert browser.get("/v1/articles/ferry-ledger").status_code == 200


def test_a_reader_whose_key_may_not_decide_is_told_so_on_a_page(
    service: Served, browser: httpx2.Client
) -> None:
    sign_in(browser, keys.create(service.engine.store, "reader", ["read"])[1])
    address = f"/compare/{FERRY_COURIER['id']}/{FERRY_LEDGER['id']}"
    refused = browser.post(f"{address}/must_link", data={"token": token_in(browser.get(address))})
    assert refused.status_code == 403
    assert "Scope: write." in refused.text


def test_where_no_key_is_needed_nobody_is_asked_for_one(tmp_path: Path) -> None:
    with served(tmp_path, working=False) as service:
        sent = service.client.get("/login", headers=PAGE)
        assert (sent.status_code, sent.headers["location"]) == (303, "/")
        assert "Sign out" not in service.client.get("/", headers=PAGE).text
