"""Which articles stand in a table (CSV)? Its separator and columns are guessed, and may be said instead.

A row that is wrong costs the others nothing; errors name the line and, where there is one, the column.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any
from unicodedata import normalize

from service.errors import InvalidArticle, SamestoryError, UnreadableFile
from service.text.normalise import fold

SEPARATORS = (",", ";", "\t", "|")
COLUMNS = 200
NAMED = re.compile(r"The field (\w+)")  # in an error about an article

# What each field of an article is called in tables, folded and without what is no letter.
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "guid", "articleid", "uid", "key", "identifiant", "معرف", "المعرف"),
    "url": ("url", "link", "address", "href", "lien", "adresse", "الرابط", "رابط"),
    "outlet": ("outlet", "source", "publisher", "site", "newspaper", "media", "journal", "المصدر", "الصحيفة"),
    "title": ("title", "headline", "titre", "العنوان", "عنوان"),
    "text": (
        *("text", "body", "content", "articlebody", "fulltext", "maintext"),
        *("texte", "contenu", "النص", "نص"),
    ),
    "html": ("html", "contenthtml", "bodyhtml"),
    "published": (
        *("published", "date", "publishedat", "pubdate", "datepublished", "publishdate", "time"),
        *("datedepublication", "التاريخ", "تاريخ النشر"),
    ),
    "lang": ("lang", "language", "inlanguage", "langue", "اللغة", "لغة"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Table:
    """A table's headings, and each further row with the line on which it ends, or why it cannot be read."""

    headings: Sequence[str]
    rows: Sequence[tuple[int, list[str] | SamestoryError]]


def read_table(data: bytes, most: int, cell_bytes: int) -> Table:
    """A table in UTF-8 whose first line holds headings. Raises UnreadableFile, which names the place.

    most: rows; cell_bytes: of one cell.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(f"Line {line}: not UTF-8 at byte {error.start} of the file.") from None
    csv.field_size_limit(cell_bytes)
    separator = _separator(text.partition("\n")[0])
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        headings = next(reader, [])
        if not any(heading.strip() for heading in headings):
            raise UnreadableFile("Line 1: the first line of a table names its columns.")
        if len(headings) > COLUMNS:
            raise UnreadableFile(f"Line 1: a table has at most {COLUMNS} columns.")
        return Table([heading.strip() for heading in headings], list(_rows(reader, len(headings), most)))
    except csv.Error as error:
        raise UnreadableFile(f"Line {reader.line_num}: {error}.") from None


def _separator(line: str) -> str:
    """What cuts the first line into most columns."""
    return max(SEPARATORS, key=line.count)


def _rows(reader: Any, columns: int, most: int) -> Iterator[tuple[int, list[str] | SamestoryError]]:
    number = 0
    for row in reader:
        if not row:
            continue
        number += 1
        if number > most:
            raise UnreadableFile(f"Line {reader.line_num}: a file has at most {most} rows; cut it in parts.")
        if len(row) != columns:
            yield reader.line_num, InvalidArticle(f"{len(row)} columns instead of {columns}.")
        else:
            yield reader.line_num, row


def guess(headings: Sequence[str]) -> dict[str, int]:
    """The column of each field that a heading tells of; of names that fit the first one."""
    plain = [_letters(heading) for heading in headings]
    found: dict[str, int] = {}
    for field, names in HEADINGS.items():
        for name in map(_letters, names):
            if name in plain and plain.index(name) not in found.values():
                found.setdefault(field, plain.index(name))
    return found


def _letters(heading: str) -> str:
    """A heading without case, marks and what is no letter: Pub-Date, published_at, Média."""
    return re.sub(r"[\W\d_]+", "", normalize("NFKD", fold(heading)))


def articles(table: Table, columns: Mapping[str, int]) -> list[dict[str, Any] | SamestoryError]:
    """The rows as articles; columns: of each field."""
    return [
        row
        if isinstance(row, SamestoryError)
        else {field: row[column].strip() for field, column in columns.items() if row[column].strip()}
        for _, row in table.rows
    ]


def placed(error: str, line: int, table: Table, columns: Mapping[str, int]) -> str:
    """An error about an article, with its line, and its column where the error names a field."""
    named = NAMED.search(error)
    column = columns.get(named[1]) if named else None
    where = "" if column is None else f", column {column + 1} ({table.headings[column]})"
    return f"Line {line}{where}: {error}"
