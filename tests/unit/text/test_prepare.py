"""Do the parts of the text floor come together: text, stories, language, date and what was noted?"""

import pytest

from service.model import Article
from service.text.intake import read_article
from service.text.prepare import prepare_text
from tests.unit.text import pages

ARRIVED = 1_720_000_000.0  # 3 July 2024


def test_a_page_dump_is_prepared() -> None:
    made = prepare_text(Article(id="a", text=pages.ARABIC_PAGE), ARRIVED)
    assert made.text == pages.ARABIC_PAGE
    assert made.title == pages.ARABIC_TITLE
    assert [made.text[start:end] for start, end in made.spans] == [pages.ARABIC_STORY]
    assert (made.lang, made.lang_certain) == ("ar", True)
    assert (made.published_at, made.basis) == (1718620200.0, "page")
    assert made.notes == ("published: no time zone, read as UTC",)


def test_html_is_extracted_when_there_is_no_text() -> None:
    html = (
        '<html><head><meta property="article:published_time" content="2024-06-17T10:30:00Z"></head><body>'
        f"<h1>{pages.ENGLISH_TITLE}</h1>{pages.paragraphs(pages.ENGLISH_STORY)}</body></html>"
    )
    made = prepare_text(Article(id="a", html=html), ARRIVED)
    assert (made.title, made.basis, made.lang) == (pages.ENGLISH_TITLE, "page", "en")
    assert "".join(made.text[start:end] for start, end in made.spans) == pages.ENGLISH_STORY
    both = prepare_text(Article(id="a", text="Sent as text.", html=html, title="Sent title"), ARRIVED)
    assert (both.title, both.text, both.basis) == ("Sent title", "Sent as text.", "unknown")


def test_the_senders_date_comes_before_the_pages() -> None:
    given = prepare_text(Article(id="a", text=pages.ENGLISH_PAGE, published="2024-06-18T00:00:00Z"), ARRIVED)
    assert (given.published_at, given.basis, given.notes) == (1718668800.0, "given", ())


def test_the_pages_date_serves_where_the_senders_cannot_be_trusted() -> None:
    made = prepare_text(Article(id="a", text=pages.ENGLISH_PAGE, published="1970-01-01"), ARRIVED)
    assert (made.published_at, made.basis) == (1718620200.0, "page")
    assert made.notes == (
        "published: the Unix epoch, not trusted",
        "published: no time zone, read as UTC",
    )


def test_a_date_in_a_byline_below_a_second_story_is_found() -> None:
    stories = f"{pages.FIRST_STORY}\n{pages.SECOND_STORY}"
    text = f"{pages.ARABIC_TITLE}\n{stories}\nبقلم : سالم\nبتاريخ : 07/06/2024"
    made = prepare_text(Article(id="a", text=text), ARRIVED)
    assert len(made.others) == 1
    assert made.basis == "page"


@pytest.mark.parametrize("text", ["", " \n ", "*", "© 2024\n12:30\n* * *"])
def test_an_article_of_nothing_is_prepared_and_has_no_story(text: str) -> None:
    made = prepare_text(Article(id="a", text=text, lang="fr"), ARRIVED)
    assert made.published_at is None
    assert made.basis == "unknown"
    assert not any(map(str.isalpha, "".join(made.text[start:end] for start, end in made.spans)))


def test_notes_of_intake_are_kept() -> None:
    made = prepare_text(read_article({"id": "a", "text": "x\x00", "published": 5}), ARRIVED)
    assert made.notes == (
        "text: 1 NUL characters or lone surrogates removed",
        "published: a bare number, not trusted",
    )


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "text",
    [
        "a" + "\u0301\u0323" * 200_000,
        "\ufdfa" * 300_000,
        "\u200b" * 300_000,
        "\u202e" * 300_000,
        "x" * 10_000_000,
    ],
)
def test_bombs_of_characters_are_prepared(text: str) -> None:
    assert prepare_text(Article(id="a", text=text), ARRIVED).text == text
