"""Are a table's separator and columns guessed, and is what is wrong named by line and column?"""

from __future__ import annotations

import pytest

from service.errors import InvalidArticle, UnreadableFile
from service.text.table import articles, guess, placed, read_table

MOST, CELL = 5, 1000


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_any_usual_separator_and_quoted_cells_are_read(separator: str) -> None:
    quoted = f'"a{separator} ""b""\nc"'
    read = read_table(f"title{separator}text\r\nx{separator}{quoted}\r\n\r\n".encode(), MOST, CELL)
    assert (read.headings, read.rows) == (["title", "text"], [(3, ["x", f'a{separator} "b"\nc'])])


@pytest.mark.parametrize(
    ("headings", "found"),
    [
        (["ID", "Pub-Date", "Publisher", "Headline", "full_text"], "id published outlet title text"),
        (["المصدر", "العنوان", "النصّ", "اللغة"], "outlet title text lang"),
        (["Médias", "Média", "Titre", "Adresse", "x"], "- outlet title url -"),
        (["title", "headline", "Title"], "title - -"),
        (["n°", ""], "- -"),
    ],
)
def test_columns_are_known_by_their_headings(headings: list[str], found: str) -> None:
    by_column = {column: field for field, column in guess(headings).items()}
    assert [by_column.get(number, "-") for number in range(len(headings))] == found.split()


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        (b"", "Line 1: the first line"),
        (b",,\n", "Line 1: the first line"),
        (b"a,b\n1,2\n\xff,3\n", "Line 3: not UTF-8 at byte 8"),
        (b'a,b\n1,"2\n3,4\n', "Line 3: unexpected end of data"),
        (b'a,b\n1,"2"x\n', "Line 2: "),
        (b"a\n" * 7, "Line 7: a file has at most 5 rows"),
        (b"a,b\n1," + b"x" * 1001, "Line 2: field larger than field limit"),
        (b"a," * 201, "at most 200 columns"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_line(data: bytes, wrong: str) -> None:
    with pytest.raises(UnreadableFile, match=wrong):
        read_table(data, MOST, CELL)


def test_a_wrong_row_costs_the_others_nothing() -> None:
    read = read_table(b"title,text\none,1\ntwo\nthree, 3 \n", MOST, CELL)
    made = articles(read, {"title": 0, "text": 1})
    assert [made[0], made[2]] == [{"title": "one", "text": "1"}, {"title": "three", "text": "3"}]
    assert isinstance(made[1], InvalidArticle)
    assert placed(str(made[1]), 3, read, {"title": 0}).startswith("Line 3: ")
    said = placed("The field title is too long.", 4, read, {"title": 0})
    assert said == "Line 4, column 1 (title): The field title is too long."
