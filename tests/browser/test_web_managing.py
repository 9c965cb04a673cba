"""Can a reader add feeds, bring files in, look at decisions and preview a re-clustering, in every guise?"""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from feed_world import START, World, quick, world
from playwright.sync_api import Browser, Page, expect
from reports import LIBRARY, REPORTS
from serving import Served, served
from test_web_pages import CONTRAST
from test_web_tongues import AXE, RUN_AXE, visitor

PAGES = ("/feeds", "/imports", "/decisions", "/reclusters", "/searches", "/?limit=x")


@pytest.fixture(scope="module")
def made() -> Iterator[World]:
    with world(hosts=1) as found:
        found.clock.now = START + 600
        yield found


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, made: World) -> Iterator[Served]:
    """A service that reads feeds, good and bad, and that somebody has corrected."""
    folder = tmp_path_factory.mktemp("managing")
    with served(folder, **quick(feed_host_seconds=0.01)) as running:
        running.post_articles(REPORTS)
        pair = {"kind": "cannot_link", "articles": ["ferry-courier", "library"], "by": "Ada"}
        assert running.client.post("/v1/decisions", json=pair).status_code == 201
        search = {"name": "عبّارات", "q": "العبارة", "lang": "ar", "min_independent": 2}
        assert running.client.post("/v1/searches", json=search).status_code == 201
        for number, kind in enumerate(("gone", "legacy", "laughs")):
            running.client.post("/v1/feeds", json={"url": made.url(number, kind), "outlet": f"نشرة {kind}"})
        yield running


@pytest.fixture(autouse=True)
def settled(service: Served) -> None:
    """Every feed was polled."""
    while any(one["polled_at"] is None for one in service.client.get("/v1/feeds").json()["feeds"]):
        time.sleep(0.1)


def test_a_feed_is_added_by_its_form(page: Page, service: Served, made: World) -> None:
    page.goto(f"{service.address}/feeds")
    page.get_by_label("Address of a feed").fill(made.url(7, "atom"))
    page.get_by_label("Outlet").fill("The Formed Daily")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Feeds added: 1")
    feed = page.locator(".stories > li", has_text="The Formed Daily")
    expect(feed).to_have_count(1)
    feed.get_by_role("button", name="Remove").click()
    expect(page.locator(".stories > li", has_text="The Formed Daily")).to_have_count(0)


def test_a_broken_feed_tells_why_and_a_refused_one_too(page: Page, service: Served) -> None:
    page.goto(f"{service.address}/feeds")
    assert "The answer was 410." in page.locator(".stories > li", has_text="gone").inner_text()
    assert "entities" in page.locator(".stories > li", has_text="laughs").inner_text()
    form = page.request.post(f"{service.address}/feeds", form={"url": "http://x/"})
    assert form.status == 403  # no token: no page of ours


def test_a_list_and_a_file_are_sent(page: Page, service: Served, made: World, tmp_path: Path) -> None:
    opml = tmp_path / "f.opml"
    url = made.url(8, "atom")
    opml.write_text(
        f"<opml><body><outline text='From a list' xmlUrl='{url}'/><outline xmlUrl='x:y'/></body></opml>"
    )
    page.goto(f"{service.address}/feeds")
    page.get_by_label("A list of feeds (OPML)").set_input_files(opml)
    page.get_by_role("button", name="Add all").click()
    expect(page.get_by_role("status")).to_contain_text("refused: 1")
    lines = tmp_path / "two.jsonl"
    sent = {
        **LIBRARY,
        "id": "sent",
        "title": "Sent by hand",
        "text": "Words of a text of its own, nothing else.",
    }
    lines.write_bytes(orjson.dumps(sent) + b"\n{broken\n")
    page.goto(f"{service.address}/imports")
    page.get_by_label("A file").set_input_files(lines)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("row", name="accepted 1")).to_be_visible()
    expect(page.get_by_role("row", name="rejected 1")).to_be_visible()
    expect(page.get_by_role("row", name="on their way 0")).to_be_visible()
    page.goto(f"{service.address}/?q=sent+by+hand")
    expect(page.locator(".stories > li")).to_have_count(1)


def test_the_columns_of_a_table_are_guessed_shown_and_corrected(
    page: Page, service: Served, tmp_path: Path
) -> None:
    sheet = tmp_path / "sheet.csv"
    lines = ["Headline;Corps;Rubrique;Source", "Sheet one;Words in a cell of a sheet.;Nord;Table Times"]
    lines += [f"{'x' * 2001};Words.;Nord;Table Times", "too;few", '"Sheet, two";Other words;Sud;Table Post']
    sheet.write_text("\ufeff" + "\n".join(lines), encoding="utf-8")
    page.goto(f"{service.address}/imports")
    page.get_by_label("A file").set_input_files(sheet)
    page.get_by_role("button", name="Send").click()
    assert "4 rows" in page.locator("main").inner_text()
    chosen = {name: page.locator(f"#{name}").input_value() for name in ("title", "text", "outlet")}
    assert chosen == {"title": "0", "text": "", "outlet": "3"}
    assert page.get_by_role("cell", name="Words in a cell").count() == 1
    page.get_by_label("Text", exact=True).select_option("2: Corps")
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("row", name="accepted 2")).to_be_visible()
    wrong = page.locator(".verdict li").all_inner_texts()
    assert wrong[0].startswith("Line 3, column 1 (Headline): ")
    assert wrong[1].startswith("Line 4: ")
    assert wrong[1].endswith("2 columns instead of 4.")
    expect(page.get_by_text("Of 2 articles 2 are placed.")).to_be_visible()
    page.goto(f"{service.address}/?outlet=Table+Post")
    expect(page.locator(".stories > li")).to_have_count(1)


