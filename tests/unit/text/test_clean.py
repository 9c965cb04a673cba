"""Is the main story found, all of it and nothing else, without touching texts that are clean already?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.text.clean import clean
from tests.unit.text import pages


def main_story(text: str, title: str = "") -> str:
    return "\n".join(text[start:end] for start, end in clean(text, title).spans)


def without_space(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize(
    ("page", "title", "story"),
    [
        (pages.ENGLISH_PAGE, pages.ENGLISH_TITLE, pages.ENGLISH_STORY),
        (pages.ARABIC_PAGE, pages.ARABIC_TITLE, pages.ARABIC_STORY),
    ],
)
def test_finds_title_and_story_of_a_page_dump(page: str, title: str, story: str) -> None:
    assert clean(page).title == title
    assert main_story(page) == story
    assert main_story(page, title) == story
    assert clean(page).others == ()


@pytest.mark.parametrize("story", [pages.ENGLISH_STORY, pages.ARABIC_STORY, pages.FRENCH_STORY])
def test_leaves_a_clean_article_alone(story: str) -> None:
    cleaned = clean(story, "A title that is not in the text")
    assert cleaned.spans == ((0, len(story)),)
    assert cleaned.others == ()


def test_a_subheading_and_a_list_stay_in_the_midst_of_an_article() -> None:
    names = "Anna Berg, deck\nJo Lund, engine\nKim Ray, galley\nLee Sand, bridge\nMo Tang, engine"
    story = f"{pages.ENGLISH_STORY}\nWho is on board\n{names}\n{pages.FRENCH_STORY}"
    assert main_story(story, "Title") == story


def test_a_poem_a_table_and_a_list_of_names_are_content() -> None:
    poem = "\n".join(f"line number {i} of the verses that he read" for i in range(20))
    assert main_story(f"The poet read on Friday, to great applause, in the town hall.\n{poem}\nThank you.")
    text = f"The poet read on Friday, to great applause, in the town hall.\n{poem}"
    assert without_space(main_story(text)) == without_space(text)


def test_text_without_any_prose_is_kept() -> None:
    table = "Shr 39 cts vs 50 cts\nNet 1.2 mln vs 1.6 mln\nRevs 20.1 mln vs 18.3 mln"
    assert main_story(table, "Results") == table


def test_hard_wrapped_text_is_one_story() -> None:
    text = (
        "The port authority said its harbour\nferry would return to service on\nMonday after repairs.\n"
        "It said both propellers\nhad been replaced."
    )
    assert clean(text, "Ferry").spans == ((0, len(text)),)


def test_a_repeated_sentence_stays_once_and_a_repeated_label_never() -> None:
    first, second, third = pages.ENGLISH_STORY.split("\n")
    text = "\n".join([first, "Advertisement", first, second, "Advertisement", third])
    assert without_space(main_story(text, "T")) == without_space(pages.ENGLISH_STORY)


def test_a_page_of_furniture_alone_has_no_story() -> None:
    assert clean("© 2024\n12:30\nName *\n* * *\nhttps://example.org/x").spans == ()


@pytest.mark.parametrize("text", ["", " ", "\n \n"])
def test_nothing_comes_of_nothing(text: str) -> None:
    assert clean(text).spans == ()


def test_a_second_story_lends_no_words_to_the_first() -> None:
    text = f"{pages.FIRST_STORY}\n{pages.SECOND_STORY}"
    cleaned = clean(text, pages.ARABIC_TITLE)
    assert [text[start:end] for start, end in cleaned.spans] == [pages.FIRST_STORY]
    assert [[text[start:end] for start, end in other] for other in cleaned.others] == [[pages.SECOND_STORY]]


def test_a_turn_of_phrase_within_one_story_does_not_divide_it() -> None:
    turn = "من جهة أخرى، قالت سلطة الميناء إن العبّارة ستبدأ رحلاتها الإضافية بعد أسبوع من صباح الاثنين."
    text = f"{pages.FIRST_STORY}\n{turn}\n{turn[12:]} {turn[12:]}"
    assert clean(text, pages.ARABIC_TITLE).others == ()


def test_many_turns_are_no_reason_to_read_the_text_as_often() -> None:
    """3,000 paragraphs that each began with a turn took 202 s."""
    turns = "\n".join(
        f"Separately, {' '.join(f'word{i}x{j}' for j in range(40))} happened." for i in range(3000)
    )
    assert len(clean(turns).others) <= 8


page_lines = [*pages.ENGLISH_PAGE.split("\n"), *pages.ARABIC_PAGE.split("\n"), "من جهة أخرى، قال"]
lines = st.one_of(st.text(max_size=30), st.sampled_from(page_lines))


@given(st.lists(lines, max_size=20), st.sampled_from(["", pages.ENGLISH_TITLE, "x"]))
def test_spans_are_in_order_apart_and_within_the_text(drawn: list[str], title: str) -> None:
    text = "\n".join(drawn)
    cleaned = clean(text, title)
    position = 0
    for start, end in [*cleaned.spans, *(span for other in cleaned.others for span in other)]:
        assert position <= start < end <= len(text)
        assert not text[start].isspace()
        assert not text[end - 1].isspace()
        position = end


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "text",
    [
        "\n" * 1_000_000,
        "a\n" * 200_000,
        " " * 1_000_000,
        "• x\n" * 100_000,
        "1:" * 500_000,
        " | " * 300_000,
        '"' * 1_000_000,
        ('"' * 150 + "\n") * 6_000,
        "x" * 10_000_000,
        ("a" * 100 + "\n") * 10_000,
    ],
)
def test_takes_linear_time(text: str) -> None:
    clean(text)
    clean(text, "x" * 1_500)
