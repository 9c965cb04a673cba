"""How does a failure read to a client? RFC 9457 documents that name the place and never echo the input.

`type` is a path of this server: `/problems/{code}` explains the code to a person.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from service.errors import InvalidArticle, SamestoryError
from service.web.rendering import render

RETRY_SECONDS = 2.0
MEDIA_TYPE = "application/problem+json"


def code_of(error: type[SamestoryError]) -> str:
    """The short name of an error in `type`: InvalidArticle -> invalid-article."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", error.__name__).lower()


def _slug(phrase: str) -> str:
    return phrase.lower().replace(" ", "-")


def document(status: int, code: str, title: str, detail: str = "", **members: Any) -> dict[str, Any]:
    """One problem document; `members` are extensions such as `errors` or `results`."""
    problem = {"type": f"/problems/{code}", "title": title, "status": status}
    if detail:
        problem["detail"] = detail
    return problem | members


def _descendants(error: type[SamestoryError]) -> list[type[SamestoryError]]:
    return [error, *(found for child in error.__subclasses__() for found in _descendants(child))]


OWN_WORDS = "Value error, "  # what pydantic says before a message of ours
INVALID_PARAMETER = "A parameter of the request is not valid; mend what `errors` names."
EXPLANATIONS = {
    **{_slug(status.phrase): status.description or status.phrase for status in HTTPStatus},
    **{code_of(error): error("").title for error in _descendants(SamestoryError)},
    "invalid-parameter": INVALID_PARAMETER,
}


def respond(problem: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """The problem document as a response."""
    return Response(orjson.dumps(problem), problem["status"], headers, MEDIA_TYPE)


def headers_of(error: SamestoryError) -> dict[str, str]:
    """When to come back, and what to bring along."""
    if error.status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": 'Bearer realm="samestory"'}
    if error.status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        return {"Retry-After": str(max(1, math.ceil(error.retry_seconds or RETRY_SECONDS)))}
    return {}


def describe(error: SamestoryError) -> dict[str, Any]:
    """The problem document of one of our own errors. What names this machine's paths stays in the log."""
    code = code_of(type(error))
    private = error.status == HTTPStatus.INTERNAL_SERVER_ERROR or code.startswith("store-")
    return document(error.status, code, error.title, "" if private else error.detail)


def field_errors(errors: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Which parameters are wrong and why, without the values and without names the client invented."""
    return [
        {"where": _place(error), "message": str(error["msg"]).removeprefix(OWN_WORDS)} for error in errors
    ]


def _place(error: Mapping[str, Any]) -> str:
    place = error["loc"][:1] if error["type"] == "extra_forbidden" else error["loc"]
    return ".".join(str(part) for part in place)


def install(app: FastAPI) -> None:
    """Answers every failure of `app` with a problem document, or with a page where a page was asked for."""
    app.add_exception_handler(SamestoryError, _samestory_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(ValidationError, _validation_error)


def answer(request: Request, error: SamestoryError) -> Response:
    """One of our own errors as a client sees it."""
    return _answer(request, describe(error), headers_of(error))


def _answer(request: Request, problem: dict[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    if wants_page(request):
        lines = [problem["title"], problem.get("detail", "")]
        heading = HTTPStatus(problem["status"]).phrase
        return render(
            request,
            "message.html",
            problem["status"],
            headers,
            heading=heading,
            lines=filter(None, lines),
            errors=problem.get("errors", ()),
        )
    return respond(problem, headers)


def wants_page(request: Request) -> bool:
    """True for a browser outside the API: its reader gets a page, not JSON."""
    return not request.url.path.startswith("/v1/") and "text/html" in request.headers.get("accept", "")


def _samestory_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, SamestoryError):
        raise error
    return answer(request, error)


def _http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    phrase = HTTPStatus(error.status_code).phrase
    return _answer(request, document(error.status_code, _slug(phrase), phrase), error.headers)


def _validation_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError | ValidationError):
        raise error
    errors = field_errors(error.errors())
    status = InvalidArticle.status
    return _answer(request, document(status, "invalid-parameter", INVALID_PARAMETER, errors=errors))
