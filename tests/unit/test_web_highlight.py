"""Is a text printed whole, whatever its marks, and are exactly the marked stretches marked?"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.web.direction import direction, language_name
from service.web.highlight import Mark, excerpt, paragraphs, pieces


def marks(spans: list[tuple[int, int]]) -> list[Mark]:
    return [Mark(start, end, number) for number, (start, end) in enumerate(spans, 1)]


SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6)


@given(st.text(max_size=50), SPANS)
def test_the_pieces_are_the_text(text: str, spans: list[tuple[int, int]]) -> None:
    assert "".join(piece.text for piece in pieces(text, marks(spans))) == text


@given(st.text(max_size=50), SPANS)
def test_exactly_the_spans_are_marked(text: str, spans: list[tuple[int, int]]) -> None:
    wanted = {index for start, end in spans for index in range(start, min(end, len(text)))}
    position, marked = 0, set()
    for piece in pieces(text, marks(spans)):
        if piece.number is not None:
            marked |= set(range(position, position + len(piece.text)))
        position += len(piece.text)
    assert marked == wanted


@given(st.text(max_size=50), SPANS)
def test_paragraphs_lose_only_line_ends(text: str, spans: list[tuple[int, int]]) -> None:
    printed = "".join(piece.text for line in paragraphs(text, marks(spans)) for piece in line)
    assert "".join(printed.split()) == "".join(text.split())


def test_a_passage_over_two_lines_is_marked_in_both_and_numbered_once() -> None:
    lines = paragraphs("one two\nthree four", [Mark(4, 13, 1)])
    assert [[(piece.text, piece.number, piece.first) for piece in line] for line in lines] == [
        [("one ", None, False), ("two", 1, True)],
        [("three", 1, False), (" four", None, False)],
    ]


def test_an_excerpt_is_cut_at_spaces() -> None:
    text = "alpha beta gamma delta epsilon zeta eta theta"
    start = text.index("delta")
    printed = [piece.text for piece in excerpt(text, Mark(start, start + 5, 1), context=8)]
    assert printed == ["… gamma ", "delta", " …"]


@given(st.text(max_size=80), st.integers(0, 80), st.integers(0, 80), st.integers(0, 40))
def test_an_excerpt_holds_its_passage(text: str, start: int, end: int, context: int) -> None:
    start, end = min(start, end, len(text)), min(max(start, end), len(text))
    before, passage, after = excerpt(text, Mark(start, end, 1), context)
    assert passage.text == text[start:end]
    assert len(before.text) + len(after.text) <= 2 * (context + 2)


def test_the_middle_of_a_long_passage_is_left_out() -> None:
    text = "before " + "word " * 400 + "after"
    printed = excerpt(text, Mark(7, len(text) - 6, 1))
    assert [piece.number for piece in printed] == [None, 1, None, 1, None]
    assert [piece.text for piece in printed][2] == " … "
    assert sum(len(piece.text) for piece in printed) < 700


def test_languages_have_names_and_directions() -> None:
    assert (direction("ar-MA"), direction("fr"), direction(""), direction("und")) == (
        "rtl",
        "ltr",
        "auto",
        "auto",
    )
    assert (language_name("ar", "en"), language_name("fr", "ar"), language_name("xx-notone", "fr")) == (
        "Arabic",
        "الفرنسية",
        "xx-notone",
    )
    assert language_name("", "en") == "unknown language"
