"""What did the client send? Reads a body no further than its limit allows and cuts it into articles.

One article, an array, or NDJSON. Whatever is wrong with one item becomes that item's error, not the batch's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import anyio
import orjson
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from service.errors import InvalidArticle, InvalidInput, SamestoryError, TooLarge, TooSlow, UnsupportedMedia
from service.settings import Settings
from service.text.strict_json import read_json

JSON_TYPES = frozenset({"application/json", "application/ld+json"})
LINE_TYPES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})
FORM_TYPES = frozenset({"application/x-www-form-urlencoded"})
FORM_BYTES = 8192
WHITESPACE = b" \t\r\n"

Model = TypeVar("Model", bound=BaseModel)
Item = Mapping[str, Any] | SamestoryError


@dataclass(frozen=True, slots=True)
class Batch:
    """The articles of one request in order; `single` when one object was sent, not a list of one."""

    items: list[Item]
    single: bool


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes of one request and whether they are lines of JSON."""

    data: bytes
    lines: bool


async def read_articles(request: Request, settings: Settings) -> Body:
    """The body of a request that carries articles. Raises TooLarge, TooSlow, UnsupportedMedia."""
    lines = _media_type(request, JSON_TYPES | LINE_TYPES) in LINE_TYPES

    def limit(beginning: bytes) -> int:
        many = lines or beginning.lstrip(WHITESPACE)[:1] in (b"[", b"")
        return settings.batch_bytes if many else settings.article_bytes

    return Body(await _read(request, limit, settings.body_seconds), lines)


async def read_object(request: Request, settings: Settings, *, optional: bool = False) -> bytes:
    """The body of a request that carries one JSON object; `optional` lets it be absent."""
    data = await _read(request, lambda _: settings.article_bytes, settings.body_seconds)
    if data or not optional:
        _media_type(request, JSON_TYPES)
    return data


async def read_bytes(request: Request, settings: Settings, types: frozenset[str]) -> bytes:
    """The body of a request that carries a file of one of these types."""
    data = await _read(request, lambda _: settings.batch_bytes, settings.body_seconds)
    _media_type(request, types)
    return data


async def read_form(request: Request, settings: Settings) -> dict[str, str]:
    """The fields of a page's form. Raises InvalidInput, TooLarge, TooSlow, UnsupportedMedia."""
    _media_type(request, FORM_TYPES)
    data = await _read(request, lambda _: FORM_BYTES, settings.body_seconds)
    try:
        return dict(parse_qsl(data.decode(), keep_blank_values=True, max_num_fields=20, errors="strict"))
    except ValueError:
        raise InvalidInput("The form is not UTF-8, or has too many fields.") from None


def parse_object(data: bytes) -> Mapping[str, Any]:
    """One JSON object. Raises InvalidInput."""
    value = read_json(data)
    if not isinstance(value, Mapping):
        raise InvalidInput("A JSON object is expected.")
    return value


def parse_model(data: bytes, kind: type[Model]) -> Model:
    """One JSON object of this kind; nothing is an empty one. Raises InvalidInput, RequestValidationError."""
    try:
        return kind.model_validate(parse_object(data) if data else {})
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_input=False, include_url=False)) from None


def parse(body: Body, settings: Settings) -> Batch:
    """Cuts a body into articles. Raises InvalidInput for a body that is not JSON, TooLarge for too many."""
    if body.lines:
        return Batch(_lines(body.data, settings), False)
    value = read_json(body.data)
    if isinstance(value, list):
        long = len(body.data) > settings.article_bytes
        return Batch([_item(item, settings, long) for item in _bounded(value, settings)], False)
    return Batch([_item(value, settings, False)], True)


def _lines(data: bytes, settings: Settings) -> list[Item]:
    numbered = ((number, line) for number, line in enumerate(BytesIO(data), 1) if line.strip(WHITESPACE))
    lines = _bounded(list(islice(numbered, settings.batch_articles + 1)), settings)
    return [_line(line.strip(WHITESPACE), number, settings) for number, line in lines]


def _bounded(items: list[Any], settings: Settings) -> list[Any]:
    if len(items) > settings.batch_articles:
        raise TooLarge(f"A request holds at most {settings.batch_articles} articles.")
    return items


def _line(line: bytes, number: int, settings: Settings) -> Item:
    if len(line) > settings.article_bytes:
        return _article_too_large(settings)
    try:
        return _item(read_json(line, number), settings, False)
    except SamestoryError as error:
        return error


def _item(value: Any, settings: Settings, measure: bool) -> Item:
    """One item of a body; its size is measured only where the whole body leaves room for one too large."""
    if not isinstance(value, Mapping):
        return InvalidArticle("An article must be a JSON object.")
    if measure and _size(value) > settings.article_bytes:
        return _article_too_large(settings)
    return value


def _size(value: Mapping[str, Any]) -> int:
    try:
        return len(orjson.dumps(value))
    except TypeError:  # a lone surrogate, which intake strips or refuses: count it without encoding it
        return len(repr(value))


def _article_too_large(settings: Settings) -> TooLarge:
    return TooLarge(f"An article is at most {settings.article_bytes} bytes.")


def _media_type(request: Request, accepted: frozenset[str]) -> str:
    """The body's media type. Raises UnsupportedMedia for others, for compression and for other charsets."""
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
        raise UnsupportedMedia("The body is compressed.")
    kind, _, parameters = request.headers.get("content-type", "").lower().partition(";")
    charset = parameters.partition("charset=")[2].strip(' "')
    if kind.strip() not in accepted or charset not in ("", "utf-8"):
        raise UnsupportedMedia()
    return kind.strip()


async def _read(request: Request, limit: Callable[[bytes], int], seconds: float) -> bytes:
    """The body, counted as it arrives; `limit` says from its beginning how long it may be."""
    data = bytearray()
    declared = _declared(request)
    _check(declared, limit(b""))
    try:
        with anyio.fail_after(seconds):
            async for chunk in request.stream():
                data += chunk
                _check(max(len(data), declared), limit(bytes(data[:64])))
    except TimeoutError:
        raise TooSlow(f"It has {seconds:g} seconds.") from None
    return bytes(data)


def _check(size: int, limit: int) -> None:
    if size > limit:
        raise TooLarge(f"At most {limit} bytes are read here.")


def _declared(request: Request) -> int:
    value = request.headers.get("content-length", "")
    return int(value[:18]) if value.isascii() and value.isdigit() else 0
