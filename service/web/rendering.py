"""How does a template become a page? By jinja2: all escaped, nothing undefined, no inline script.

The reader's language comes from a cookie, else from Accept-Language.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from babel.dates import format_datetime
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from service.web.direction import direction, language_name
from service.web.forms import Form
from service.web.words import COOKIE, TONGUES, Tongue, Words, choose

# Name in an address -> (file, media type). Vendored files keep their licences beside them.
STATIC = {
    "style.css": ("style.css", "text/css"),
    "pico.css": ("vendor/pico/pico.classless.min.css", "text/css"),
    "htmx.js": ("vendor/htmx/htmx.min.js", "text/javascript"),
    "live.js": ("live.js", "text/javascript"),
}


def words_of(request: Request) -> Words:
    """The language of the page that a request asks for."""
    return Words(choose(request.cookies.get(COOKIE, ""), request.headers.get("accept-language", "")))


def render(
    request: Request,
    template: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> HTMLResponse:
    """A page from one of the templates, in the reader's language."""
    words = words_of(request)
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    form = Form(request)
    page = _environment(words.tongue).get_template(template).render(**{"here": here, "form": form, **values})
    answer = HTMLResponse(page, status, {"Vary": "Accept-Language, Cookie", **(headers or {})})
    form.remember(answer)
    return answer


@lru_cache(maxsize=len(STATIC))
def static(name: str) -> bytes:
    """The bytes of a static file."""
    return files("service.web").joinpath("static", STATIC[name][0]).read_bytes()


@lru_cache(maxsize=len(STATIC))
def static_address(name: str) -> str:
    """Its address, which changes with its content so that it may be cached for good."""
    return f"/static/{name}?v={blake2b(static(name), digest_size=6).hexdigest()}"


@lru_cache(maxsize=len(TONGUES))
def _environment(tongue: Tongue) -> Environment:
    environment = Environment(
        loader=PackageLoader("service.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "day": lambda seconds: day(seconds, tongue),
        "direction": direction,
        "iso": iso,
        "language": lambda lang: language_name(lang, tongue),
        "segment": lambda text: quote(text, safe=""),
    }
    words = Words(tongue)
    environment.globals |= {
        "t": words,
        "count": words.count,
        "static": static_address,
        "tongue": tongue,
        "tongues": TONGUES,
    }
    return environment


def iso(seconds: float) -> str:
    """Unix seconds for a machine: 2024-06-17T08:30:00Z."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def day(seconds: float, tongue: Tongue) -> str:
    """Unix seconds for a reader: 17 June 2024, 08:30 UTC."""
    comma = "،" if tongue == "ar" else ","
    pattern = f"d MMMM y{comma} HH:mm 'UTC'"
    return format_datetime(datetime.fromtimestamp(seconds, UTC), pattern, locale=tongue)
