"""What did the sender give us, and is it an article?

Reads JSON strictly and turns one JSON object into an `Article`. Errors name the field or the place and say
what to mend; they never repeat the input.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from typing import Any

import courlan

from service.errors import InvalidArticle, TooLarge
from service.model import Article
from service.text.strict_json import DEPTH, read_json

__all__ = ["ARTICLE_BYTES", "canonical_address", "read_article", "read_json"]

ARTICLE_BYTES = 1 << 20

# Limits in code points; the texts themselves are limited in bytes.
_LIMITS = {"id": 256, "title": 2_000, "outlet": 500, "url": 4_000, "published": 200, "lang": 100}

# Where a field may be found: our own name first, then schema.org's.
_NAMES = {
    "id": ("id",),
    "url": ("url",),
    "outlet": ("outlet", "publisher"),
    "title": ("title", "headline"),
    "text": ("text", "articleBody"),
    "html": ("html",),
    "published": ("published", "datePublished"),
    "lang": ("lang", "inLanguage"),
}
_KNOWN = frozenset(name for names in _NAMES.values() for name in names)

# schema.org lets these be things of their own: {"@type": "Organization", "name": "The Harbour Post"}.
_NAMED_THINGS = {"publisher": ("name",), "inLanguage": ("alternateName", "name"), "outlet": ("name",)}

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def read_article(raw: Mapping[str, Any], max_bytes: int = ARTICLE_BYTES) -> Article:
    """Return the article that a JSON object describes, with an id of its own if it brings none.

    Raises InvalidArticle, which names the field, and TooLarge beyond `max_bytes` of text and html in UTF-8.

    >>> read_article({"headline": "Rain", "publisher": {"name": "The Harbour Post"}}).outlet
    'The Harbour Post'
    """
    if not isinstance(raw, Mapping):
        raise InvalidArticle("An article must be a JSON object.")
    notes: list[str] = []
    fields = {field: _field(raw, field, notes) for field in _NAMES}
    _check_size(fields, max_bytes)
    fields["id"] = fields["id"] or _derive_id(fields)
    return Article(**fields, extra=_extra(raw, notes), notes=tuple(notes))


def _field(raw: Mapping[str, Any], field: str, notes: list[str]) -> str:
    for name in _NAMES[field]:
        value = raw.get(name)
        if type(value) is not str:
            value = _string(name, value)
        if value:
            return _checked(field, name, value, notes)
    return ""


def _string(name: str, value: Any) -> str:
    """Return a field's value as text; null is the same as absent."""
    if value is None:
        return ""
    if isinstance(value, Mapping) and name in _NAMED_THINGS:
        return next((v for key in _NAMED_THINGS[name] if isinstance(v := value.get(key), str)), "")
    if name in _NAMES["published"] and not isinstance(value, bool) and _is_storable_number(value):
        return repr(value)  # an epoch in seconds or milliseconds: kept as given, judged in dates
    if not isinstance(value, str):
        raise InvalidArticle(f"The field {name} must be a string.")
    return value


def _checked(field: str, name: str, value: str, notes: list[str]) -> str:
    limit = _LIMITS.get(field)
    if limit is not None and len(value) > limit:
        raise InvalidArticle(f"The field {name} is longer than {limit} characters.")
    if field != "id":
        return value if value.isascii() and "\x00" not in value else _storable(name, value, notes)
    if _CONTROL.search(value):
        raise InvalidArticle("The field id contains a control character or a lone surrogate.")
    if value.isspace():
        raise InvalidArticle("The field id is blank.")
    return value


def _storable(name: str, value: str, notes: list[str]) -> str:
    """Return `value` without what UTF-8 or a database cannot hold, and note what was removed."""
    if "\x00" not in value and _is_unicode(value):
        return value
    kept, removed = _UNSTORABLE.subn("", value)
    notes.append(f"{name}: {removed} NUL characters or lone surrogates removed")
    return kept


def _is_unicode(value: str) -> bool:
    """Tell whether a string has no lone surrogates: encoding it is ten times as fast as looking for them, and
    UTF-16 in half the time of UTF-8."""
    try:
        value.encode("utf-16-le")
    except UnicodeEncodeError:
        return False
    return True


def _check_size(fields: Mapping[str, str], max_bytes: int) -> None:
    if 4 * (len(fields["text"]) + len(fields["html"])) <= max_bytes:
        return  # a character has at most four bytes
    size = sum(len(fields[field].encode()) for field in ("text", "html"))
    if size > max_bytes:
        raise TooLarge(f"The text and html of an article may be {max_bytes} bytes, these are {size}.")


def _derive_id(fields: Mapping[str, str]) -> str:
    """Return an id that the same article gets again: from its address, else from its outlet and content."""
    address = canonical_address(fields["url"])
    if address:
        return f"url-{_digest(address)}"
    content = (fields["outlet"], fields["title"], fields["text"] or fields["html"])
    if not any(part.strip() for part in content[1:]):
        raise InvalidArticle("An article needs at least one of id, url, title, text and html.")
    return f"text-{_digest(*content)}"


def canonical_address(url: str) -> str:
    """Return an http address without scheme, fragment and tracking parameters; empty for other addresses."""
    url = url.strip()
    if not url.lower().startswith(("http://", "https://")):
        return ""
    cleaned = courlan.clean_url(url.partition("#")[0]) or ""
    return str(cleaned).partition("://")[2].rstrip("/")


def _digest(*parts: str) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()


def _extra(raw: Mapping[str, Any], notes: list[str]) -> dict[str, Any]:
    """Return the fields we do not know, made storable."""
    if _KNOWN.issuperset(raw):
        return {}
    return {
        _storable("extra", _key(name), notes): _storable_value(value, notes, DEPTH - 1)
        for name, value in raw.items()
        if name not in _KNOWN
    }


def _storable_value(value: Any, notes: list[str], depth: int) -> Any:
    """Return a JSON value without what cannot be stored; `depth` is how many levels it may still nest."""
    if isinstance(value, str):
        return _storable("extra", value, notes)
    if value is None or _is_storable_number(value):
        return value
    if depth > 0 and isinstance(value, Mapping):
        return {
            _storable("extra", _key(k), notes): _storable_value(v, notes, depth - 1) for k, v in value.items()
        }
    if depth > 0 and isinstance(value, list | tuple):
        return [_storable_value(item, notes, depth - 1) for item in value]
    raise InvalidArticle("An unknown field holds a value that JSON cannot express, or nests too deeply.")


def _key(name: Any) -> str:
    if not isinstance(name, str):
        raise InvalidArticle("The names of fields must be strings.")
    return name


def _is_storable_number(value: Any) -> bool:
    """Tell whether a value is a finite double, or an integer (or truth value) of 64 bits."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and -(1 << 63) <= value < 1 << 64
