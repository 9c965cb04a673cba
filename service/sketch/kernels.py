"""What is done to every character and every word: units -> tokens -> shingles -> signature, passages.

Compiled. Kernels know neither strings nor settings; `tokens.py` and `sketch.py` call them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import carray  # type: ignore[attr-defined]

from service.model import Int32, UInt8, UInt32, UInt64
from service.sketch.jit import inner, kernel, tight

# An entry of the unit table, uint32: the folded unit in the low 16 bits, above them what the unit is.
UNIT = 0xFFFF
WORD = 1 << 16  # belongs to a word
DROPPED = 1 << 17  # leaves no trace
BEYOND = 1 << 18  # the table cannot fold it: the text takes the slow path
STOP = 1 << 19  # ends a sentence when white space follows
SPACE = 1 << 20  # white space inside a line
BREAK = 1 << 21  # ends a line, or a sentence in scripts that write no spaces
CAPITAL_SHIFT = 22  # upper or title case
CAPITAL = 1 << CAPITAL_SHIFT
DIGIT = 1 << (CAPITAL_SHIFT + 1)
# Three bits: how many letters make a token where a script writes no spaces. Such a letter has no WORD bit, so
# that reading words of other scripts costs no test more.
GROUP_SHIFT = 24
GROUP = 7 << GROUP_SHIFT

FLAG_CAPITAL, FLAG_DIGIT, FLAG_FIRST = 1, 2, 4

UInt16 = npt.NDArray[np.uint16]

POWERS = 64  # random factors of the token hash; a longer token is hashed block by block

_MIX_1, _MIX_2, _MIX_3 = (
    np.uint64(0xFF51AFD7ED558CCD),
    np.uint64(0xC4CEB9FE1A85EC53),
    np.uint64(0xD6E8FEB86659FD93),
)
_32, _ONE, _WORD_SHIFT, _POWERS = np.uint64(32), np.uint64(1), np.uint64(16), np.uint64(POWERS)
_EMPTY_SLOT = np.uint32(0xFFFFFFFF)
_BUCKET_BITS = 8  # of the buckets by which passages are put in order
_IN_BUCKET = np.uint32(32 - _BUCKET_BITS)


@inner
def mix(value: np.uint64) -> np.uint64:
    """Scramble 64 bits so that each bit of the result depends on all."""
    value ^= value >> _32
    value *= _MIX_3
    value ^= value >> _32
    value *= _MIX_3
    return value ^ (value >> _32)


@kernel
def scan(
    units: UInt16,
    spans: Int32,
    table: UInt32,
    powers: UInt64,
    hashes: UInt32,
    starts: Int32,
    ends: Int32,
    flags: UInt8,
) -> int:
    """Cut UTF-16 units, or Latin-1 bytes, into tokens; return how many were written, at most `len(hashes)`,
    or -1 where the table is at its end (the caller takes the slow path).

    units: uint16 or uint8; spans: int32, shape (s, 2), unit ranges that no token crosses; table: uint32
    (65536,); powers: uint64 (1 + POWERS,), random. Filled: uint32 hashes, int32 starts and ends (units),
    uint8 flags.

    The hash of a token is the upper half of m0 + sum(m[i+1] * unit[i]) modulo 2^64, strongly universal under
    random m (Lemire & Kaser 2014, "Strongly universal string hashing is fast", MULTILINEAR); no unit is 0, so
    lengths differ too.

    A run of letters of a script without spaces becomes overlapping groups: the hash of one is that of a word
    of these letters.

    What counts units is unsigned: for a signed index numba asks each time whether it is negative, a third of
    the time.
    """
    count = 0
    for s in range(spans.shape[0]):
        first, stopped = np.uint32(FLAG_FIRST), False
        i = np.uint64(max(0, spans[s, 0]))
        stop = np.uint64(max(0, min(np.int64(spans[s, 1]), units.shape[0])))
        while i < stop:
            entry = table[units[i]]
            if not entry & WORD:
                if entry & (BEYOND | GROUP):
                    if entry & BEYOND:
                        return -1
                    if count == hashes.shape[0]:
                        return count
                    flags[count] = first
                    behind, more = _groups(
                        units, np.int64(i), np.int64(stop), table, powers, hashes, starts, ends, flags, count
                    )
                    i, count = np.uint64(behind), count + more
                    first, stopped = np.uint32(0), False
                    continue
                if entry & BREAK or (stopped and entry & SPACE):
                    first = np.uint32(FLAG_FIRST)
                stopped |= entry & STOP != 0
                i += _ONE
                continue
            if count == hashes.shape[0]:
                return count
            starts[count], flags[count] = i, (entry >> np.uint32(CAPITAL_SHIFT)) & np.uint32(3) | first
            sum_, length = powers[0], _ONE
            while entry & (WORD | DROPPED):
                sum_ += np.uint64(entry & UNIT) * powers[length]  # a dropped unit is 0
                length += np.uint64(entry) >> _WORD_SHIFT & _ONE
                if length > _POWERS:
                    sum_, length = mix(sum_), _ONE
                i += _ONE
                if i == stop:
                    break
                entry = table[units[i]]
            hashes[count], ends[count] = sum_ >> _32, i
            count += 1
            first, stopped = np.uint32(0), False
    return count


@inner
def _groups(
    units: UInt16,
    i: np.int64,
    stop: np.int64,
    table: UInt32,
    powers: UInt64,
    hashes: UInt32,
    starts: Int32,
    ends: Int32,
    flags: UInt8,
    count: int,
) -> tuple[np.int64, int]:
    """Write the groups of letters of the run that begins at unit i, from row `count` on, whose flags are
    there; return where to read on, and how many were written."""
    letters = (table[units[i]] >> np.uint32(GROUP_SHIFT)) & np.uint32(7)
    written = 0
    while count + written < hashes.shape[0]:
        sum_, length, at, second = powers[0], np.uint32(0), i, i
        while at < stop:
            entry = table[units[at]]
            if not entry & DROPPED:
                if length == letters or (entry >> np.uint32(GROUP_SHIFT)) & np.uint32(7) != letters:
                    break
                second = at if length == 1 else second
                sum_ += np.uint64(entry & UNIT) * powers[1 + length]
                length += np.uint32(1)
            at += 1
        if written:
            if length < letters:
                return at, written
            flags[count + written] = 0
        hashes[count + written], starts[count + written], ends[count + written] = sum_ >> _32, i, at
        written += 1
        if length < letters:
            return at, written
        i = second
    return i, written


@tight
def shingle(tokens: UInt32, start: int, k: int) -> np.uint64:
    """Return the 64-bit hash of the k tokens from `start` on."""
    value = np.uint64(0)
    for i in range(start, start + k):
        value = (value ^ np.uint64(tokens[i])) * _MIX_1
        value ^= value >> _32
    value *= _MIX_2
    return value ^ (value >> _32)


@kernel
def shingles32(tokens: UInt32, k: int) -> UInt32:
    """Return the 32-bit hashes of all shingles of k tokens, in order: uint32, shape (max(0, n - k + 1),)."""
    result = np.empty(max(0, tokens.shape[0] - k + 1), np.uint32)
    if k == 3:  # with the usual lengths as constants the inner loop is gone: twice as fast
        _write_shingles(tokens, 3, result)
    elif k == 5:
        _write_shingles(tokens, 5, result)
    else:
        _write_shingles(tokens, k, result)
    return result


@tight
def _write_shingles(tokens: UInt32, k: int, out: UInt32) -> None:
    for i in range(len(out)):
        out[i] = shingle(tokens, i, k) >> _32


@kernel
def shingles64(tokens: UInt32, k: int) -> UInt64:
    """Return the 64-bit hashes of all shingles of k tokens, in order: uint64, shape (max(0, n - k + 1),)."""
    count = max(0, tokens.shape[0] - k + 1)
    result = np.empty(count, np.uint64)
    for i in range(count):
        result[i] = shingle(tokens, i, k)
    return result


@kernel
def distinct_reach(values: UInt32, least: int) -> bool:
    """Tell whether `values` holds at least `least` different values, for a small `least`."""
    seen = np.empty(least, np.uint32)
    count = 0
    for value in values:
        known = False
        for j in range(count):
            known |= seen[j] == value
        if not known:
            seen[count] = value
            count += 1
            if count == least:
                return True
    return False


@kernel
def minhash(hashes: UInt32, a: UInt32, b: UInt32) -> UInt32:
    """Return the MinHash of a set of 32-bit hashes under datasketch's `affine32` permutations: uint32, shape
    like `a`.

    Each hash is mixed once (the finalizer of MurmurHash3), then permutation p is a[p] * h + b[p] modulo 2^32.
    """
    mixed = np.empty(hashes.shape[0], np.uint32)
    for i in range(hashes.shape[0]):
        h = hashes[i]
        h = np.uint32((h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B))
        h = np.uint32((h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35))
        mixed[i] = h ^ (h >> np.uint32(16))
    signature = np.empty(a.shape[0], np.uint32)
    for p in range(a.shape[0]):
        least = _EMPTY_SLOT
        a_p, b_p = a[p], b[p]
        for i in range(mixed.shape[0]):
            least = min(least, np.uint32(np.uint32(mixed[i] * a_p) + b_p))
        signature[p] = least
    return signature


@kernel
def winnow(hashes: UInt32, window: int) -> UInt32:
    """Return the hashes that are the least of some `window` neighbours, the rightmost where equal, in order
    (robust winnowing: Schleimer, Wilkerson & Aiken 2003). Two sequences that share `window` neighbours share
    a chosen one.

    Fewer hashes than a window count as one window.
    """
    chosen = np.empty(hashes.shape[0], np.uint32)
    width = min(window, hashes.shape[0])
    size = _winnow(hashes, 4, chosen) if width == 4 else _winnow(hashes, width, chosen)  # as with shingles
    return chosen[:size].copy()


@tight
def _winnow(hashes: UInt32, width: int, chosen: UInt32) -> int:
    size, last = 0, -1
    for begin in range(len(hashes) - width + 1 if len(hashes) else 0):
        least, best = hashes[begin], begin
        for i in range(begin + 1, begin + width):
            best = i if hashes[i] <= least else best
            least = min(least, hashes[i])
        chosen[size] = least
        size += best != last
        last = best
    return size


@kernel
def summarise(
    body: UInt32, k: int, least: int, a: UInt32, b: UInt32, passage_k: int, window: int
) -> tuple[UInt32, UInt32]:
    """Return the signature and the passages of a body's tokens, both of shape (0,) under `least` different
    shingles: so short a text never meets another."""
    signature = sign(body, k, least, a, b)
    if len(signature) == 0:
        return signature, signature
    return signature, _distinct(winnow(shingles32(body, passage_k), window))


@kernel
def sign(body: UInt32, k: int, least: int, a: UInt32, b: UInt32) -> UInt32:
    """Return the signature of a body's tokens, of shape (0,) under `least` different shingles."""
    hashes = shingles32(body, k)
    if not distinct_reach(hashes, least):
        return np.empty(0, np.uint32)
    return minhash(hashes, a, b)


