"""Which words does a text hold, where does each stand, and how does it begin?

Words are `\\w+` of the folded text, and what `unspaced` says where a script writes no spaces. Offsets are
code points of the original text. Text that the folding table covers is read in one pass over its UTF-16
units; other text (astral letters, accents to be composed) is folded first.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np

from service.model import Int32, Span, UInt8, UInt32, UInt64
from service.sketch import kernels
from service.sketch.unspaced import Unspaced, letters_in_group, spaced
from service.text.normalise import DROPPED as FOLD_DROPPED
from service.text.normalise import SEPARATOR as FOLD_SEPARATOR
from service.text.normalise import fold_table, fold_with_offsets, is_foldable_by_table

MAX_TOKENS = 2000

_LONG = 1 << 16  # characters: far more than 2,000 words of any ordinary text
_NEAR = 64  # characters between two stretches under which folding them as one is cheaper

_SURROGATE_OR_ASTRAL = re.compile("[\ud800-\udfff\U00010000-\U0010ffff]")

_STOPS = ".!?؟۔…"
_BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029。！？｡।॥"


class Tokens(NamedTuple):
    """The words of a text. hashes: uint32 (n,); starts, ends: int32 (n,), code points of the original text;
    flags: uint8 (n,), see `Sketch.flags`."""

    hashes: UInt32
    starts: Int32
    ends: Int32
    flags: UInt8


def tokenise(text: str, key: bytes | None = None, max_tokens: int = MAX_TOKENS) -> Tokens:
    """Return the first `max_tokens` words of `text`, hashed under `key`.

    >>> tokenise("Rabat, RABAT").hashes.tolist()[0] == tokenise("rabat").hashes.tolist()[0]
    True
    """
    return tokenise_spans(text, (Span(0, len(text)),), key, max_tokens)


def tokenise_spans(
    text: str,
    spans: Sequence[tuple[int, int]],
    key: bytes | None = None,
    max_tokens: int = MAX_TOKENS,
    unspaced: Unspaced = "ngrams",
) -> Tokens:
    """Return the first `max_tokens` words of the given parts of `text`; no word crosses from part to part."""
    if unspaced == "ngrams":
        return tokens_of(text, spans, key, max_tokens, True)
    put = spaced(text)
    parts = [(put.there(start), put.there(end)) for start, end in spans]
    hashes, starts, ends, flags = tokens_of(put.text, parts, key, max_tokens, False)
    return Tokens(hashes, put.back(starts), put.back(ends), flags)


def tokens_of(
    text: str, spans: Sequence[tuple[int, int]], key: bytes | None, max_tokens: int, groups: bool
) -> Tokens:
    """`groups`: whether unspaced letters are tokens in groups, or words like others."""
    units = utf16_units(text)
    if len(units) == len(text):
        tokens = _scan(units, as_spans(spans), unit_table(groups), key, max_tokens)
        if tokens is not None:
            return tokens
    return _tokenise_parts(text, spans, key, max_tokens, groups)


def as_spans(spans: Sequence[tuple[int, int]]) -> Int32:
    """Return spans as kernels take them: int32, shape (s, 2)."""
    return np.array(spans, np.int32).reshape(-1, 2)


@lru_cache(maxsize=16)
def token_powers(key: bytes | None) -> UInt64:
    """Return the random factors of the token hash for a key (None: the fixed key of what stores nothing)."""
    stream = hashlib.shake_256(b"samestory token hash" + (b"" if key is None else key))
    powers = np.frombuffer(stream.digest(8 * (1 + kernels.POWERS)), "<u8").astype(np.uint64)
    powers.flags.writeable = False
    return powers


def utf16_units(text: str) -> kernels.UInt16:
    """Return the UTF-16 code units of a text: uint16, as many as code points where none is astral."""
    return np.frombuffer(text.encode("utf-16-le", "surrogatepass"), np.uint16)


def _scan(
    units: kernels.UInt16, spans: Int32, table: UInt32, key: bytes | None, max_tokens: int
) -> Tokens | None:
    """Return the tokens of the units, or None where the table cannot fold them."""
    hashes, flags = np.empty(max_tokens, np.uint32), np.empty(max_tokens, np.uint8)
    starts, ends = np.empty(max_tokens, np.int32), np.empty(max_tokens, np.int32)
    count = kernels.scan(units, spans, table, token_powers(key), hashes, starts, ends, flags)
    if count < 0:
        return None
    return Tokens(hashes[:count].copy(), starts[:count].copy(), ends[:count].copy(), flags[:count].copy())


def _tokenise_parts(
    text: str, spans: Sequence[tuple[int, int]], key: bytes | None, max_tokens: int, groups: bool
) -> Tokens:
    """Tokenise part by part, each in the fastest way it allows."""
    parts: list[Tokens] = []
    left = max_tokens
    for start, end in _bounded_parts(text, spans):
        tokens = _tokenise_part(text[start:end], key, left, groups)
        starts, ends = tokens.starts + np.int32(start), tokens.ends + np.int32(start)
        parts.append(Tokens(tokens.hashes, starts, ends, tokens.flags))
        left -= len(tokens.hashes)
        if left <= 0:
            break
    return Tokens(*(np.concatenate(columns) for columns in zip(_NOTHING, *parts, strict=True)))


def _bounded_parts(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Cut long parts at blanks, so that no more of them is folded than the limit on tokens asks for."""
    for start, end in spans:
        begin, stop = max(0, start), min(end, len(text))
        while stop - begin > _LONG:
            blank = text.rfind(" ", begin, begin + _LONG)
            blank = text.find(" ", begin + _LONG, stop) if blank < 0 else blank
            if blank < 0:
                break
            yield begin, blank + 1
            begin = blank + 1
        yield begin, stop


