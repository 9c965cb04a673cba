"""When was an article published, and can that be believed?

Reads what the sender said, and failing that the date line that a page shows by its title or byline. A date
inside running prose is never taken for the article's own. Pure: the time of arrival is passed in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from functools import cache

from babel.dates import get_month_names

from service.model import Span
from service.text.normalise import fold

_DAY = 86_400.0
_FUTURE = 2 * _DAY  # outlets east of us, and embargoes, date ahead of arrival
_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC).timestamp()

_LONGEST_DATE_LINE = 120  # characters
_OTHER_WORDS = 6  # a weekday, a place, "published on"; a photo's caption has more
_LINES_ABOVE = 12  # of the page's head that stand closest to the body
_BYLINES_BELOW = 3  # lines in which a byline at the foot may stand, if
_LINES_BELOW = 12  # these do not show the dates of other stories

# Calendars whose month names pages show; Arabic ones differ by region: يونيو, جوان, حزيران are one month.
_LOCALES = (
    *("ar", "ar_MA", "ar_DZ", "ar_TN", "ar_LB", "ar_IQ", "ar_MR", "ar_SA", "fa", "ur", "he", "tr"),
    *("en", "fr", "es", "ca", "pt", "it", "ro", "de", "nl", "sv", "da", "nb", "fi", "pl", "cs", "hu"),
    *("id", "ru", "uk", "el"),
)

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_DAY_NUMBER = re.compile(r"[0-9]{8}")
_TIME = re.compile(
    r"(?<![0-9])([01]?[0-9]|2[0-3])\s?[:h]\s?([0-5][0-9])(?::[0-5][0-9])?(?![0-9])(?:\s?([ap])\.?m\b)?"
)
_YEAR_FIRST = re.compile(r"(?<![0-9])((?:19|20)[0-9]{2})[/.-]([0-9]{1,2})[/.-]([0-9]{1,2})(?![0-9])")
_YEAR_LAST = re.compile(r"(?<![0-9])([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]((?:19|20)[0-9]{2})(?![0-9])")
_EAST_ASIAN = re.compile(r"((?:19|20)[0-9]{2})\s?[年년]\s?([0-9]{1,2})\s?[月월]\s?([0-9]{1,2})\s?[日일]")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_TOKEN = re.compile(r"[0-9]+|[^\W\d_]+")


def effective(published: str, arrived_at: float) -> tuple[float | None, tuple[str, ...]]:
    """Return a sender's date in Unix seconds, None if it cannot be trusted, and notes that say why.

    Trusted are dates from 1900 to 48 hours after `arrived_at`, but not those within a day of the Unix
    epoch, which are zeros in disguise. Without a time zone a date is read as UTC. Bare numbers may count
    seconds or milliseconds and are not trusted.

    >>> effective("1970-01-02T00:00:00Z", 1.7e9)
    (86400.0, ())
    """
    if not published.strip():
        return None, ()
    said = published.strip() if published.isascii() else fold(published).strip().upper()
    if _NUMBER.fullmatch(said) and not _DAY_NUMBER.fullmatch(said):
        return None, ("published: a bare number, not trusted",)
    moment = _parse(said)
    if moment is None:
        return None, ("published: not a date we can read",)
    return _judge(moment, arrived_at)


def _judge(moment: datetime, arrived_at: float) -> tuple[float | None, tuple[str, ...]]:
    notes: tuple[str, ...] = ()
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
        notes = ("published: no time zone, read as UTC",)
    seconds = moment.timestamp()
    if seconds < _EARLIEST:
        return None, ("published: before 1900, not trusted",)
    if seconds > arrived_at + _FUTURE:
        return None, ("published: in the future, not trusted",)
    if abs(seconds) < _DAY:
        return None, ("published: the Unix epoch, not trusted",)
    return seconds, notes


def _parse(said: str) -> datetime | None:
    """Read ISO 8601, the date of an e-mail or feed, or a date in words."""
    try:
        return datetime.fromisoformat(said)
    except ValueError:
        pass
    if len(said) > _LONGEST_DATE_LINE:
        return None
    try:
        return parsedate_to_datetime(said)
    except (ValueError, OverflowError):
        return in_line(said)


def from_page(text: str, spans: Sequence[Span], lang: str = "") -> str:
    """Return the publication date that a page shows above its stories or right below, empty if none.

    The answer is in ISO 8601. `spans` are the stories in `text`. Dates count only if they agree: a list of
    other stories has many. `lang` decides how 07/12/2019 is read; in English, where it may be either, it is
    not.
    """
    if not spans:
        return ""
    above = [line for line in text[: spans[0].start].split("\n") if line.strip()][-_LINES_ABOVE:]
    below = list(_first_lines(text, spans[-1].end, _LINES_BELOW))
    return _agreed_date(above, lang) or (
        _agreed_date(below, lang) and _agreed_date(below[:_BYLINES_BELOW], lang)
    )


def _first_lines(text: str, start: int, count: int) -> Iterable[str]:
    """Yield the first non-blank lines after `start`, without cutting up all that follows."""
    while count > 0 and start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        if text[start : min(end, start + _LONGEST_DATE_LINE)].strip():
            yield text[start:end]
            count -= 1
        start = end + 1


def _agreed_date(lines: Iterable[str], lang: str) -> str:
    dates = [date for line in lines if (date := in_line(line, lang))]
    if not dates or len({date.date() for date in dates}) > 1:
        return ""
    moment = max(dates)  # of the same day, the one with a time
    return moment.date().isoformat() if moment.time() == time.min else moment.isoformat(timespec="minutes")


def in_line(line: str, lang: str = "") -> datetime | None:
    """Return the one date that a short line shows, with its time if it shows that too, without a zone.

    >>> in_line("17 حزيران / يونيو 2024")
    datetime.datetime(2024, 6, 17, 0, 0)
    """
    if len(line) > _LONGEST_DATE_LINE or not any(map(str.isdecimal, line)):
        return None
    folded = fold(line)
    clock = _TIME.search(folded)
    rest = f"{folded[: clock.start()]} {folded[clock.end() :]}" if clock else folded
    year, month, day = _numeric_date(rest, lang) or _date_in_words(rest) or (0, 0, 0)
    try:
        moment = datetime(year, month, day)
    except ValueError:
        return None
    return moment + _since_midnight(clock) if clock else moment


def _since_midnight(clock: re.Match[str]) -> timedelta:
    hour = int(clock[1])
    if clock[3] and hour <= 12:
        hour = hour % 12 + (12 if clock[3] == "p" else 0)
    return timedelta(hours=hour, minutes=int(clock[2]))


def _numeric_date(line: str, lang: str) -> tuple[int, int, int] | None:
    match = _YEAR_FIRST.search(line) or _EAST_ASIAN.search(line)
    if match:
        return int(match[1]), int(match[2]), int(match[3])
    match = _YEAR_LAST.search(line)
    if not match:
        return None
    first, second, year = int(match[1]), int(match[2]), int(match[3])
    if lang in ("", "und", "en"):  # the one language whose readers write both orders
        if first <= 12 and second <= 12 and first != second:
            return None
        return (year, first, second) if second > 12 else (year, second, first)
    return year, second, first


def _date_in_words(line: str) -> tuple[int, int, int] | None:
    """Return the date of a line with one month's name, one year and one day beside the name."""
    tokens = _TOKEN.findall(line)
    years = {int(token) for token in tokens if _YEAR.fullmatch(token)}
    places, months = _months_in(tokens)
    other_words = sum(token.isalpha() for token in tokens) - len(places)
    if len(years) != 1 or len(months) != 1 or other_words > _OTHER_WORDS:
        return None
    day = _day_beside(tokens, places)
    return (years.pop(), months.pop(), day) if day else None


