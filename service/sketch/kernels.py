"""What is done to every character and every word: units -> tokens -> shingles -> signature, passages.

Compiled. Kernels know neither strings nor settings; `tokens.py` and `sketch.py` call them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

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
_32 = np.uint64(32)
_EMPTY_SLOT = np.uint32(0xFFFFFFFF)


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
    """Cut UTF-16 units into tokens; return how many were written, at most `len(hashes)`, or -1 where the
    table is at its end (the caller takes the slow path).

    units: uint16; spans: int32, shape (s, 2), unit ranges that no token crosses; table: uint32 (65536,);
    powers: uint64 (1 + POWERS,), random. Filled: uint32 hashes, int32 starts and ends (units), uint8 flags.

    The hash of a token is the upper half of m0 + sum(m[i+1] * unit[i]) modulo 2^64, strongly universal under
    random m (Lemire & Kaser 2014, "Strongly universal string hashing is fast", MULTILINEAR); no unit is 0, so
    lengths differ too.

    A run of letters of a script without spaces becomes overlapping groups: the hash of one is that of a word
    of these letters.
    """
    count = 0
    for s in range(spans.shape[0]):
        first, stopped = np.uint32(FLAG_FIRST), False
        i, stop = np.int64(max(0, spans[s, 0])), np.int64(min(np.int64(spans[s, 1]), units.shape[0]))
        while i < stop:
            entry = table[units[i]]
            if not entry & WORD:
                if entry & (BEYOND | GROUP):
                    if entry & BEYOND:
                        return -1
                    if count == hashes.shape[0]:
                        return count
                    flags[count] = first
                    i, more = _groups(units, i, stop, table, powers, hashes, starts, ends, flags, count)
                    count += more
                    first, stopped = np.uint32(0), False
                    continue
                if entry & BREAK or (stopped and entry & SPACE):
                    first = np.uint32(FLAG_FIRST)
                stopped |= entry & STOP != 0
                i += 1
                continue
            if count == hashes.shape[0]:
                return count
            starts[count], flags[count] = i, (entry >> np.uint32(CAPITAL_SHIFT)) & np.uint32(3) | first
            sum_, length = powers[0], 0
            while entry & (WORD | DROPPED):
                sum_ += np.uint64(entry & UNIT) * powers[1 + length]  # a dropped unit is 0
                length += entry & WORD != 0
                if length == POWERS:
                    sum_, length = mix(sum_), 0
                i += 1
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
    count = max(0, tokens.shape[0] - k + 1)
    result = np.empty(count, np.uint32)
    for i in range(count):
        result[i] = shingle(tokens, i, k) >> _32
    return result


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
    count = hashes.shape[0]
    width = min(window, count)
    chosen = np.empty(count, np.uint32)
    size, last = 0, -1
    for begin in range(count - width + 1 if count else 0):
        least, best = hashes[begin], begin
        for i in range(begin + 1, begin + width):
            best = i if hashes[i] <= least else best
            least = min(least, hashes[i])
        chosen[size] = least
        size += best != last
        last = best
    return chosen[:size].copy()


@kernel
def summarise(
    body: UInt32, k: int, least: int, a: UInt32, b: UInt32, passage_k: int, window: int
) -> tuple[UInt32, UInt32]:
    """Return the signature and the passages of a body's tokens, both of shape (0,) under `least` different
    shingles: so short a text never meets another."""
    hashes = shingles32(body, k)
    if not distinct_reach(hashes, least):
        return np.empty(0, np.uint32), np.empty(0, np.uint32)
    return minhash(hashes, a, b), _distinct(winnow(shingles32(body, passage_k), window))


@inner
def _distinct(values: UInt32) -> UInt32:
    """Return the different values, sorted."""
    ordered = np.sort(values)
    count = 0
    for i in range(len(ordered)):
        if count == 0 or ordered[i] != ordered[count - 1]:
            ordered[count] = ordered[i]
            count += 1
    return ordered[:count].copy()


@kernel
def sketch(
    units: UInt16,
    head: int,
    spans: Int32,
    table: UInt32,
    powers: UInt64,
    limit: int,
    k: int,
    least: int,
    a: UInt32,
    b: UInt32,
    passage_k: int,
    window: int,
) -> tuple[bool, UInt32, UInt32, UInt8, UInt32, UInt32]:
    """Do all in one call: `units` hold `head` units of title, a separator, and the text that `spans` are
    parts of.

    Return whether the table reached, then title, body, flags, signature and passages, as in `Sketch`.
    """
    hashes, flags = np.empty(2 * limit, np.uint32), np.empty(2 * limit, np.uint8)
    starts, ends = np.empty(2 * limit, np.int32), np.empty(2 * limit, np.int32)
    title_span = np.zeros((1, 2), np.int32)
    title_span[0, 1] = head
    t = scan(units, title_span, table, powers, hashes[:limit], starts, ends, flags)
    if t < 0:
        return False, hashes, hashes, flags, hashes, hashes
    shifted = np.empty_like(spans)
    for s in range(spans.shape[0]):
        for side in range(2):
            shifted[s, side] = max(0, spans[s, side]) + head + 1
    n = scan(units, shifted, table, powers, hashes[t : t + limit], starts, ends, flags[t:])
    if n < 0:
        return False, hashes, hashes, flags, hashes, hashes
    title, body = hashes[:t].copy(), hashes[t : t + n].copy()
    signature, passages = summarise(body, k, least, a, b, passage_k, window)
    return True, title, body, flags[: t + n].copy(), signature, passages