def _tokenise_part(part: str, key: bytes | None, max_tokens: int, groups: bool) -> Tokens:
    if is_foldable_by_table(part):
        tokens = _scan(utf16_units(part), as_spans([(0, len(part))]), unit_table(groups), key, max_tokens)
        if tokens is not None:
            return tokens
    return _tokenise_any(part, key, max_tokens, groups)


def _tokenise_any(part: str, key: bytes | None, max_tokens: int, groups: bool) -> Tokens:
    """The slow path, right for any text: fold what the table cannot, tokenise, map the offsets back."""
    codes = np.frombuffer(part.encode("utf-32-le", "surrogatepass"), np.uint32)
    folded, origins = _fold_stretches(part, _stretches_beyond_table(codes))
    folded = _without_astral_separators(folded)
    units = utf16_units(folded)
    tokens = _scan(units, as_spans([(0, len(units))]), _folded_table(groups), key, max_tokens)
    if tokens is None:
        raise AssertionError("the table of folded text covers all")
    # The second unit of a pair belongs to the same character; a word ends where the next character came from.
    first, last = tokens.starts, tokens.ends - 1
    if len(units) > len(folded):
        character = np.cumsum((units < 0xDC00) | (units > 0xDFFF), dtype=np.int32) - 1
        first, last = character[first], character[last]
    starts = origins[first]
    ends = np.maximum(origins[last] + np.int32(1), np.append(origins, np.int32(len(part)))[last + 1])
    return Tokens(tokens.hashes, starts, ends, tokens.flags | _capital_flags(codes[starts]))


def _stretches_beyond_table(codes: UInt32) -> Iterator[tuple[int, int]]:
    """Yield the stretches between blanks that hold characters beyond the table, near ones as one."""
    entries = unit_table(True)[np.minimum(codes, 0xFFFF)]
    beyond = np.flatnonzero((entries & kernels.BEYOND != 0) | (codes > 0xFFFF))
    blanks = np.concatenate(([-1], np.flatnonzero((codes == ord(" ")) | (codes == ord("\n"))), [len(codes)]))
    after = np.searchsorted(blanks, beyond)
    starts, ends = blanks[after - 1] + 1, blanks[after]
    breaks = np.flatnonzero(starts[1:] - ends[:-1] > _NEAR) + 1
    yield from zip(
        starts[np.append(0, breaks)].tolist(), ends[np.append(breaks, 0) - 1].tolist(), strict=True
    )


def _fold_stretches(part: str, stretches: Iterable[tuple[int, int]]) -> tuple[str, Int32]:
    """Return `part` with these stretches folded, and for each character the index in `part` it came from."""
    pieces: list[str] = []
    origins: list[Int32] = []
    done = 0
    for start, end in stretches:
        folded, offsets = fold_with_offsets(part[start:end])
        pieces += part[done:start], folded
        origins += np.arange(done, start, dtype=np.int32), offsets + np.int32(start)
        done = end
    origins.append(np.arange(done, len(part), dtype=np.int32))
    return "".join((*pieces, part[done:])), np.concatenate(origins)


def _without_astral_separators(folded: str) -> str:
    """Put a space for each surrogate and each astral character outside of words: all surrogate units left are
    parts of words."""
    return _SURROGATE_OR_ASTRAL.sub(lambda found: found[0] if found[0].isalnum() else " ", folded)


def _capital_flags(codes: UInt32) -> UInt8:
    """Folding lowered the case of some words: read it from the code points they begin with."""
    capitals: UInt8 = (_entries(True)[np.minimum(codes, 0xFFFF)] & kernels.CAPITAL != 0).astype(np.uint8)
    for i in np.flatnonzero(codes > 0xFFFF):
        capitals[i] = _is_capital(chr(codes[i]))
    return capitals * np.uint8(kernels.FLAG_CAPITAL)


def _is_capital(character: str) -> bool:
    return character.isupper() or character.istitle()


_NOTHING = Tokens(np.empty(0, np.uint32), np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.uint8))


@cache
def unit_table(groups: bool) -> UInt32:
    """Return what each UTF-16 unit of original text is to the kernels: uint32 (65536,)."""
    table = _entries(groups).copy()
    table[[unit for unit in range(0x10000) if not is_foldable_by_table(chr(unit))]] = kernels.BEYOND
    table.flags.writeable = False
    return table


@cache
def _folded_table(groups: bool) -> UInt32:
    """Return the unit table of folded text: nothing is beyond it, and its surrogates are parts of words."""
    table = _entries(groups).copy()
    surrogates = np.arange(0xD800, 0xE000, dtype=np.uint32)
    table[surrogates] = surrogates | np.uint32(kernels.WORD)
    table.flags.writeable = False
    return table


@cache
def _entries(groups: bool) -> UInt32:
    folded = fold_table().tolist()
    entries = (_entry(chr(unit), folded[unit], groups) for unit in range(0x10000))
    return np.fromiter(entries, np.uint32, 0x10000)


def _entry(character: str, folded: int, groups: bool) -> int:
    case = kernels.CAPITAL if _is_capital(character) else 0
    if folded == FOLD_DROPPED:
        return kernels.DROPPED
    if folded == FOLD_SEPARATOR:
        return _separator_class(character) | case
    letters = letters_in_group(folded) if groups else 0
    if letters:
        return folded | letters << kernels.GROUP_SHIFT
    digit = kernels.DIGIT if character.isdigit() else 0
    return folded | kernels.WORD | case | digit


def _separator_class(character: str) -> int:
    if character in _BREAKS:
        return kernels.BREAK
    if character in _STOPS:
        return kernels.STOP
    return kernels.SPACE if character.isspace() else 0