def _months_in(tokens: Sequence[str]) -> tuple[list[int], set[int]]:
    """Return where month names stand, one or two words long, and which months they name."""
    names = _month_names()
    places: list[int] = []
    months: set[int] = set()
    for i, token in enumerate(tokens):
        month = names.get(f"{token} {tokens[i + 1]}") if i + 1 < len(tokens) else None
        month = month or names.get(token)
        if month:
            places.append(i)
            months.add(month)
    return places, months


def _day_beside(tokens: Sequence[str], places: Sequence[int]) -> int:
    """Return the day's number: before the month, or after it as in "June 18, 2022"; 0 if there is none."""
    last = places[0]
    for place in places:  # حزيران / يونيو: one month by two names
        last = place if place - last <= 2 else last
    for i in (places[0] - 1, places[0] - 2, last + 1, last + 2):  # two steps off in "18 de junio"
        if 0 <= i < len(tokens) and tokens[i].isdigit() and len(tokens[i]) <= 2:
            return int(tokens[i])
    return 0


@cache
def _month_names() -> dict[str, int]:
    """Return month by folded name, full or short, of all calendars we know; without names that two share."""
    found: dict[str, set[int]] = {}
    for locale in _LOCALES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for month, name in get_month_names(width, context, locale).items():
                    found.setdefault(" ".join(_TOKEN.findall(fold(name))), set()).add(int(month))
    return {name: months.pop() for name, months in found.items() if len(months) == 1 and len(name) > 2}
