"""What does a spreadsheet, or a program that reads line by line, see of the stories? CSV and JSON Lines.

CSV is what people open in spreadsheets: it begins with a byte order mark, without which Excel shows Arabic as
noise, and no cell of it is a formula. JSON Lines is what programs read: it has neither.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

MARK = b"\xef\xbb\xbf"
COLUMNS = (
    "id", "title", "life", "first_reported", "latest_reported", "first_published", "latest_published",
    "article_count", "outlet_count", "independent_outlet_count", "languages", "representative_article_id",
)  # fmt: skip
# What makes a spreadsheet compute a cell; the wide forms do so in East Asian settings.
FORMULA = tuple("=+-@＝＋－＠")
CONTROLS = dict.fromkeys((*range(32), *range(127, 160), 0x2028, 0x2029), " ")


def csv_head() -> bytes:
    """The mark and the names of the columns."""
    return MARK + csv_rows([dict(zip(COLUMNS, COLUMNS, strict=True))])


def csv_rows(stories: Iterable[Mapping[str, Any]]) -> bytes:
    """A line for each story, as RFC 4180 has them."""
    lines = io.StringIO()
    writer = csv.writer(lines)
    for story in stories:
        writer.writerow([cell(story[name]) for name in COLUMNS])
    return lines.getvalue().encode("utf-8", "replace")


def json_lines(stories: Iterable[Mapping[str, Any]]) -> bytes:
    """A line for each story, with every field that `/v1/stories` gives."""
    return b"".join(orjson.dumps(story, option=orjson.OPT_APPEND_NEWLINE) for story in stories)


def cell(value: Any) -> str | int:
    """One value. Text that would be computed gets an apostrophe before it: so do spreadsheets mark text."""
    if value is None:
        return ""
    if isinstance(value, int):
        return value
    text = " ".join(value) if isinstance(value, list) else str(value)
    text = text.translate(CONTROLS)
    return f"'{text}" if text.lstrip().startswith(FORMULA) else text
