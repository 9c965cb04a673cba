"""Does a web page give the text, title and date that a reader sees, however it is built, and never hang?"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.text.clean import clean
from service.text.extract import extract, visible_text
from tests.unit.text import pages


def main_story(html: str) -> str:
    found = extract(html)
    return "\n".join(found.text[start:end] for start, end in clean(found.text, found.title).spans)


def without_space(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("wrapping", pages.WRAPPINGS)
@pytest.mark.parametrize(
    ("page", "title", "story"),
    [
        (pages.ENGLISH_PAGE, pages.ENGLISH_TITLE, pages.ENGLISH_STORY),
        (pages.ARABIC_PAGE, pages.ARABIC_TITLE, pages.ARABIC_STORY),
    ],
)
def test_a_page_dump_in_html_gives_its_story(wrapping: str, page: str, title: str, story: str) -> None:
    html = pages.WRAPPINGS[wrapping](page)
    assert without_space(main_story(html)) == without_space(story)
    found = extract(html)
    assert clean(found.text, found.title).title == title


def article(head: str = "", heading: str = f"<h1>{pages.ENGLISH_TITLE}</h1>") -> str:
    body = f"<article>{heading}{pages.paragraphs(pages.ENGLISH_STORY)}</article>{pages.FOOTER}"
    return f"<!doctype html><html><head>{head}</head><body>{pages.FURNITURE}{body}</body></html>"


def linked_data(**fields: str) -> str:
    thing = {"@graph": [{"@type": "WebPage"}, {"@type": "NewsArticle", **fields}]}
    return f'<script type="application/ld+json">{json.dumps(thing)}</script>'


@pytest.mark.parametrize(
    ("head", "published"),
    [
        ('<meta property="article:published_time" content="2024-06-17T10:30:00Z">', "2024-06-17T10:30:00Z"),
        ('<meta name="DC.date.issued" content="2024-06-17">', "2024-06-17"),
        ('<meta itemprop="datePublished" content="2024-06-17">', "2024-06-17"),
        (linked_data(headline="x", datePublished="2024-06-17"), "2024-06-17"),
        ('<script type="application/ld+json">{"a":NaN}</script>', ""),
        ("", ""),
    ],
)
def test_finds_the_date_in_the_metadata(head: str, published: str) -> None:
    assert extract(article(head)).published == published


def test_finds_the_date_of_the_only_time_element() -> None:
    one = '<time datetime="2024-06-17T10:30">Monday</time>'
    assert extract(article(heading=one)).published == "2024-06-17T10:30"
    two = one + '<time datetime="2023-01-01">an older story</time>'
    assert extract(article(heading=two)).published == ""
    marked = two.replace("<time", "<time pubdate", 1)
    assert extract(article(heading=marked)).published == "2024-06-17T10:30"


@pytest.mark.parametrize(
    ("head", "heading"),
    [
        (f'<meta property="og:title" content="{pages.ENGLISH_TITLE}"><title>Harbour Post</title>', ""),
        ("<title>Harbour Post</title>", f"<h1> {pages.ENGLISH_TITLE}\n</h1>"),
        (linked_data(headline=pages.ENGLISH_TITLE, datePublished="2024-06-17"), ""),
        (f"<title>{pages.ENGLISH_TITLE} | Harbour Post</title>", f"<h2>{pages.ENGLISH_TITLE}</h2>"),
        (f"<title>{pages.ENGLISH_TITLE}</title>", ""),
        ("<title>Harbour Post</title>", f"<h2>{pages.ENGLISH_TITLE}</h2>"),
    ],
)
def test_finds_the_title(head: str, heading: str) -> None:
    assert extract(article(head, heading)).title == pages.ENGLISH_TITLE


def test_visible_text_leaves_out_what_is_not_shown() -> None:
    html = (
        "<html><head><title>no</title><style>p{no}</style></head><body><!-- no <p>no</p> -->"
        "<script>if (a < b) { '<p>no</p>' }</script><p>yes &amp; <b>ye</b>s<br>again</p>"
        "<svg><text>no</text></svg><P>Last\n  one<p></body></html>"
    )
    assert visible_text(html) == "yes & yes\nagain\nLast one"


@pytest.mark.parametrize("html", ["", " ", "<", "<html></html>", "<p>", "<!-- -->", "\x00", "&#0;", "<a"])
def test_pages_of_nothing(html: str) -> None:
    assert extract(html).title == ""


def test_plain_text_sent_as_html_is_read() -> None:
    assert without_space(main_story(pages.ENGLISH_STORY)) == without_space(pages.ENGLISH_STORY)


def test_an_encoding_declared_in_a_string_does_no_harm() -> None:
    html = '<?xml version="1.0" encoding="iso-8859-1"?>' + article('<meta charset="windows-1256">')
    assert main_story(html) == pages.ENGLISH_STORY


pieces = st.sampled_from(
    ["<p>", "</p>", "<b", ">", "<!--", "-->", "<script>", "</script>", "<br>", "a ", "&lt;", "\n"]
)


@given(st.lists(pieces, max_size=30))
def test_any_page_is_read(parts: list[str]) -> None:
    extract("".join(parts))


PROSE = "This is a sentence of prose with quite a few words in it, ending well."


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 100_000 + PROSE + "</div>" * 100_000,
        "<b>" * 100_000 + PROSE,
        "<ul><li>" * 50_000 + PROSE,
        f"<p>{PROSE}</p>" * 10_000,
        "<p>x</p>" * 9_000 + PROSE,
        "a<br>" * 100_000,
        "<" * 1_000_000,
        "<a" * 500_000,
        "<!--" * 250_000,
        "<!-- - -- " * 100_000,
        "<script>" * 100_000,
        "<script>" + "</scrip>" * 100_000,
        "<a " + 'x="y" ' * 150_000 + ">" + PROSE,
        "&amp;" * 200_000,
        "&" * 1_000_000,
        "<table><tr><td>" + "<td>x" * 9_000,
        "<p>" + "x" * 1_000_000,
        f'<script type="application/ld+json">{"[" * 100_000}</script><p>{PROSE}</p>',
    ],
)
def test_bombs_are_read_in_linear_time(html: str) -> None:
    found = extract(html)
    assert PROSE not in html or PROSE in found.text or html.count(PROSE) > 1
