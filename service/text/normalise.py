"""Which written forms count as the same word when texts are matched?

This is "fold 1": part of every sketch's fingerprint, so a change here needs a new number. Displayed text is
never folded. Every function is linear in the length of its input, whatever that input is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import groupby

import numpy as np
import numpy.typing as npt

FOLD = 1
SEPARATOR = 0
DROPPED = 0xFFFF

# Canonical ordering sorts a run of marks, in quadratic time: 80,000 took 4.8 s. No script writes 30 in a row.
_MARKS_IN_A_ROW = 30

# U+FDFA alone becomes 18 characters under NFKC; a text made of such characters may only double.
_EXPANSION_FACTOR = 2
_EXPANSION_FREE = 1024

# Planes 0 and 1: every script with marks; what lies beyond is ideographs, tags and variation selectors.
_SCRIPTS = range(0x20000)

# Tatweel, and the Hangul fillers: letters by category that show nothing on the page.
_TRACELESS = "\u0640\u115f\u1160"

_LETTER_FORMS = {
    "آ": "ا",
    "أ": "ا",
    "إ": "ا",
    "ٱ": "ا",
    "ٲ": "ا",
    "ٳ": "ا",
    "ى": "ي",
    "ة": "ه",
    "ς": "σ",  # lower-casing a capital sigma depends on its place in the word; folding must not
}


def fold(text: str) -> str:
    """Return the matching form of `text`: NFKC, lower case, without marks, tatweel and invisible characters,
    alef, ya and ta-marbuta forms unified, decimal digits in ASCII.

    >>> fold("الأُمَّــة ٢٠٢٤")
    'الامه 2024'
    """
    return _normalise(_cap_marks(text)).translate(_FOLDED)


def fold_words(text: str) -> str:
    """Return the words of `fold(text)`, with blanks in the place of all else: enough to look for words in,
    and made five times as fast.

    >>> fold_words("الأُمَّــة، ٢٠٢٤").split()
    ['الامه', '2024']
    """
    if not is_foldable_by_table(text):
        return fold(text)
    units = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), "<u2")
    folded: npt.NDArray[np.uint16] = _blank_table()[units]
    words: str = folded[folded != DROPPED].tobytes().decode("utf-16-le")
    return words


def fold_with_offsets(text: str) -> tuple[str, npt.NDArray[np.int32]]:
    """Return `fold(text)` and, for each of its characters, the index in `text` that it came from.

    The offsets are int32, shape (len(folded),), and never decrease.
    """
    normalised, origins = _normalise_with_offsets(text)
    kept = [position for position, character in enumerate(normalised) if _FOLDED[ord(character)]]
    return normalised.translate(_FOLDED), origins[kept]


@cache
def fold_table() -> npt.NDArray[np.uint16]:
    """Return the fold as a table for kernels: uint16, shape (65536,), indexed by UTF-16 code unit.

    An entry is `SEPARATOR` where the unit is not part of a word (not `\\w`), `DROPPED` where it leaves no
    trace, else the folded unit. Where `is_foldable_by_table(text)`, cutting at separators gives the words
    of `fold(text)`.
    """
    table = np.fromiter((_table_entry(unit) for unit in range(0x10000)), dtype=np.uint16, count=0x10000)
    table.flags.writeable = False
    return table


@cache
def _blank_table() -> npt.NDArray[np.uint16]:
    """Return `fold_table` with a blank for each separator."""
    table = fold_table().copy()
    table[table == SEPARATOR] = ord(" ")
    return table


def is_foldable_by_table(text: str) -> bool:
    """Tell whether `fold_table` gives the words of `fold(text)`: true of 99 % of news articles, NFKC or not.

    False when characters must be composed ("e" and an accent), become several ("ﷺ", "½") or need two UTF-16
    units.
    """
    return text.isascii() or not _beyond_table().search(text)


def _table_entry(unit: int) -> int:
    """Return the table's entry; a unit that no single entry can describe counts as a separator."""
    folded = unicodedata.normalize("NFKC", chr(unit)).translate(_FOLDED)
    if not folded:
        return DROPPED
    return ord(folded) if _fits_one_unit(folded) and _is_word(folded) else SEPARATOR


def _fits_one_unit(folded: str) -> bool:
    return len(folded) == 1 and folded < "\U00010000"


def _is_word(folded: str) -> bool:
    return folded.isalnum() or folded == "_"


def _fold_character(character: str) -> str:
    """Fold one character of NFKC text to one character or none."""
    category = unicodedata.category(character)
    if _is_mark(character) or category == "Cf" or character in _TRACELESS:
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(character))
    lower = character.lower()[0]  # only the dotted capital I becomes two: an i and a mark, which is dropped
    return _LETTER_FORMS.get(lower, lower)


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M"


class _FoldedCharacters(dict[int, str]):
    """Code point -> folded character for `str.translate`, filled as met; only the BMP, to bound memory."""

    def __missing__(self, code_point: int) -> str:
        folded = _fold_character(chr(code_point))
        if code_point < 0x10000:
            self[code_point] = folded
        return folded


_FOLDED = _FoldedCharacters()


def _cap_marks(text: str) -> str:
    """Cut every run of marks down to what any script may write, before anything has to sort it."""
    if text.isascii() or not _perhaps_long_mark_run().search(text):
        return text
    return _long_mark_run().sub(r"\1", text)


