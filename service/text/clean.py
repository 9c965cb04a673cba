"""Which parts of a page are its main story, which are a further story, and which are mere furniture?

Works on plain text line by line, in any language, by shape: prose is long and ends in a full stop, furniture
is short and does not. Nothing is rewritten: the answer is spans of the original text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from service.model import Span
from service.text.lines import Line, ends_prose, is_hard_wrapped, lines_of, words_in
from service.text.segments import divide

# Words a line needs to count as prose without a full stop at its end, and to count half. Teasers of other
# stories seldom have 30 words; Arabic paragraphs without a full stop often do.
_LONG = 15
_VERY_LONG = 30

_COST = 8  # of a line of furniture, in words of prose: four of them outweigh a paragraph
_COSTLY_SHORT_LINES = 3  # in a row; a list of names in the midst of an article must not cut it in two
_LINES_PER_FURNITURE = 10
_WORDS_PER_CONTENT_LINE = 4
_LONGEST_FURNITURE = 160  # characters
_TITLE_WORDS = (3, 30)

_LETTER = re.compile(r"[^\W\d_]")
_BULLETS = frozenset("•·▪◦●■►▶‣∙")
_FURNITURE = re.compile(
    r"©|\(c\)"  # a copyright line
    r"|\*:?$"  # a form's required field
    r"|\d{1,2}:\d{2}"  # when something was published
    r"|\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}"
    r"|^(?:https?://|www\.|@)\S+$"
    r"|\s[|>]\s[^|>]*\s[|>]\s",  # a menu, a breadcrumb trail
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The title as given or found on the page, the main story's spans and those of each further story."""

    title: str
    spans: tuple[Span, ...]
    others: tuple[tuple[Span, ...], ...]


def clean(text: str, title: str = "") -> Cleaned:
    """Find the stories in a text that may be a whole page dump.

    >>> page = "Home\\nNews\\nMayor opens bridge\\nThe mayor opened the bridge on Monday.\\n© 2024"
    >>> cleaned = clean(page)
    >>> cleaned.title, [page[start:end] for start, end in cleaned.spans]
    ('Mayor opens bridge', ['The mayor opened the bridge on Monday.'])
    """
    lines = lines_of(text)
    if len(lines) < 2 or is_hard_wrapped(lines):
        return Cleaned(title, _spans(text, lines), ())
    repeated = _repeated(lines)
    title = title or _repeated_title(lines, repeated)
    furniture = _find_furniture(lines, title, repeated)
    weights = [-_COST if odd else _weight(line.text) for line, odd in zip(lines, furniture, strict=True)]
    first, last = _body(weights, furniture)
    if _loses_content(lines, furniture, first, last):
        first, last = 0, len(lines)
    if not title:
        title, first = _leading_title(lines, furniture, first, last)
    story = [line for line, odd in zip(lines[first:last], furniture[first:last], strict=True) if not odd]
    main, *others = divide([line.text for line in story], title)
    return Cleaned(
        title,
        _spans(text, story[main.start : main.stop]),
        tuple(_spans(text, story[other.start : other.stop]) for other in others),
    )


def may_be_title(line: str) -> bool:
    """Tell whether a line has a headline's shape: some words, no full stop, and it announces nothing."""
    least, most = _TITLE_WORDS
    return least <= words_in(line) <= most and not line.endswith((".", ":", "。")) and line[0] not in _BULLETS


def _spans(text: str, lines: Sequence[Line]) -> tuple[Span, ...]:
    """Return the lines' places in the text, those as one between which there is only white space."""
    spans: list[Span] = []
    for line in lines:
        if spans and text[spans[-1].end : line.start].isspace():
            spans[-1] = Span(spans[-1].start, line.end)
        else:
            spans.append(Span(line.start, line.end))
    return tuple(spans)


