"""What does the shape of a line of text tell, in any language?

A line break means something unless the text was wrapped to a width; prose ends in a full stop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

_FULL_STOPS = frozenset(".!?…؟。！？।։።۔")
_CLOSERS = "\"'”’»›)]}\u200f\u200e "
_WIDEST_WRAPPING = 130  # characters
_NEARLY_FULL = 0.8  # of that width: the next word did not fit


class Line(NamedTuple):
    """One non-blank line, stripped; `start` and `end` are its place in the original text."""

    start: int
    end: int
    text: str


def lines_of(text: str) -> list[Line]:
    """Return the non-blank lines of a text."""
    lines = []
    position = 0
    for raw in text.split("\n"):
        stripped = raw.strip()
        if stripped:
            start = position if stripped is raw else position + raw.index(stripped[0])
            lines.append(Line(start, start + len(stripped), stripped))
        position += len(raw) + 1
    return lines


def is_hard_wrapped(lines: Sequence[Line]) -> bool:
    """Tell whether lines end where a page was full, not where a thought was: they say nothing then."""
    width = max(line.end - line.start for line in lines)
    if width > _WIDEST_WRAPPING:
        return False
    unfinished = [i for i in range(len(lines) - 1) if not ends_prose(lines[i].text)]
    continued = sum(_continues(lines[i], lines[i + 1], width) for i in unfinished)
    return continued > 0 and continued >= len(unfinished) / 2


def _continues(line: Line, following: Line, width: int) -> bool:
    if following.start - line.end > 4:  # more than a line break and an indent
        return False
    first = following.text[0]
    has_no_case = first.isalpha() and first.lower() == first.upper()
    return first.islower() or (has_no_case and len(line.text) > _NEARLY_FULL * width)


def words_in(line: str) -> int:
    """Return about how many words a line has; scripts without spaces count two characters as one."""
    spaced = line.count(" ") + 1
    return spaced if len(line) < 16 * spaced else len(line) // 2


def ends_prose(line: str) -> bool:
    """Tell whether a line that is not empty ends a sentence, whatever brackets and quotes it closes."""
    return line[-1] in _FULL_STOPS or line.rstrip(_CLOSERS)[-1:] in _FULL_STOPS
