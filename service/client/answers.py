"""What does an answer of the API say? Its JSON, or the error that its problem document names."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from email.utils import mktime_tz, parsedate_tz
from typing import Any
from urllib.parse import quote

import httpx2

from service import errors
from service.errors import Refused, SamestoryError, Unavailable


def value_of(answer: httpx2.Response) -> Any:
    """The answer's JSON, or its bytes where it is something else; None when it is empty.

    Raises the SamestoryError that a problem document stands for.
    """
    if answer.status_code >= httpx2.codes.BAD_REQUEST:
        raise problem_of(answer)
    if answer.content and "json" not in answer.headers.get("content-type", ""):
        return answer.content
    return json.loads(answer.content) if answer.content else None


def problem_of(answer: httpx2.Response) -> SamestoryError:
    """The error that a problem document was made from, found again by its type's last word."""
    try:
        problem = json.loads(answer.content)
        code, detail = str(problem["type"]).rpartition("/")[2], str(problem.get("detail") or "")
    except (ValueError, KeyError, TypeError):
        return Unavailable(f"HTTP status {answer.status_code}.")
    kind = getattr(errors, "".join(word.capitalize() for word in code.split("-")), None)
    if isinstance(kind, type) and issubclass(kind, SamestoryError):
        return kind(detail, retry_seconds=retry_after(answer) or 0.0)
    wrong = [f"{one['where']}: {one['message']}." for one in problem.get("errors") or ()]
    refused = Refused(" ".join(filter(None, [f"{problem.get('title', '')}.", detail, *wrong])))
    refused.status = answer.status_code
    return refused


def retry_after(answer: httpx2.Response) -> float | None:
    """The seconds that an answer asks to wait, given as such or as a date; None when it says nothing."""
    said = answer.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return float(said[:9])
    try:
        date = parsedate_tz(said)
        return None if date is None else max(0.0, mktime_tz(date) - time.time())
    except (ValueError, OverflowError, TypeError):  # looks like a date, and is none
        return None


def given(params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that were given."""
    return {name: value for name, value in params.items() if value is not None}


def segment(name: str) -> str:
    """An id as one segment of a path, its slashes encoded."""
    return quote(name, safe="")