def _repeated(lines: Sequence[Line]) -> set[str]:
    """Return what stands on the page more than once."""
    if len({line.text for line in lines}) == len(lines):
        return set()
    return {text for text, count in Counter(line.text for line in lines).items() if count > 1}


def _find_furniture(lines: Sequence[Line], title: str, repeated: set[str]) -> list[bool]:
    """Tell of each line whether it is certainly not the story's; of repeated sentences the first stays."""
    furniture = [_is_furniture(line.text, title) for line in lines]
    seen: set[str] = set()
    for i, line in enumerate(lines if repeated else ()):
        if line.text in repeated and len(line.text) <= _LONGEST_FURNITURE:
            furniture[i] = furniture[i] or line.text in seen or not ends_prose(line.text)
            seen.add(line.text)
    return furniture


def _is_furniture(line: str, title: str) -> bool:
    if title and _repeats(line, title):
        return True
    if len(line) > _LONGEST_FURNITURE:
        return False
    if not _LETTER.search(line):
        return True
    return not ends_prose(line) and _FURNITURE.search(line) is not None


def _repeats(line: str, title: str) -> bool:
    """Tell whether a line is the title, with or without the name of its site or section."""
    if len(line) > 2 * len(title) + 40:
        return False
    return title in line or (2 * len(line) > len(title) and line in title)


def _weight(line: str) -> int:
    """Return how much a line speaks for being in the story's body, in words; negative if against it."""
    words = words_in(line)
    if ends_prose(line):
        return words if words > 2 else -_COST
    if words >= _VERY_LONG:
        return words // 2
    return words // 4 if words >= _LONG else -_COST


def _body(weights: Sequence[int], furniture: Sequence[bool]) -> tuple[int, int]:
    """Return the range of lines with the greatest sum of weights, all of them if no line speaks for any.

    Maximum subsequence segmentation (Pasternack & Roth 2009), with the cost of a run of short lines capped.
    """
    best = total = 0
    best_range = (0, len(weights))
    start = short_lines = 0
    for i, weight in enumerate(weights):
        short_lines = short_lines + 1 if weight < 0 and not furniture[i] else 0
        total += weight if short_lines <= _COSTLY_SHORT_LINES else 0
        if total <= 0:
            total, start = 0, i + 1
        elif total > best:
            best, best_range = total, (start, i + 1)
    return best_range


def _loses_content(lines: Sequence[Line], furniture: Sequence[bool], first: int, last: int) -> bool:
    """Tell whether the lines outside the body look like content after all: a poem, a table, a list of names.

    They are most of the text then, have more words than the entries of a menu, and no furniture among them.
    """
    outside = [*range(first), *range(last, len(lines))]
    short_lines = [lines[i] for i in outside if not furniture[i]]
    outer = sum(len(line.text) for line in short_lines)
    inner = sum(len(line.text) for line in lines[first:last])
    if outer <= inner or len(outside) - len(short_lines) > len(outside) / _LINES_PER_FURNITURE:
        return False
    return sum(words_in(line.text) for line in short_lines) >= _WORDS_PER_CONTENT_LINE * len(short_lines)


def _repeated_title(lines: Sequence[Line], repeated: set[str]) -> str:
    """Return the headline that a page dump shows more than once, empty if there is none."""
    for line in lines:
        if line.text in repeated and may_be_title(line.text):
            return line.text
        if words_in(line.text) >= _LONG and ends_prose(line.text):
            return ""  # the story has begun: what is repeated further down is furniture
    return ""


def _leading_title(
    lines: Sequence[Line], furniture: Sequence[bool], first: int, last: int
) -> tuple[str, int]:
    """Return the headline above the body, or at its beginning, and where the body then begins."""
    for line, odd in zip(lines[:first], furniture[:first], strict=True):
        if not odd and may_be_title(line.text):
            return line.text, first
    if last - first > 1 and may_be_title(lines[first].text) and ends_prose(lines[first + 1].text):
        return lines[first].text, first + 1
    return "", first
