"""Are dates read in every form that pages use, and believed only where they can be?"""

from datetime import UTC, datetime, tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.model import Span
from service.text.clean import clean
from service.text.dates import effective, from_page, in_line
from tests.unit.text import pages

ARRIVED = datetime(2024, 6, 20, tzinfo=UTC).timestamp()
NAIVE = ("published: no time zone, read as UTC",)


def seconds(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> float:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("published", "expected", "notes"),
    [
        ("2024-06-17T10:30:00Z", seconds(2024, 6, 17, 10, 30), ()),
        ("2024-06-17T10:30:00.250+02:00", seconds(2024, 6, 17, 8, 30) + 0.25, ()),
        ("Mon, 17 Jun 2024 10:30:00 GMT", seconds(2024, 6, 17, 10, 30), ()),
        ("2024-06-17T10:30:00", seconds(2024, 6, 17, 10, 30), NAIVE),
        ("2024-06-17", seconds(2024, 6, 17), NAIVE),
        ("20240617", seconds(2024, 6, 17), NAIVE),
        ("٢٠٢٤-٠٦-١٧", seconds(2024, 6, 17), NAIVE),
        (" 17 juin 2024 ", seconds(2024, 6, 17), NAIVE),
        ("1900-01-01T00:00:00Z", seconds(1900, 1, 1), ()),
        ("2024-06-21T23:59:59Z", seconds(2024, 6, 21, 23, 59, 59), ()),
    ],
)
def test_reads_what_senders_write(published: str, expected: float, notes: tuple[str, ...]) -> None:
    assert effective(published, ARRIVED) == (expected, notes)


@pytest.mark.parametrize(
    ("published", "note"),
    [
        ("0001-01-01", "before 1900"),
        ("0001-01-01T00:00:00+14:00", "before 1900"),
        ("1899-12-31T23:59:59Z", "before 1900"),
        ("1970-01-01T00:00:00Z", "Unix epoch"),
        ("1969-12-31T19:00:00-05:00", "Unix epoch"),
        ("1970-01-01", "Unix epoch"),
        ("2024-06-22T00:00:01Z", "future"),
        ("9999-12-31T23:59:59-14:00", "future"),
        ("1718620200", "bare number"),
        ("1718620200000", "bare number"),
        ("0", "bare number"),
        ("-1.5", "bare number"),
        ("yesterday", "not a date"),
        ("1e999", "not a date"),
        ("2024-02-30", "not a date"),
        ("9" * 100_000, "bare number"),
        ("Mon, 17 Jun 99999 10:30:00 GMT", "not a date"),
        ("Mon, 17 Jun 99999999999999999999 10:30:00 GMT", "not a date"),
        ("Mon, 17 Jun 9999 10:30:00 +99999999999999999", "not a date"),
    ],
)
def test_does_not_trust_what_cannot_be(published: str, note: str) -> None:
    found, notes = effective(published, ARRIVED)
    assert found is None
    assert len(notes) == 1
    assert note in notes[0]


@pytest.mark.parametrize("published", ["", "  "])
def test_no_date_is_no_fault(published: str) -> None:
    assert effective(published, ARRIVED) == (None, ())


@given(st.one_of(st.text(max_size=40), st.text("0123456789-+:.TZ /", max_size=30), st.datetimes().map(str)))
def test_any_text_is_a_trusted_date_or_is_explained(published: str) -> None:
    found, notes = effective(published, ARRIVED)
    assert found is not None or notes or not published.strip()
    assert found is None or seconds(1900, 1, 1) <= found <= ARRIVED + 172_800