def test_a_web_archive_is_sent_and_says_where_it_is_cut(page: Page, service: Served, tmp_path: Path) -> None:
    body = b"<html><title>Archived</title><p>Words from an archive of a crawler, long enough.</p></html>"
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body
    head = "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://h.example/a\r\nContent-Type: "
    head += f"application/http; msgtype=response\r\nContent-Length: {len(http)}\r\n\r\n"
    one = head.encode() + http + b"\r\n\r\n"
    archive = tmp_path / "news.warc.gz"
    archive.write_bytes(gzip.compress(one) + gzip.compress(one.replace(b"h.example/a", b"h.example/b"))[:-30])
    page.goto(f"{service.address}/imports")
    page.get_by_label("A file").set_input_files(archive)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("row", name="accepted 1")).to_be_visible()
    assert "cut off within a record" in page.locator(".verdict li").inner_text()


def test_a_decision_is_listed_and_undone(page: Page, service: Served) -> None:
    page.goto(f"{service.address}/decisions")
    one = page.locator(".stories > li", has_text="Ada")
    assert "Not the same event" in one.inner_text()
    one.get_by_role("button", name="Undo").click()
    expect(page.locator(".stories > li", has_text="Undone")).to_have_count(1)


def test_a_re_clustering_is_previewed_and_applied(page: Page, service: Served) -> None:
    page.goto(f"{service.address}/reclusters")
    page.get_by_role("button", name="Preview").click()
    for _ in range(100):
        if page.get_by_role("button", name="Apply").count():
            break
        page.wait_for_timeout(200)
        page.reload()
    assert "change their story" in page.locator(".verdict").inner_text()
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".verdict h2")).to_contain_text("It is applied.")


def test_a_search_is_saved_from_the_list_and_shows_what_matched(page: Page, service: Served) -> None:
    page.goto(f"{service.address}/?q=ferry&lang=en&min_outlets=2")
    page.get_by_role("link", name="Save this search").click()
    assert page.get_by_label("Independent outlets").input_value() == "2"
    page.get_by_label("Name").fill("<b>Ferries</b>")
    page.get_by_role("button", name="Save").click()
    assert page.get_by_role("heading", level=1).inner_text().startswith("<b>Ferries</b>")
    assert "matched before" in page.locator(".stories > li").inner_text()
    feed = page.locator("main").get_by_role("link", name="JSON Feed").get_attribute("href")
    assert page.request.get(f"{service.address}{feed}").ok
    page.get_by_role("link", name="Saved searches").click()
    one = page.locator(".stories > li", has_text="Ferries")
    one.get_by_role("button", name="Remove").click()
    expect(page.locator(".stories > li", has_text="Ferries")).to_have_count(0)


def test_a_search_for_nothing_is_refused_on_its_form(browser: Browser, service: Served) -> None:
    """In a page of its own: the browser notes the status in its console."""
    page = browser.new_page(locale="en-GB")
    page.goto(f"{service.address}/searches")
    page.get_by_label("Name").fill("Nothing at all")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("say what to look for")
    assert page.get_by_label("Name").input_value() == "Nothing at all"
    forged = page.request.post(f"{service.address}/searches", form={"name": "n", "q": "x"})
    assert forged.status == 403
    page.close()


def test_a_page_for_a_wrong_parameter_names_it_and_why(browser: Browser, service: Served) -> None:
    page = browser.new_page(locale="en-GB")
    page.goto(f"{service.address}/?limit=many&sort=hot")
    assert "limit" in page.get_by_role("alert").inner_text()
    assert "valid integer" in page.get_by_role("alert").inner_text()
    assert "many" not in page.locator("main").inner_text()
    page.close()


def test_axe_contrast_and_width_are_right_in_every_guise(
    browser: Browser, service: Served, tmp_path: Path, how: dict[str, Any]
) -> None:
    context = visitor(browser, **how)
    page = context.new_page()
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(f"title,النص,{','.join(f'column {n}' for n in range(30))}\na,b{',c' * 30}\n")
    page.goto(f"{service.address}/imports")
    page.locator("#file").set_input_files(sheet)
    page.locator("main form button").click()
    page.wait_for_url("**/imports/up-*")
    saved = service.client.get("/v1/searches").json()["searches"][0]["id"]
    for address in (page.url, *(f"{service.address}{path}" for path in (*PAGES, f"/searches/{saved}"))):
        page.goto(address)
        assert page.locator("html").get_attribute("lang") == how["locale"][:2]
        assert page.locator("h1").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        assert page.evaluate(CONTRAST) == [], address
        page.add_script_tag(path=AXE)
        assert page.evaluate(RUN_AXE) == [], address
    context.close()