def _normalise(text: str) -> str:
    """Return NFKC of a text whose mark runs are capped, itself capped in length."""
    if text.isascii() or unicodedata.is_normalized("NFKC", text):
        return text
    return unicodedata.normalize("NFKC", text)[: _length_limit(text)]


def _length_limit(text: str) -> int:
    return _EXPANSION_FACTOR * len(text) + _EXPANSION_FREE


def _normalise_with_offsets(text: str) -> tuple[str, npt.NDArray[np.int32]]:
    """Return the capped NFKC text and the index in `text` of each of its characters."""
    capped, origins = _cap_marks_with_offsets(text)
    pieces: list[str] = []
    positions: list[npt.NDArray[np.int32]] = []
    length, limit = 0, _length_limit(capped)
    for start, end in _independent_segments(capped):
        piece = unicodedata.normalize("NFKC", capped[start:end])
        pieces.append(piece)
        positions.append(np.minimum(np.arange(start, start + len(piece), dtype=np.int32), end - 1))
        length += len(piece)
        if length >= limit:
            break
    return "".join(pieces)[:limit], origins[np.concatenate([*positions, np.empty(0, np.int32)])[:limit]]


def _cap_marks_with_offsets(text: str) -> tuple[str, npt.NDArray[np.int32]]:
    origins = np.arange(len(text), dtype=np.int32)
    capped = _cap_marks(text)
    if len(capped) == len(text):
        return text, origins
    kept = np.ones(len(text), dtype=np.bool_)
    for run in _long_mark_run().finditer(text):
        kept[run.end(1) : run.end()] = False
    return capped, origins[kept]


def _independent_segments(text: str) -> Iterator[tuple[int, int]]:
    """Yield parts (start, end) of `text` whose normal forms, joined, are that of the whole: long stretches
    that are normalised already, and as little as possible around every other character."""
    done = 0
    for run in _unstable_run().finditer(text):
        start = max(run.start() - 1, done)
        if start > done:
            yield done, start
        yield from _small_segments(text, start, run.end())
        done = run.end()
    if done < len(text):
        yield done, len(text)


def _small_segments(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for position in range(start + 1, end):
        if not _may_join_previous(text[position]):
            yield start, position
            start = position
    yield start, end


def _may_join_previous(character: str) -> bool:
    """Tell whether normalising may reorder or compose this character with what stands before it."""
    first = unicodedata.normalize("NFKD", character)[0]
    return unicodedata.combining(first) != 0 or first in _composing_seconds()


@cache
def _composing_seconds() -> frozenset[str]:
    """Return all characters that canonical composition can join to a preceding one."""
    pairs = (unicodedata.decomposition(chr(code)).split() for code in _SCRIPTS)
    seconds = {chr(int(pair[1], 16)) for pair in pairs if len(pair) == 2 and not pair[0].startswith("<")}
    hangul_vowels_and_finals = {chr(code) for code in (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3))}
    return frozenset(seconds | hangul_vowels_and_finals)


# The patterns below are made of Unicode's own tables when first needed (some 0.1 s each). Those that scan
# every text begin with a set, to which the engine skips, and name no more astral ranges than they must.


@cache
def _perhaps_long_mark_run() -> re.Pattern[str]:
    marks = _character_set([code for code in _mark_codes() if code < 0x10000], "\U00010000-\U0001ffff")
    return re.compile(f"{marks}{marks}{{{_MARKS_IN_A_ROW}}}")


@cache
def _long_mark_run() -> re.Pattern[str]:
    """Match a run of marks longer than allowed; its first group is the allowed part."""
    marks = _character_set(_mark_codes())
    return re.compile(f"({marks}{{{_MARKS_IN_A_ROW}}}){marks}+")


@cache
def _beyond_table() -> re.Pattern[str]:
    codes = [code for code in range(0x10000) if not _has_table_entry(chr(code))]
    return re.compile(_character_set(codes, "\U00010000-\U0010ffff"))


def _has_table_entry(character: str) -> bool:
    folded = unicodedata.normalize("NFKC", character).translate(_FOLDED)
    simple = _fits_one_unit(folded) or not any(map(_is_word, folded))
    return simple and unicodedata.normalize("NFKD", character)[0] not in _composing_seconds()


@cache
def _unstable_run() -> re.Pattern[str]:
    """Match characters that normalising may change, alone or together with what stands before them."""
    codes = [code for code in range(0x10000) if not _is_stable(chr(code))]
    unstable = _character_set(codes, "\U00010000-\U0010ffff")
    return re.compile(f"{unstable}{unstable}*")


def _is_stable(character: str) -> bool:
    return unicodedata.is_normalized("NFKC", character) and not _may_join_previous(character)


def _mark_codes() -> list[int]:
    """Return the code points that are marks once normalised: category M and half-width kana voicing signs."""
    return [code for code in _SCRIPTS if _is_mark(unicodedata.normalize("NFKD", chr(code))[0])]


def _character_set(codes: list[int], more: str = "") -> str:
    """Return a regular expression's [...] for code points in ascending order and ready-made ranges."""
    runs = ([code for _, code in run] for _, run in groupby(enumerate(codes), lambda pair: pair[1] - pair[0]))
    return "[" + "".join(f"\\U{run[0]:08x}-\\U{run[-1]:08x}" for run in runs) + more + "]"
