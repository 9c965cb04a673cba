"""How does an id travel in a path? As one segment, percent-encoded, slashes included."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import unquote_to_bytes

from fastapi import Path
from starlette.convertors import Convertor, register_url_convertor
from starlette.types import Scope

from service.errors import InvalidInput

MAX_ID = 256
# Stands for an encoded slash inside one path segment while the router looks at it: no id can hold a NUL.
ENCODED_SLASH = "\0"


class IdConvertor(Convertor[str]):
    """`{name:id}` in a route: one path segment, with its encoded slashes restored."""

    regex = "[^/]+"

    def convert(self, value: str) -> str:
        return value.replace(ENCODED_SLASH, "/")

    def to_string(self, value: str) -> str:
        return value.replace("/", "%2F")


register_url_convertor("id", IdConvertor())

ArticleId = Annotated[str, Path(max_length=MAX_ID, description="Article id, percent-encoded.")]
StoryId = Annotated[str, Path(max_length=MAX_ID, description="Story id.")]


def routable_path(scope: Scope) -> str:
    """The decoded path in which a percent-encoded slash does not cut a segment in two: ids may hold slashes.

    Raises InvalidInput for a NUL or bytes that are not UTF-8.
    """
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    try:
        segments = [unquote_to_bytes(segment).decode() for segment in raw.split(b"?")[0].split(b"/")]
    except UnicodeDecodeError:
        raise InvalidInput("The path is not UTF-8.") from None
    if any("\0" in segment for segment in segments) or b"%00" in scope["query_string"]:
        raise InvalidInput("The address holds a NUL.")
    return "/".join(segment.replace("/", ENCODED_SLASH) for segment in segments)
