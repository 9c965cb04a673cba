"""What do languages call places, days, months and languages? From Unicode's CLDR, as babel carries it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from babel import Locale, UnknownLocaleError

from service.text.normalise import fold

_SHORTEST = 3  # letters of a name; two where a letter is a syllable
_SHORTEST_STEM = 5  # letters; "Indonesi" is enough of "Indonesia" to know "Indonesian" by
_IDEOGRAPHIC = frozenset({"zh", "ja"})
_ALL_CITIES = "ar"  # a language for which CLDR has every city's name


class Names(NamedTuple):
    """What a language's names mean, by folded name, and by the stem of a longer name of one word."""

    meaning: Mapping[str, str]
    stems: Mapping[str, str]
    firsts: frozenset[str]  # the first words of names of several words
    longest: int


@cache
def names_of(lang: str) -> Names:
    """The names of a language; none where CLDR does not know it.

    >>> names_of("de").meaning["samstag"] == names_of("es").meaning["sábado"]
    True
    """
    try:
        found = Locale(lang)
    except (UnknownLocaleError, ValueError):
        return Names({}, {}, frozenset(), 0)
    least = 2 if lang in _IDEOGRAPHIC else _SHORTEST
    meaning: dict[str, str] = {}
    for name, key in _named(found):
        folded = fold(name)
        if len(folded) >= least:
            meaning.setdefault(folded, key)
    stems: dict[str, str] = {}
    for name, key in meaning.items():
        if len(name) > _SHORTEST_STEM and " " not in name:
            stems.setdefault(name[:-1], key)
    firsts = frozenset(name.split(" ")[0] for name in meaning if " " in name)
    return Names(meaning, stems, firsts, max(map(len, meaning), default=0))


def _named(locale: Locale) -> Iterator[tuple[str, str]]:
    """Yield each name and what it means."""
    widths = ("wide", "abbreviated") if locale.language in _IDEOGRAPHIC else ("wide",)
    for context in ("format", "stand-alone"):
        for width in widths:
            yield from ((name, f"day {number}") for number, name in locale.days[context][width].items())
            yield from ((name, f"month {number}") for number, name in locale.months[context][width].items())
    for code, name in locale.territories.items():
        yield str(name), f"place {code}"
    for zone in _zones():
        city = str(locale.time_zones.get(zone, {}).get("city") or "")
        # Where a language writes a city like its zone, CLDR does not repeat it.
        yield city or zone.rpartition("/")[2].replace("_", " "), f"city {zone}"
    for code, name in locale.languages.items():
        if len(str(code)) == 2:
            yield str(name), f"language {code}"


@cache
def _zones() -> tuple[str, ...]:
    return tuple(
        zone for zone in map(str, Locale(_ALL_CITIES).time_zones) if "/" in zone and "Etc/" not in zone
    )
