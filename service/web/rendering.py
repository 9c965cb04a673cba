"""How does a template become a page? One jinja2 environment: all escaped, nothing undefined, no script."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from babel.dates import format_datetime
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from service.web.direction import direction, language_name


def render(
    template: str, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any
) -> HTMLResponse:
    """A page from one of the templates."""
    page = _environment().get_template(template).render(stylesheet=stylesheet_address(), **values)
    return HTMLResponse(page, status, dict(headers or {}))


@lru_cache(maxsize=1)
def stylesheet() -> bytes:
    """The one style sheet."""
    return (files("service.web") / "static" / "style.css").read_bytes()


@lru_cache(maxsize=1)
def stylesheet_address() -> str:
    """Its address, which changes with its content so that it may be cached for good."""
    return f"/static/style.css?v={blake2b(stylesheet(), digest_size=6).hexdigest()}"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("service.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "day": day,
        "direction": direction,
        "iso": iso,
        "language": language_name,
        "segment": lambda text: quote(text, safe=""),
    }
    return environment


def iso(seconds: float) -> str:
    """Unix seconds for a machine: 2024-06-17T08:30:00Z."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def day(seconds: float) -> str:
    """Unix seconds for a reader: 17 June 2024, 08:30 UTC."""
    return format_datetime(datetime.fromtimestamp(seconds, UTC), "d MMMM y, HH:mm 'UTC'", locale="en")
