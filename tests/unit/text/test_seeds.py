"""Do the five real pages, where they are at hand, end up with their main story alone, as text and as HTML?"""

import pytest

from service.model import Article
from service.text.dates import effective
from service.text.prepare import PreparedText, prepare_text
from tests.unit.text import pages

ARRIVED = 1_750_000_000.0

# Where the title, the main story and a second story stand on each page, and the date that it shows.
EXPECTED = {
    "000": ((0, 99), (448, 2142), (2143, 3689), ""),
    "001": ((0, 63), (78, 2059), None, ""),
    "002": ((0, 68), (76, 2015), None, ""),
    "003": ((75, 158), (163, 4341), None, "2019-12-07"),
    "004": ((380, 464), (552, 2570), None, "2022-06-18T15:27"),
}


def prepared(page: str = "", html: str = "") -> PreparedText:
    return prepare_text(Article(id="a", text=page, html=html), ARRIVED)


def story(made: PreparedText) -> str:
    return "".join("".join(made.text[start:end].split()) for start, end in made.spans)


def further(made: PreparedText) -> list[str]:
    return ["".join(made.text[start:end].split()) for other in made.others for start, end in other]


def test_the_pages_end_up_with_their_main_story() -> None:
    for number, page in pages.seed_pages().items():
        title, main, second, shown = EXPECTED[number]
        made = prepared(page)
        assert made.title == page[slice(*title)]
        assert made.spans == (main,)
        assert made.others == (((second,),) if second else ())
        assert (made.lang, made.lang_certain) == ("ar", True)
        assert made.published_at == effective(shown, ARRIVED)[0]
        assert made.basis == ("page" if shown else "unknown")


@pytest.mark.parametrize("wrapping", pages.WRAPPINGS)
def test_html_makes_no_difference(wrapping: str) -> None:
    for page in pages.seed_pages().values():
        plain, wrapped = prepared(page), prepared(html=pages.WRAPPINGS[wrapping](page))
        assert story(wrapped) == story(plain)
        assert further(wrapped) == further(plain)
        assert (wrapped.title, wrapped.lang) == (plain.title, plain.lang)
        assert wrapped.published_at == plain.published_at