@given(st.datetimes(datetime(1990, 1, 1), datetime(2024, 6, 1)), st.timezones())
def test_zones_are_honoured(moment: datetime, zone: tzinfo) -> None:
    aware = moment.replace(tzinfo=zone)
    assert effective(aware.isoformat(), ARRIVED)[0] == pytest.approx(aware.timestamp(), abs=60)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("السبت 18 يونيو 2022 على الساعة 15:27", datetime(2022, 6, 18, 15, 27)),
        ("17 حزيران / يونيو 2024", datetime(2024, 6, 17)),
        ("GMT 08:57 2024 الإثنين ,17 حزيران / يونيو", datetime(2024, 6, 17, 8, 57)),
        ("05 تشرين الأول / أكتوبر 2017", datetime(2017, 10, 5)),
        ("12 غشت 2021", datetime(2021, 8, 12)),
        ("3 جويلية 2020", datetime(2020, 7, 3)),
        ("١٢ أوت ٢٠٢١", datetime(2021, 8, 12)),
        ("المدينة 25 شوال 1436 هـ الموافق 10 أغسطس 2015 م", datetime(2015, 8, 10)),
        ("Le 18 juin 2022 à 15h27", datetime(2022, 6, 18, 15, 27)),
        ("1er août 2020", datetime(2020, 8, 1)),
        ("June 18, 2022 3:27 PM", datetime(2022, 6, 18, 15, 27)),
        ("12:05 a.m., Sept. 2, 2019", datetime(2019, 9, 2, 0, 5)),
        ("18 de junio de 2022", datetime(2022, 6, 18)),
        ("18. Juni 2022, 15:27", datetime(2022, 6, 18, 15, 27)),
        ("18 Haziran 2022", datetime(2022, 6, 18)),
        ("18 июня 2022", datetime(2022, 6, 18)),
        ("2022年6月18日", datetime(2022, 6, 18)),
        ("2022-06-18 15:27", datetime(2022, 6, 18, 15, 27)),
        ("2022/06/18", datetime(2022, 6, 18)),
        ("21:30 - 3 March 2019", datetime(2019, 3, 3, 21, 30)),
    ],
)
def test_reads_the_date_lines_of_pages(line: str, expected: datetime) -> None:
    assert in_line(line) == expected


@pytest.mark.parametrize(
    ("line", "lang", "expected"),
    [
        ("بتاريخ : 07/12/2019", "ar", datetime(2019, 12, 7)),
        ("07/12/2019", "fr", datetime(2019, 12, 7)),
        ("07/12/2019", "en", None),
        ("07/12/2019", "", None),
        ("25/12/2019", "en", datetime(2019, 12, 25)),
        ("12/25/2019", "en", datetime(2019, 12, 25)),
        ("12/25/2019", "ar", None),
        ("07.07.2019", "en", datetime(2019, 7, 7)),
    ],
)
def test_numeric_dates_are_read_as_the_language_writes_them(
    line: str, lang: str, expected: datetime | None
) -> None:
    assert in_line(line, lang) == expected


@pytest.mark.parametrize(
    "line",
    [
        "At the harbour, June 18, 2022. Photo by Ilse Brand for the Post",
        "The plan for 2030",
        "17 June",
        "June 2024",
        "99 June 2024",
        "2021-02-30",
        "from 3 May 2019 to 9 June 2019",
        "",
        "no digits here",
        "1" * 100,
        "17 June 2024 " + "x" * 200,
    ],
)
def test_other_lines_show_no_date(line: str) -> None:
    assert in_line(line) is None


@pytest.mark.parametrize(
    ("page", "lang", "expected"),
    [(pages.ENGLISH_PAGE, "en", "2024-06-17T10:30"), (pages.ARABIC_PAGE, "ar", "2024-06-17T10:30")],
)
def test_finds_the_date_above_the_story(page: str, lang: str, expected: str) -> None:
    assert from_page(page, clean(page).spans, lang) == expected


def test_finds_the_date_in_a_byline_below() -> None:
    byline = "Par Jeanne Morel\n \nPublié le 17/06/2024\nLire aussi"
    page = f"Title of the story\n{pages.FRENCH_STORY}\n\n{byline}"
    assert from_page(page, clean(page).spans, "fr") == "2024-06-17"


def test_a_date_in_the_prose_or_among_related_links_is_not_the_articles() -> None:
    prose = pages.ENGLISH_STORY.replace("on Monday", "on 17 June 2024")
    assert from_page(prose, clean(prose).spans, "en") == ""
    links = "".join(f"Older story number {day}\n{day} May 2023\n" for day in range(1, 9))
    page = f"{pages.ENGLISH_STORY}\nRead also\n{links}"
    assert from_page(page, clean(page, "T").spans, "en") == ""


def test_a_page_without_a_story_has_no_date() -> None:
    assert from_page("17 June 2024", ()) == ""


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", ["1:" * 500_000, "\n" * 1_000_000, "17 June 2024\n" * 50_000])
def test_takes_linear_time(text: str) -> None:
    from_page(text + "\nx", (Span(len(text), len(text) + 2),))
    from_page("x\n" + text, (Span(0, 1),))
    in_line(text)
    effective(text, ARRIVED)
