"""Which stretches of a text are marked? Cuts a text at its passages into pieces a template can print."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

SHOWN = 300  # code points at either end of a long passage in an excerpt


class Mark(NamedTuple):
    """A half-open range of code points and the number of the passage it shows."""

    start: int
    end: int
    number: int


class Piece(NamedTuple):
    """A stretch of text; `number` is its passage's, None outside passages. `first` begins that passage."""

    text: str
    number: int | None = None
    first: bool = False


Paragraph = list[Piece]


def pieces(text: str, marks: Iterable[Mark]) -> list[Piece]:
    """The whole text, cut at the marks. Where marks overlap, the earlier one keeps the shared part."""
    found: list[Piece] = []
    position = 0
    for mark in sorted(marks):
        start, end = max(mark.start, position), min(mark.end, len(text))
        if start >= end:
            continue
        found.append(Piece(text[position:start]))
        found.append(Piece(text[start:end], mark.number, True))
        position = end
    found.append(Piece(text[position:]))
    return [piece for piece in found if piece.text]


def paragraphs(text: str, marks: Iterable[Mark]) -> list[Paragraph]:
    """The pieces of `text`, line by line; empty lines are dropped, a passage may run over several."""
    lines: list[Paragraph] = [[]]
    for piece in pieces(text, marks):
        for number, line in enumerate(piece.text.splitlines() or [""]):
            if number:
                lines.append([])
            if line:
                lines[-1].append(Piece(line, piece.number, piece.first and number == 0))
        if piece.text[-1:] in "\n\r":
            lines.append([])
    return [line for line in lines if any(piece.text.strip() for piece in line)]


def excerpt(text: str, mark: Mark, context: int = 120) -> list[Piece]:
    """A passage with up to `context` characters on either side, cut at spaces, … where text was left out."""
    before, after = text[max(0, mark.start - context) : mark.start], text[mark.end : mark.end + context]
    if mark.start > context:
        before = "… " + _from_word(before)
    if mark.end + context < len(text):
        after = _to_word(after) + " …"
    return [Piece(before), *_passage(text[mark.start : mark.end], mark.number), Piece(after)]


def _passage(text: str, number: int) -> list[Piece]:
    """A passage whole, or its beginning and end when it is a long one: a copy shares all of its text."""
    if len(text) <= 2 * SHOWN:
        return [Piece(text, number, True)]
    beginning, end = _to_word(text[:SHOWN]), _from_word(text[-SHOWN:])
    return [Piece(beginning, number, True), Piece(" … "), Piece(end, number)]


def _from_word(text: str) -> str:
    """`text` from its first whole word on; unchanged in a script without spaces."""
    return text[text.find(" ") + 1 :]


def _to_word(text: str) -> str:
    """`text` up to its last whole word; unchanged in a script without spaces."""
    return text[: text.rfind(" ")] if " " in text else text
