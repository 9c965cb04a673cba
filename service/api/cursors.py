"""Where does the next page of a list begin? An opaque cursor, bound to its list and filters."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import orjson

from service.errors import InvalidInput

BINDING_BYTES = 6
MOST = (1 << 63) - 1  # what a database takes for an integer

Kinds = tuple[type | tuple[type, ...], ...]


def encode(position: list[Any], query: Mapping[str, Any]) -> str:
    """A cursor that continues `query` after `position` (JSON values)."""
    packed = orjson.dumps([_binding(query), *position])
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def decode(cursor: str, query: Mapping[str, Any], kinds: Kinds) -> list[Any]:
    """The position in `cursor`. Raises InvalidInput unless `encode` made it for this very query.

    `kinds` are the types that the position's values must have.
    """
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        values = orjson.loads(packed)
    except (binascii.Error, ValueError):
        raise InvalidInput("The cursor is not one of ours.") from None
    if not _fits(values, _binding(query), kinds):
        raise InvalidInput("The cursor belongs to another list or to other filters.")
    return list(values[1:])


def _fits(values: Any, binding: str, kinds: Kinds) -> bool:
    if not isinstance(values, list) or len(values) != len(kinds) + 1 or values[0] != binding:
        return False
    return all(
        isinstance(value, kind) and not (isinstance(value, int) and abs(value) > MOST)
        for value, kind in zip(values[1:], kinds, strict=True)
    )


def _binding(query: Mapping[str, Any]) -> str:
    ordered = orjson.dumps(dict(query), default=str, option=orjson.OPT_SORT_KEYS)
    return blake2b(ordered, digest_size=BINDING_BYTES).hexdigest()
