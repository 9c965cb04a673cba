"""Which words of a text can be known again in other languages? Names, numbers, what is spelt alike.

Nothing is translated. A word gets keys under which its counterpart may stand: its spelling without accents,
the first letters of a longer one, its consonants (letters of several scripts that write one sound are one
class), a number's value, and what CLDR says that the name of a place, day, month or language means. That
a key is shared proves little; how rare it is and how many are shared is for the index to weigh.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from service.model import Span
from service.text.names import Names, names_of
from service.text.normalise import fold_with_offsets

MOST_WORDS = 600  # different words of one article, the first ones

# How much a shared key says beside its rarity, in hundredths.
SPELLING, SHORT_SPELLING, BEGINNING, MEANING = 100, 60, 70, 100
NUMBER, DIGIT = 100, 40
CONSONANTS = {3: 28, 4: 60}  # by how many there are
MANY_CONSONANTS = 80

_WORD = re.compile(
    r"\d{1,3}(?:[.,٬ ]\d{3})+(?!\d)(?:[.,٫]\d+)?|\d+(?:[.,٫]\d+)?|[\u3040-\u9fff]+|[^\W\d_\u3040-\u9fff]+"
)
_LARGE = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_MONTH = "月"

# Letters by the sound they write, as far as it survives from script to script; vowels do not.
_SOUNDS = {
    "B": "pb بپ бп βπ בפ",
    "F": "fv فڤ фв φ ",
    "G": "gj جغچگ гжґ γ ג",
    "K": "kqc كقخک к κ קכךח",
    "S": "sz سصزشثظذژ сзшщцч σζξθ סזשצץ",
    "T": "td تطدض тд τδ תטד",
    "L": "l ل л λ ל",
    "M": "m م м μ מם",
    "N": "n ن н ν נן",
    "R": "r ر р ρ ר",
}
_SOUND_OF = {letter: sound for sound, letters in _SOUNDS.items() for letter in letters if letter != " "}
# A word that begins with a vowel, or with what comes and goes before one.
_OPEN = frozenset("aeiouywhjاويهحعئؤءаеёиоуыэюяйαεηιουωאהוחיע")
_SPELT = (
    *(
        ("ph", "f"),
        ("gh", ""),
        ("kh", "k"),
        ("th", "t"),
        ("tsch", "s"),
        ("sch", "s"),
        ("sh", "s"),
        ("ch", "s"),
    ),
    *(("ck", "k"), ("qu", "k"), ("x", "ks"), ("ce", "se"), ("ci", "si"), ("cy", "si"), ("تش", "ش")),
)
_LATIN = str.maketrans(
    {"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ı": "i", "þ": "th", "ð": "d"}
)

# What Arabic writes before a word ("and", "in", "the"), longest first.
_BEFORE = ("وال", "بال", "كال", "فال", "ال", "لل", "و", "ب", "ل", "ف", "ك")

_STEM = 5  # letters of a name's stem; an adjective begins with it
_CLOSERS = ".,;:!?»”\")’'"
_KNOWN = 1 << 16  # words whose keys are remembered


class Anchor(NamedTuple):
    """A word, folded, with the keys it may be known by and how much each says; spans: where it stands in the
    text, nowhere if only in the title."""

    word: str
    keys: dict[str, int]
    spans: list[Span]


def find_anchors(title: str, text: str, spans: Sequence[tuple[int, int]], lang: str) -> list[Anchor]:
    """Return the different words of an article that have keys, in their order.

    >>> [anchor.word for anchor in find_anchors("", "Palu: 384 muertos el sábado", [(0, 27)], "es")]
    ['palu', '384', 'muertos', 'sábado']
    """
    found: dict[str, Anchor] = {}
    for part, start in ((title, None), *((text[start:end], start) for start, end in spans)):
        for word, keys, where in _words(part, lang):
            if word not in found and len(found) == MOST_WORDS:
                continue
            anchor = found.setdefault(word, Anchor(word, {}, []))
            anchor.keys.update(keys)
            if start is not None:
                anchor.spans.append(Span(where.start + start, where.end + start))
    return [anchor for anchor in found.values() if anchor.keys]


def _words(part: str, lang: str) -> Iterator[tuple[str, dict[str, int], Span]]:
    """Yield each word of a stretch of text, folded, with its keys and its place."""
    names = names_of(lang)
    folded, origins = fold_with_offsets(part)
    places = [*origins.tolist(), len(part)]

    def span(start: int, end: int) -> Span:
        """Where folded characters stand; one may have become several ("½")."""
        return Span(places[start], max(places[end], places[end - 1] + 1))

    for match in _WORD.finditer(folded):
        word, start, end = match[0], match.start(), match.end()
        if word[0].isdigit():
            yield word, _keys_of_number(word, folded[end : end + 2].lstrip()[:1]), span(start, end)
        elif _is_ideographic(word[0]):
            for i, name in _names_inside(word, names):
                where = span(start + i, start + i + len(name))
                yield name, {names.meaning[name]: MEANING}, where
        else:
            keys = dict.fromkeys(_meanings(word, folded, start, lang), MEANING)
            capital = part[places[start]].isupper()
            keys |= _keys_of_spelling(word, capital)
            yield word, keys, span(start, end)


def _is_ideographic(letter: str) -> bool:
    return "\u3040" <= letter <= "\u9fff"


def _names_inside(run: str, names: Names) -> Iterator[tuple[int, str]]:
    """Yield the names in a run without spaces and where they begin, the longest at each place."""
    i = 0
    while i < len(run):
        pieces = (run[i : i + size] for size in range(min(names.longest, len(run) - i), 1, -1))
        name = next((piece for piece in pieces if piece in names.meaning), "")
        if name:
            yield i, name
        i += len(name) or 1


def _keys_of_number(word: str, following: str) -> dict[str, int]:
    value = _value(word)
    if following == _MONTH and value in _MONTHS:
        return {f"month {value}": MEANING}
    if following in _LARGE:
        times = round(float(value) * _LARGE[following])
        return {_plain(times / unit): NUMBER for unit in (1, 10**6, 10**9) if times >= unit}
    return {value: NUMBER if len(value.replace(".", "")) > 1 else DIGIT}


_MONTHS = frozenset(map(str, range(1, 13)))


def _value(number: str) -> str:
    """Return a number without marks between thousands, with a point before decimals and no trailing zeros.

    >>> _value("16.700"), _value("16,700"), _value("7,50")
    ('16700', '16700', '7.5')
    """
    grouped = re.match(r"(?!0)\d{1,3}(?:([.,٬ ])\d{3})+(?![\d])", number)
    whole = re.sub(r"\D", "", grouped[0]) if grouped else re.split("[.,٫]", number)[0]
    rest = number[grouped.end() if grouped else len(whole) :]
    decimals = re.sub(r"\D", "", rest).rstrip("0")
    whole = whole.lstrip("0") or "0"
    return f"{whole}.{decimals}" if decimals else whole


def _plain(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _meanings(word: str, folded: str, start: int, lang: str) -> Iterator[str]:
    """Yield what a word means as a name or the adjective of one, or as the first word of a longer name."""
    yield from _meanings_of(word, lang)
    names = names_of(lang)
    if word in names.firsts:
        for words in range(2, 5):  # "united kingdom", "ciudad de mexico"
            name = " ".join(folded[start : start + names.longest + 1].split(" ")[:words]).rstrip(_CLOSERS)
            if name in names.meaning:
                yield names.meaning[name]


@lru_cache(_KNOWN)
def _meanings_of(word: str, lang: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_known(word, names_of(lang))))


def _known(word: str, names: Names) -> Iterator[str]:
    for form in _forms(word):
        if form in names.meaning:
            yield names.meaning[form]
        for size in range(_STEM, len(form) + 1):
            if form[:size] in names.stems:
                yield names.stems[form[:size]]


def _forms(word: str) -> Iterator[str]:
    """Yield a word without what Arabic may join to it."""
    yield word
    if not "\u0600" <= word[0] < "\u0700":
        return
    for before in _BEFORE:
        if word.startswith(before) and len(word) - len(before) >= 3:
            yield word[len(before) :]


@lru_cache(_KNOWN)
def _keys_of_spelling(word: str, capital: bool) -> dict[str, int]:
    latin = unaccented(word)
    keys: dict[str, int] = {}
    if "a" <= latin[0] <= "z":
        if len(latin) >= 3:
            keys[f"={latin}"] = SPELLING if len(latin) > 3 else SHORT_SPELLING
        if len(latin) >= 6:
            keys[f"{latin[:5]}-"] = BEGINNING
        if not capital:
            return keys
    for form in _forms(latin):
        sounds = consonants(form)
        if len(sounds) >= min(CONSONANTS):
            keys[f"~{sounds}"] = CONSONANTS.get(len(sounds), MANY_CONSONANTS)
    return keys


def unaccented(word: str) -> str:
    """Return a folded word in letters without accents."""
    if word.isascii():
        return word
    parts = unicodedata.normalize("NFKD", word.translate(_LATIN))
    return "".join(part for part in parts if not unicodedata.combining(part)) or word


def consonants(word: str) -> str:
    """Return the sounds of a word's consonants, doubled ones once, after a V where it begins with a vowel:
    what is left of a name in most scripts.

    >>> consonants("netanyahu"), consonants("نتنياهو"), consonants("нетаньяху")
    ('NTN', 'NTN', 'NTN')
    """
    sounds = "V" if word[0] in _OPEN else ""
    for spelt, sound in _SPELT:
        word = word.replace(spelt, sound)
    for letter in word:
        sound = _SOUND_OF.get(letter, "")
        if not sounds.endswith(sound) or not sounds:
            sounds += sound
    return sounds