@inner
def _distinct(values: UInt32) -> UInt32:
    """Return the different values, sorted. They are hashes: laid into buckets by their upper bits they lie
    nearly in order, which costs less than half of a sort that compares."""
    starts = np.zeros(1 + (1 << _BUCKET_BITS), np.int32)
    for value in values:
        starts[1 + (value >> _IN_BUCKET)] += 1
    for bucket in range(1, len(starts)):
        starts[bucket] += starts[bucket - 1]
    ordered = np.empty(len(values), np.uint32)
    for value in values:
        bucket = value >> _IN_BUCKET
        ordered[starts[bucket]] = value
        starts[bucket] += 1
    count = 0
    for i in range(len(ordered)):
        value, at = ordered[i], count
        while at > 0 and ordered[at - 1] > value:
            at -= 1
        if at > 0 and ordered[at - 1] == value:
            continue
        for j in range(count, at, -1):
            ordered[j] = ordered[j - 1]
        ordered[at] = value
        count += 1
    return ordered[:count].copy()


@inner
def _scan_string(text: str, spans: Int32, table: UInt32, powers: UInt64, hashes: UInt32, flags: UInt8) -> int:
    """Cut parts of a string into tokens where it lies, see `scan`: in bytes where it has only Latin-1
    letters, in UTF-16 units where it has no astral ones; else -1."""
    starts, ends = np.empty(len(hashes), np.int32), np.empty(len(hashes), np.int32)
    letters: Any = text
    if letters._kind == 1:
        single: Any = carray(letters._data, (letters._length,), np.uint8)
        return scan(single, spans, table, powers, hashes, starts, ends, flags)
    if letters._kind == 2:
        units = carray(letters._data, (letters._length,), np.uint16)
        return scan(units, spans, table, powers, hashes, starts, ends, flags)
    return -1


