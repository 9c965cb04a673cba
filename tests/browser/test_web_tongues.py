"""Do pages speak the reader's language, pass axe in each, and keep up with what happens?"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from reports import COMMUNIQUE, LIBRARY
from serving import Served
from test_web_pages import addresses, story_address

from service.web.phrases import COUNTS
from service.web.words import ALL_PHRASES

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
WEB = Path(__file__).parents[2] / "service" / "web"
RUN_AXE = """async () => (await axe.run()).violations.map(
  found => found.id + ': ' + found.nodes.map(node => node.html.slice(0, 200)).slice(0, 3).join(' | '))"""


def visitor(browser: Browser, **how: Any) -> BrowserContext:
    """A browser that lets axe in past the policy: it is run by the test, not by the page."""
    return browser.new_context(bypass_csp=True, **how)


def test_axe_finds_nothing_to_complain_about(
    browser: Browser, service: Served, how: Any, pytestconfig: pytest.Config
) -> None:
    """In English, or with --long, every page, else every second: direction, colours, width differ."""
    every = 1 if how["locale"] == "en-GB" or pytestconfig.getoption("--long") else 2
    context = visitor(browser, **how)
    page = context.new_page()
    for address in addresses(service)[::every]:
        page.goto(address)
        page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        page.add_script_tag(path=AXE)
        assert page.evaluate(RUN_AXE) == [], address
    context.close()


def test_axe_can_complain(browser: Browser, service: Served) -> None:
    context = visitor(browser)
    page = context.new_page()
    page.goto(service.address)
    page.evaluate("document.querySelector('main').append(document.createElement('img'))")
    page.add_script_tag(path=AXE)
    assert [found.split(":")[0] for found in page.evaluate(RUN_AXE)] == ["image-alt"]
    context.close()


@pytest.mark.parametrize(
    ("locale", "lang", "direction", "heading"),
    [
        ("ar-MA", "ar", "rtl", "القصص الإخبارية"),
        ("fr-CA", "fr", "ltr", "Sujets"),
        ("de-DE", "en", "ltr", "Stories"),
    ],
)
def test_a_page_speaks_the_language_of_the_browser(
    browser: Browser, service: Served, locale: str, lang: str, direction: str, heading: str
) -> None:
    context = browser.new_context(locale=locale)
    page = context.new_page()
    page.goto(service.address)
    html = page.locator("html")
    assert (html.get_attribute("lang"), html.get_attribute("dir")) == (lang, direction)
    assert page.locator("h1").inner_text().startswith(heading)
    assert page.locator("article, .stories > li").count() > 2
    context.close()


def test_the_switch_outranks_the_browser_and_comes_back_to_the_page(page: Page, service: Served) -> None:
    page.goto(f"{service.address}/?q=ferry")
    page.get_by_role("link", name="العربية").click()
    assert page.url == f"{service.address}/?q=ferry"
    assert page.locator("html").get_attribute("lang") == "ar"
    assert "تقريران" in page.locator(".stories > li").first.inner_text()
    page.get_by_role("link", name="Français").click()
    page.goto(service.address)
    assert (
        "2 articles de 2 médias"
        in page.locator(".stories > li", has_text="Meridian")
        .or_(page.locator(".stories > li", has_text="Ferry"))
        .first.inner_text()
    )


@pytest.mark.parametrize(
    "back", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:1", "/%0d%0ax: y"]
)
def test_the_switch_leads_nowhere_else(service: Served, back: str) -> None:
    answer = service.client.get("/language/fr", params={"back": back})
    assert answer.status_code == 303
    location = answer.headers["location"]
    assert location == "/" or location.startswith("/%")
    assert service.client.get("/language/xx").status_code == 404


def test_every_phrase_of_a_template_is_translated_and_every_translation_used() -> None:
    sources = "".join(path.read_text() for path in WEB.glob("templates/*.html"))
    said = {phrase for _, phrase in re.findall(r"\bt\((['\"])(.+?)\1", sources)}
    assert said - ALL_PHRASES.keys() == set()
    code = sources + "".join(path.read_text() for path in WEB.glob("*.py") if "phrases" not in path.name)
    assert {phrase for phrase in ALL_PHRASES if f'"{phrase}"' not in code and phrase not in said} == set()
    for phrase, tongues in ALL_PHRASES.items():
        names = set(re.findall(r"{\w*}", phrase))
        assert tongues.keys() == {"ar", "fr"}
        assert all(set(re.findall(r"{\w*}", text)) == names for text in tongues.values()), phrase
    assert all(forms.keys() == {"en", "ar", "fr"} for forms in COUNTS.values())


def test_the_list_and_a_story_keep_up_without_a_reload(browser: Browser, service: Served) -> None:
    """The reader's place stays: what has the focus keeps it."""
    context = browser.new_context(locale="en-GB")
    listing, story = context.new_page(), context.new_page()
    listing.goto(f"{service.address}/?q=signal")
    first = {**LIBRARY, "id": "signal-1", "title": "Signal fails"}
    service.post_articles({**first, "text": f"One. {COMMUNIQUE}"})
    expect(listing.locator(".stories > li")).to_have_count(1)
    story.goto(story_address(service, "signal-1"))
    expect(story.locator("[data-live]")).to_be_visible()
    before = story.locator(".timeline circle").count()
    link = listing.locator(".stories a").first
    link.focus()
    other = {**LIBRARY, "id": "signal-2", "outlet": "The Signal Box", "title": "Signal fails again"}
    service.post_articles({**other, "text": f"Two. {COMMUNIQUE}"})
    expect(story.locator(".timeline circle")).to_have_count(before + 1)
    expect(listing.locator(".outlets", has_text="The Signal Box")).to_be_visible()
    assert listing.evaluate("document.activeElement.tagName") == "A"
    service.client.delete("/v1/articles/signal-1")
    service.client.delete("/v1/articles/signal-2")
    context.close()


