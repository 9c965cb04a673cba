"""A real Chromium, the distribution's own, before a real service that holds the reports."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import product

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from reports import REPORTS
from serving import Served, served

PATIENCE = 60_000  # ms, of a page on a busy machine
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


WIDE, PHONE = {"width": 1280, "height": 720}, {"width": 360, "height": 740}
# A page's languages, colours and widths: a few that have each of them, and with --long all that there are.
FEW = [("en-GB", "light", WIDE), ("ar-MA", "dark", PHONE), ("fr-FR", "dark", WIDE)]
EVERY = list(product(("en-GB", "ar-MA", "fr-FR"), ("light", "dark"), (WIDE, PHONE)))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test of how a page looks gets `how`, the guise that its browser asks for."""
    if "how" in metafunc.fixturenames:
        guises = EVERY if metafunc.config.getoption("--long") else FEW
        keys = "locale", "color_scheme", "viewport"
        names = [f"{locale}-{scheme}-{view['width']}" for locale, scheme, view in guises]
        metafunc.parametrize("how", [dict(zip(keys, guise, strict=True)) for guise in guises], ids=names)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium from the PATH; playwright's own download is not needed. It ends with its module: while it
    runs, so does an event loop in this thread, and nothing else may start one."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert executable, "Chromium is missing: install the distribution's package `chromium`."
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service that holds the reports and one hostile article."""
    with served(tmp_path_factory.mktemp("browser")) as running:
        running.post_articles([*REPORTS, HOSTILE])
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails its test when anything is refused by the CSP, missing, or fetched from elsewhere."""
    context = browser.new_context(locale="en-GB")
    found = context.new_page()
    complaints: list[str] = []
    found.on("console", lambda message: complaints.append(message.text))
    found.on("pageerror", lambda error: complaints.append(str(error)))
    found.on("request", lambda request: complaints.extend(_foreign(request.url)))
    yield found
    context.close()
    assert complaints == []


def _foreign(url: str) -> list[str]:
    return [] if url.startswith(("http://127.0.0.1:", "data:")) else [f"fetched {url}"]


HOSTILE = {
    "id": "<hostile>/\"&'",
    "outlet": "<b>Bold</b> \u202egnorw",
    "title": "<script>document.title='owned'</script> \u202eesrever & <img src=x onerror=alert(1)>",
    "url": "javascript:document.title='owned'",
    "lang": "en",
    "text": "<script>document.title='owned'</script>\n<style>body{display:none}</style>\n"
    "{{ 7 * 7 }} <a href=javascript:alert(1)>click</a> and ordinary words that make up a long sentence.",
}
