"""Is this JSON, the whole of it, meaning one thing only?

Good input takes the fast path: one parse by orjson and a count that proves no key came twice. Whatever
looks wrong is read once more, slowly, to say what and where.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple, NoReturn

import orjson

from service.errors import InvalidArticle, InvalidInput

DEPTH = 64
_BOM = b"\xef\xbb\xbf"

_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?'
_LEXEME = re.compile(rf"{_STRING}|[\[\]{{}}:,]|-?[0-9][0-9.eE+-]*+|-?[A-Za-z]++", re.DOTALL)
_INTEGER = re.compile(r"-?[0-9]+")
_MOST_DIGITS = 20  # of an integer of 64 bits


def read_json(data: bytes, first_line: int = 1) -> Any:
    """Return the value of a JSON document in UTF-8, as strict as RFC 8259 allows.

    Raises InvalidInput, which names line and byte, for anything that is not UTF-8 or not JSON, for NaN and
    infinities, keys that come twice in an object, more than 64 levels, and integers beyond 64 bits. Lone
    surrogates are let through: intake treats them field by field. `first_line` is the number of the
    document's first line where it stands, for NDJSON.
    """
    data = data.removeprefix(_BOM)
    try:
        value = orjson.loads(data)
        if _is_unambiguous(value, data):
            return value
    except orjson.JSONDecodeError:
        pass
    return _SlowReader(data, first_line).read()


class Line(NamedTuple):
    """A line of JSON lines as it was read; whoever takes the article reads it, perhaps in another process.
    `number` is for errors."""

    data: bytes
    number: int

    def fields(self) -> dict[str, Any]:
        """The article's fields. Raises InvalidInput, InvalidArticle."""
        value = read_json(self.data, first_line=self.number)
        if not isinstance(value, dict):
            raise InvalidArticle("An article is a JSON object.")
        return value


def _is_unambiguous(value: Any, data: bytes) -> bool:
    """Tell whether it is certain that no key was lost, no integer rounded and no level too deep.

    Each member of an object brings one colon, and the other colons stand inside strings: if keys came
    twice, the colons of the document outnumber what the value accounts for. Only a colon written as an
    escape could make up for it, and a document with such an escape is not certain.
    """
    if b"\\u003" in data:
        return False
    colons = _colons(value, DEPTH)
    return colons is not None and colons == data.count(b":")


def _colons(value: Any, depth: int) -> int | None:
    """Return how many colons the JSON of `value` has, None if it is too deep or holds a rounded integer."""
    if isinstance(value, str):
        return value.count(":")
    if isinstance(value, float):
        return None if abs(value) >= 1 << 63 else 0
    if not isinstance(value, dict | list):
        return 0
    if depth == 0:
        return None
    parts = value.values() if isinstance(value, dict) else value
    total = len(value) + "".join(value).count(":") if isinstance(value, dict) else 0
    for part in parts:
        # nearly all values of an article are strings: they need no call
        colons = part.count(":") if type(part) is str else _colons(part, depth - 1)
        if colons is None:
            return None
        total += colons
    return total


class _SlowReader:
    """Reads a document that is wrong, or at least unusual, and says where."""

    def __init__(self, data: bytes, first_line: int) -> None:
        self._data = data
        self._first_line = first_line
        self._text = self._decode()

    def read(self) -> Any:
        self._check_lexemes()
        try:
            return json.loads(self._text)
        except json.JSONDecodeError as error:
            self._fail(f"{error.msg}", error.pos)

    def _decode(self) -> str:
        try:
            return self._data.decode()
        except UnicodeDecodeError as error:
            raise InvalidInput(self._place(error.start) + "not UTF-8.") from None

    def _check_lexemes(self) -> None:
        """Check all that can be seen without a grammar: depth, keys, numbers and words."""
        open_objects: list[set[str] | None] = []
        expects_key = False
        for match in _LEXEME.finditer(self._text):
            lexeme, position = match[0], match.start()
            if lexeme in "{[":
                open_objects.append(set() if lexeme == "{" else None)
                if len(open_objects) > DEPTH:
                    self._fail(f"more than {DEPTH} levels", position)
                expects_key = lexeme == "{"
            elif lexeme in "}]":
                if open_objects:
                    open_objects.pop()
                expects_key = False
            elif lexeme[0] == '"':
                if expects_key and open_objects:
                    self._check_key(lexeme, open_objects[-1], position)
                expects_key = False
            elif lexeme == ",":
                expects_key = bool(open_objects) and open_objects[-1] is not None
            elif lexeme != ":":
                self._check_scalar(lexeme, position)

    def _check_key(self, lexeme: str, seen: set[str] | None, position: int) -> None:
        try:
            key = json.loads(lexeme)
        except json.JSONDecodeError:
            self._fail("not a JSON string", position)
        if seen is None:
            return
        if key in seen:
            self._fail("a key for the second time in one object", position)
        seen.add(key)

    def _check_scalar(self, lexeme: str, position: int) -> None:
        if lexeme[-1].isalpha():
            if lexeme not in ("true", "false", "null"):
                self._fail("a word that JSON does not know", position)
        elif _INTEGER.fullmatch(lexeme):
            if len(lexeme) > _MOST_DIGITS + 1 or not -(1 << 63) <= int(lexeme) < 1 << 64:
                self._fail("an integer of more than 64 bits", position)
        elif self._is_infinite(lexeme, position):
            self._fail("a number beyond all doubles", position)

    def _is_infinite(self, lexeme: str, position: int) -> bool:
        try:
            return abs(float(lexeme)) == float("inf")
        except ValueError:
            self._fail("not a JSON number", position)

    def _fail(self, what: str, position: int) -> NoReturn:
        raise InvalidInput(self._place(len(self._text[:position].encode())) + f"{what}.")

    def _place(self, byte: int) -> str:
        line = self._first_line + self._data.count(b"\n", 0, byte)
        return f"Line {line}, byte {byte}: "