def test_what_happens_before_the_stream_begins_is_shown_too(browser: Browser, service: Served) -> None:
    """Between the making of a page and its first event nothing is lost, however slow the way is."""
    context = browser.new_context()
    page = context.new_page()

    def meanwhile(route: Route) -> None:
        service.post_articles({**LIBRARY, "id": "gap", "title": "Gapless", "text": f"Three. {COMMUNIQUE}"})
        route.continue_()

    page.route("**/v1/events*", meanwhile, times=1)
    page.goto(f"{service.address}/?q=gapless")
    expect(page.locator(".stories > li")).to_have_count(1)
    service.client.delete("/v1/articles/gap")
    context.close()


def test_any_two_reports_are_found_and_compared(page: Page, service: Served) -> None:
    page.goto(f"{service.address}/why")
    first, second = (page.get_by_label("Words in a title").nth(number) for number in range(2))
    first.fill("ferry")
    second.fill("library")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("button", name="Compare the two").click()
    assert page.url.endswith("/compare/ferry-courier/library")
    assert page.get_by_role("heading", name="Why not").is_visible()


def test_the_health_page_has_figures_and_settings_but_no_secret(page: Page, service: Served) -> None:
    page.goto(f"{service.address}/health")
    words = page.locator("main").inner_text()
    assert "Articles that arrive now are placed." in words
    assert re.search(r"Articles in stories\s+\d", words)
    assert "SAMESTORY_WINDOW_DAYS" in words
    assert page.locator("tr.changed", has_text="SAMESTORY_RECLUSTER_MINUTES").count() == 1
    assert "redis" not in page.content().lower()


def test_a_page_is_used_with_the_keyboard_alone(page: Page, service: Served) -> None:
    page.goto(service.address)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("ferry")
    page.keyboard.press("Enter")
    expect(page.locator(".stories > li")).to_have_count(1)
    page.locator(".stories a").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".timeline")).to_be_visible()
