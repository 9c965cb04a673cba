"""Do readers see what they should? Pages in a real browser: both directions, phone, dark, without script."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from reports import BAYAN, COMMUNIQUE
from serving import Served

PHONE = {"width": 360, "height": 740}
STYLE = Path(__file__).parents[2] / "service" / "web" / "static" / "style.css"


def story_address(service: Served, article_id: str) -> str:
    story_id = service.client.get(f"/v1/articles/{article_id}").json()["story_id"]
    return f"{service.address}/stories/{story_id}"


def addresses(service: Served) -> list[str]:
    pages = ["/", "/?q=ferry", "/?lang=ar", "/?q=nothing", "/compare/ferry-courier/ferry-ledger"]
    pages += ["/compare/dam-nahar/dam-sada", "/compare/ferry-courier/library", "/problems/not-found"]
    pages += ["/why?qa=ferry&qb=library", "/why?qa=no+such+word", "/health"]
    stories = [story_address(service, id) for id in ("ferry-courier", "dam-sada", "library")]
    return [f"{service.address}{path}" for path in pages] + stories


def texts(page: Page, selector: str) -> list[str]:
    return [text.strip() for text in page.locator(selector).all_inner_texts()]


def test_the_list_shows_counts_outlets_and_languages(page: Page, service: Served) -> None:
    page.goto(service.address)
    ferry = page.locator(".stories > li", has_text="Meridian").or_(
        page.locator(".stories > li", has_text="Ferry")
    )
    words = ferry.inner_text()
    assert "2 reports from 2 outlets" in words
    assert "English" in words
    assert "Kellan Courier" in words
    assert "The Island Ledger" in words
    arabic = page.locator(".stories bdi[lang=ar]").first
    assert arabic.get_attribute("dir") == "rtl"


def test_the_list_is_filtered_by_its_form(page: Page, service: Served) -> None:
    page.goto(service.address)
    page.get_by_label("Words in a title").fill("بوابات")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".stories > li")).to_have_count(1)
    page.get_by_label("Words in a title").fill("no such words")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="Show all stories").click()
    expect(page.locator(".stories > li")).to_have_count(4)


@pytest.mark.parametrize(
    ("article_id", "passage", "lang", "direction"),
    [("ferry-courier", COMMUNIQUE, "en", "ltr"), ("dam-sada", BAYAN, "ar", "rtl")],
)
def test_a_story_marks_the_shared_passage_in_both_reports(
    page: Page, service: Served, article_id: str, passage: str, lang: str, direction: str
) -> None:
    page.goto(story_address(service, article_id))
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    assert page.locator(".chips li").count() == 2
    whole = page.locator(".member .text")
    assert whole.count() == 2
    for number in range(2):
        report = whole.nth(number)
        assert (report.get_attribute("lang"), report.get_attribute("dir")) == (lang, direction)
        marked = " ".join(report.locator("mark").all_inner_texts())
        assert len(marked) > 0.9 * len(passage)
        assert marked.strip(".") in passage
    excerpts = page.locator(".pair blockquote")
    assert excerpts.count() == 2
    assert excerpts.first.locator("mark").inner_text() == excerpts.last.locator("mark").inner_text()
    box = whole.first.locator("p").first.evaluate("p => getComputedStyle(p).direction")
    assert box == direction


def test_members_stand_under_how_they_relate(page: Page, service: Served) -> None:
    page.goto(story_address(service, "dam-sada"))
    assert [heading.split("\n")[0].split(" 1")[0] for heading in texts(page, ".story section h2")] == [
        "Timeline",
        "Outlets",
        "First report",
        "Shared passages",
        "What happened to this story",
    ]
    page.get_by_role("link", name="compare the two").click()
    assert page.locator("h1").inner_text() == "Two reports compared"


def test_two_reports_stand_side_by_side_and_passages_lead_to_each_other(page: Page, service: Served) -> None:
    page.set_viewport_size({"width": 1200, "height": 900})
    page.goto(f"{service.address}/compare/dam-nahar/dam-sada")
    assert page.get_by_role("heading", name="In one story").is_visible()
    assert texts(page, ".verdict li")
    left, right = (page.locator(".report").nth(number).bounding_box() for number in range(2))
    assert left
    assert right
    assert abs(left["y"] - right["y"]) < 2
    assert left["x"] != right["x"]
    assert page.locator(".report:first-child mark").first.inner_text().startswith(BAYAN[:40])
    page.get_by_label("Passage 1 in the other report").first.click()
    assert page.url.endswith("#b-1")
    assert page.locator("#b-1").is_visible()


def test_two_stories_say_why_not(page: Page, service: Served) -> None:
    page.goto(f"{service.address}/compare/ferry-courier/library")
    assert page.get_by_role("heading", name="Not in one story").is_visible()
    assert page.get_by_role("heading", name="Why not").is_visible()
    assert page.locator("mark").count() == 0


def test_a_reader_decides_and_takes_it_back(browser: Browser, service: Served) -> None:
    """Without script. The two reports are of two stories; a decision puts them into one, and undoing it parts
    them again."""
    ids = "library", "ferry-ledger"
    before = [story_address(service, id) for id in ids]
    assert before[0] != before[1]
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto(f"{service.address}/compare/{'/'.join(ids)}")
    page.get_by_role("button", name="Same event", exact=True).click()
    assert page.get_by_text("Somebody decided that they are of one event.").is_visible()
    assert len({story_address(service, id) for id in ids}) == 1
    page.get_by_role("button", name="Undo").click()
    assert page.get_by_role("button", name="Not the same event").is_visible()
    assert [story_address(service, id) for id in ids] == before
    context.close()


def test_another_site_cannot_decide(service: Served) -> None:
    address = "/compare/library/ferry-ledger/must_link"
    assert service.client.post(address, headers={"Origin": "https://elsewhere.example"}).status_code == 403
    assert service.client.get("/v1/decisions").json()["decisions"][0]["undone_at"] is not None


def test_hostile_text_is_only_text(page: Page, service: Served) -> None:
    address = story_address(service, "%3Chostile%3E%2F%22&'")
    for url in (service.address, address):
        page.goto(url)
        assert page.title() != "owned"
        assert page.locator("main script, main img, main style, main b").count() == 0
        assert page.locator("a[href^='javascript:']").count() == 0
        assert "<script>" in page.locator("main").inner_text()
    assert "{{ 7 * 7 }}" in page.locator(".text").text_content()  # type: ignore[operator]
    assert "\u202e" in (page.locator("h1 bdi").text_content() or "")
    assert page.locator("h1 bdi").evaluate("e => getComputedStyle(e).unicodeBidi") == "isolate"


def test_no_page_is_wider_than_a_phone(page: Page, service: Served) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    for address in addresses(service):
        page.goto(address)
        page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, address


def test_the_browser_enforces_the_policy(browser: Browser, service: Served) -> None:
    """An escaping mistake would still do nothing: no inline script, no style, no foreign image."""
    context = browser.new_context()
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(service.address)
    page.evaluate("""() => document.querySelector('main').insertAdjacentHTML('beforeend',
      '<img src="https://elsewhere.example/x.png"><b style="color:red">b</b><i onclick="ran=1">i</i>')""")
    inline = "Object.assign(document.createElement('script'), {text: 'ran = 1'})"
    page.evaluate(f"document.body.append({inline})")
    page.locator("main i").click()
    assert page.evaluate("typeof ran") == "undefined"
    for directive in ("img-src", "style-src", "script-src"):
        assert any("Content Security Policy" in text and directive in text for text in refused), directive
    context.close()


def test_pages_work_without_script(browser: Browser, service: Served) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    for address in addresses(service):
        page.goto(address)
        assert page.locator("h1").count() == 1, address
        assert page.locator("script:not([src]), [style], [onclick], style").count() == 0
    context.close()


CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d');
  const rgb = colour => { canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const ground = e => { for (; e; e = e.parentElement) {
      const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] === 255) return c; }
    return [255, 255, 255, 255]; };
  const poor = [];
  for (const e of document.querySelectorAll('body *')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || !e.checkVisibility()) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
    const contrast = (a + .05) / (b + .05);
    if (contrast < 4.5) poor.push(e.tagName + '.' + e.className + ' ' + contrast.toFixed(2));
  }
  return poor; }"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_in_light_and_dark(browser: Browser, service: Served, scheme: Any) -> None:
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    grounds = set()
    for address in addresses(service):
        page.goto(address)
        page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
        assert page.evaluate(CONTRAST) == [], address
        grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(grounds) == 1
    context.close()


def test_pages_are_well_built_for_assistive_technology(page: Page, service: Served) -> None:
    for address in addresses(service):
        page.goto(address)
        assert page.locator("html[lang=en]").count() == 1
        assert page.locator("h1").count() == 1
        assert page.locator("main").count() == page.locator("header.site").count() == 1
        ids = page.locator("[id]").evaluate_all("all => all.map(one => one.id)")
        assert len(ids) == len(set(ids)), address
        page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
        nameless = "all => all.filter(one => !(one.innerText || one.ariaLabel || '').trim()).length"
        assert page.locator("a, button").evaluate_all(nameless) == 0, address
        unlabelled = "all => all.filter(one => one.type !== 'hidden' && !one.labels.length).length"
        assert page.locator("input, select").evaluate_all(unlabelled) == 0
        levels = page.locator("h1, h2, h3").evaluate_all("all => all.map(one => +one.tagName[1])")
        assert all(after - before <= 1 for before, after in pairwise(levels)), address
    page.goto(service.address)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"


def test_foreign_words_carry_their_direction(page: Page, service: Served) -> None:
    """Every run of Arabic on a page stands in an element that says it is Arabic, or isolates it."""
    lost = """() => { const lost = [];
      const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walk.nextNode()) { const node = walk.currentNode;
        if (/[\\u0600-\\u06ff]/.test(node.data) && !node.parentElement.closest('[dir=rtl], bdi, [dir=auto]'))
          lost.push(node.data.trim()); }
      return lost; }"""
    for address in addresses(service):
        page.goto(address)
        assert page.evaluate(lost) == [], address


def test_the_style_sheet_knows_no_left_and_right() -> None:
    words = re.sub(r"/\*.*?\*/", "", STYLE.read_text())
    for physical in ("left", "right", "float:", "margin-top", "padding-top", "url(", "@import", "!important"):
        assert physical not in words


def test_a_filtered_list_is_a_feed_too(page: Page, service: Served) -> None:
    page.goto(f"{service.address}/?q=ferry&lang=en&sort=size")
    address = page.get_by_role("link", name="This list as a feed").get_attribute("href")
    assert address == "/v1/stories.atom?q=ferry&lang=en&sort=size"
    assert service.client.get(address).text.count("<entry>") == 1


def test_missing_things_get_a_page(page: Page, service: Served) -> None:
    answer = service.client.get("/stories/none", headers={"accept": "text/html"})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "To the stories" in answer.text
    assert service.client.get("/?sort=fastest", headers={"accept": "text/html"}).status_code == 422
    assert service.client.get("/compare/none/such", headers={"accept": "text/html"}).status_code == 404


def test_styles_and_scripts_are_kept_for_good_under_changing_addresses(service: Served) -> None:
    page = service.client.get("/").text
    found = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(found) == 4
    for address in found:
        answer = service.client.get(address)
        kind = "text/javascript" if ".js" in address else "text/css"
        assert answer.headers["content-type"].startswith(kind)
        assert "immutable" in answer.headers["cache-control"]
        assert "?v=" in address
    assert len(STYLE.read_bytes()) < 15_000
    assert service.client.get("/static/none.css").status_code == 404


def test_a_report_says_what_is_new_in_it(page: Page, service: Served) -> None:
    page.goto(story_address(service, "ferry-courier"))
    first = page.locator(".member", has_text="Ferry runs aground off Kellan Point")
    assert "It came first" in first.inner_text()
    later = page.locator(".member", has=page.get_by_text("What is new here"))
    expect(later).to_have_count(1)
    later.get_by_text("What is new here").click()
    new = later.locator("ul.new").inner_text()
    assert "Shops on the western quay expect late deliveries" in new
    assert "ran aground at a quarter past six" not in new


def test_related_stories_are_named_with_the_reason(page: Page, service: Served) -> None:
    words = " ".join(f"word{number}like" for number in range(60))
    more = {"id": "day-two", "outlet": "Kellan Courier", "lang": "en", "text": words}
    service.post_articles({**more, "title": "Meridian ferry: sandbank is charted"})
    page.goto(story_address(service, "ferry-courier"))
    section = page.locator("section", has=page.get_by_role("heading", name="Related stories"))
    one = section.locator("li", has_text="sandbank is charted")
    assert "Both titles say:" in one.inner_text()
    one.get_by_role("link", name="Meridian ferry").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Meridian ferry: sandbank is charted"
    service.client.delete("/v1/articles/day-two")


def test_a_reader_ignores_an_outlet_and_takes_it_back(page: Page, service: Served) -> None:
    page.goto(f"{service.address}/compare/ferry-courier/ferry-ledger")
    page.get_by_text("Leave out of account").click()
    assert page.get_by_role("button", name="Ignore this passage").count() >= 1
    page.get_by_role("button", name="Ignore this outlet").first.click()
    assert page.url == f"{service.address}/decisions"
    made = page.locator(".stories > li", has_text="Outlet ignored").first
    made.get_by_role("button", name="Undo").click()
    assert page.locator(".stories > li", has_text="Outlet ignored").first.get_by_text("Undone").is_visible()