@kernel
def signature(
    table: UInt32,
    powers: UInt64,
    limit: int,
    k: int,
    least: int,
    a: UInt32,
    b: UInt32,
    text: str,
    spans: Int32,
) -> tuple[bool, UInt32]:
    """Return whether the table reached, and the signature of parts of a text: what `sketch` does first."""
    hashes, flags = np.empty(limit, np.uint32), np.empty(limit, np.uint8)
    n = _scan_string(text, spans, table, powers, hashes, flags)
    return n >= 0, sign(hashes[: max(0, n)], k, least, a, b)


@kernel
def sketch(
    table: UInt32,
    powers: UInt64,
    limit: int,
    k: int,
    least: int,
    a: UInt32,
    b: UInt32,
    passage_k: int,
    window: int,
    title: str,
    text: str,
    spans: Int32,
) -> tuple[bool, UInt32, UInt32, UInt8, UInt32, UInt32]:
    """Do all in one call, for a title and the parts of a text that `spans` name.

    Return whether the table reached, then title, body, flags, signature and passages, as in `Sketch`.
    """
    hashes, flags = np.empty(2 * limit, np.uint32), np.empty(2 * limit, np.uint8)
    whole = np.zeros((1, 2), np.int32)
    whole[0, 1] = len(title)
    t = _scan_string(title, whole, table, powers, hashes[:limit], flags)
    n = _scan_string(text, spans, table, powers, hashes[max(0, t) :][:limit], flags[max(0, t) :])
    if t < 0 or n < 0:
        return False, hashes, hashes, flags, hashes, hashes
    head, body = hashes[:t].copy(), hashes[t : t + n].copy()
    signature, passages = summarise(body, k, least, a, b, passage_k, window)
    return True, head, body, flags[: t + n].copy(), signature, passages
