"""What do two articles share, exactly: how many shingles, and which passages, standing where?

The kernels take token hashes (uint32, as in `Sketch.body`) and can be called from other kernels. Nothing is
estimated; two different words are taken for one with a probability of 2^-32.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from service.model import Bool, Int32, Span, UInt32, UInt64
from service.sketch.jit import inner, kernel
from service.sketch.kernels import shingle, shingles32
from service.sketch.tokens import Tokens, tokenise_spans

SHINGLE = 3
MIN_RUN = 8
MAX_RUNS = 64  # passages reported of one pair, the longest

# A phrase that one article repeats is followed back at most so often: bounds the work on "la la la ...".
_REPEATS = 16

_BASE, _SPREAD = np.uint64(0xC4CEB9FE1A85EC53), np.uint64(0x9E3779B97F4A7C15)


class Passage(NamedTuple):
    """A run of `words` words that two texts share, as ranges of code points in each original text; several
    ranges where left-out parts (boilerplate) lie inside the run."""

    words: int
    a: tuple[Span, ...]
    b: tuple[Span, ...]


@kernel
def overlap(a_tokens: UInt32, b_tokens: UInt32, k: int = SHINGLE) -> tuple[int, int, int]:
    """Return how many different shingles both articles have, and how many each of them has."""
    a_count, b_count = max(0, len(a_tokens) - k + 1), max(0, len(b_tokens) - k + 1)
    size = 16
    while size < 2 * (a_count + b_count):
        size *= 2
    keys = np.empty(size, np.uint64)
    owners = np.zeros(size, np.uint8)  # 0 free, 1 of a, 2 of b, 3 of both
    a_distinct = b_distinct = shared = 0
    for i in range(a_count + b_count):
        owner = np.uint8(1) if i < a_count else np.uint8(2)
        key = shingle(a_tokens, i, k) if i < a_count else shingle(b_tokens, i - a_count, k)
        slot = np.int64(key & np.uint64(size - 1))
        while owners[slot] and keys[slot] != key:
            slot = (slot + 1) & (size - 1)
        if owners[slot] & owner:
            continue
        shared += owners[slot] == 1
        a_distinct += owner == 1
        b_distinct += owner == 2
        keys[slot] = key
        owners[slot] |= owner
    return shared, a_distinct, b_distinct


@kernel
def resemblance(a_tokens: UInt32, b_tokens: UInt32) -> tuple[float, float, float]:
    """Return Jaccard similarity, the part of a's shingles that b holds, and the part of b's that a holds
    (Broder 1997, resemblance and containment, over sets of 3-word shingles); 0 where there are none."""
    shared, a, b = overlap(a_tokens, b_tokens, SHINGLE)
    if shared == 0:
        return 0.0, 0.0, 0.0
    return shared / (a + b - shared), shared / a, shared / b


@kernel
def shared_runs(a_tokens: UInt32, b_tokens: UInt32, min_run: int, out: Int32) -> int:
    """Fill `out`, int32, shape (m, 3), with the longest runs of tokens that stand in both; return how many.

    Each row is (start in a, start in b, length >= min_run). Rows are the longest first, and no token is in
    two of them: greedy string tiling (Wise 1993) on the maximal runs, of which those that begin with an often
    repeated phrase are only followed to its first places. Which article is a and which b makes no difference.
    """
    if not _precedes(b_tokens, a_tokens):
        return _tile(a_tokens, b_tokens, min_run, out)
    count = _tile(b_tokens, a_tokens, min_run, out)
    for r in range(count):
        out[r, 0], out[r, 1] = out[r, 1], out[r, 0]
    return count


@inner
def _precedes(a_tokens: UInt32, b_tokens: UInt32) -> bool:
    """An order of articles by content: where runs of equal length compete, it decides."""
    same = _common_length(a_tokens, 0, b_tokens, 0)
    if same == min(len(a_tokens), len(b_tokens)):
        return len(a_tokens) < len(b_tokens)
    return bool(a_tokens[same] < b_tokens[same])


@inner
def _tile(a_tokens: UInt32, b_tokens: UInt32, min_run: int, out: Int32) -> int:
    runs = _maximal_runs(a_tokens, b_tokens, min_run)
    longest = 0
    for r in range(runs.shape[0]):
        longest = max(longest, runs[r, 2])
    # One chain of runs per length; a run cut short by a longer one moves down to the chain of what is left.
    head, after = np.full(longest + 1, -1, np.int32), np.empty(runs.shape[0], np.int32)
    for r in range(runs.shape[0] - 1, -1, -1):
        after[r], head[runs[r, 2]] = head[runs[r, 2]], r
    a_taken, b_taken = np.zeros(len(a_tokens), np.bool_), np.zeros(len(b_tokens), np.bool_)
    count = 0
    for length in range(longest, min_run - 1, -1):
        while head[length] >= 0 and count < out.shape[0]:
            r = head[length]
            head[length] = after[r]
            _trim(runs, r, a_taken, b_taken)
            if runs[r, 2] < length:
                after[r], head[runs[r, 2]] = head[runs[r, 2]], r
                continue
            for i in range(3):
                out[count, i] = runs[r, i]
            count += 1
            for i in range(length):
                a_taken[runs[r, 0] + i] = b_taken[runs[r, 1] + i] = True
    return count


@inner
def _maximal_runs(a_tokens: UInt32, b_tokens: UInt32, min_run: int) -> Int32:
    """Return all runs that cannot be longer at either end: int32, shape (r, 3), as in `shared_runs`."""
    a_keys, b_keys = _rolling(a_tokens, min_run), _rolling(b_tokens, min_run)
    shift = np.uint64(60)
    while (1 << (64 - np.int64(shift))) < 2 * len(a_keys):
        shift -= np.uint64(1)
    head, after = np.full(1 << (64 - np.int64(shift)), -1, np.int32), np.empty(len(a_keys), np.int32)
    for i in range(len(a_keys) - 1, -1, -1):
        slot = a_keys[i] >> shift
        after[i], head[slot] = head[slot], i
    found = np.empty((16, 3), np.int32)
    count = 0
    for j in range(len(b_keys)):
        i = head[b_keys[j] >> shift]
        tries = 0
        while i >= 0 and tries < _REPEATS:
            if a_keys[i] == b_keys[j]:
                tries += 1
                if i == 0 or j == 0 or a_tokens[i - 1] != b_tokens[j - 1]:
                    if count == found.shape[0]:
                        found = _doubled(found)
                    found[count, 0], found[count, 1] = i, j
                    found[count, 2] = _common_length(a_tokens, i, b_tokens, j)
                    count += found[count, 2] >= min_run
            i = after[i]
    return found[:count]


@inner
def _rolling(tokens: UInt32, k: int) -> UInt64:
    """Return a hash of each run of k tokens, computed from the one before (Karp & Rabin 1987): it only says
    where to compare."""
    keys = np.empty(max(0, len(tokens) - k + 1), np.uint64)
    value, out_factor = np.uint64(0), np.uint64(1)
    for _ in range(k):
        out_factor *= _BASE
    for i in range(len(tokens)):
        value = value * _BASE + np.uint64(tokens[i])
        if i >= k:
            value -= np.uint64(tokens[i - k]) * out_factor
        if i >= k - 1:
            keys[i - k + 1] = value * _SPREAD
    return keys


@inner
def _common_length(a_tokens: UInt32, i: int, b_tokens: UInt32, j: int) -> int:
    length, most = 0, min(len(a_tokens) - i, len(b_tokens) - j)
    while length < most and a_tokens[i + length] == b_tokens[j + length]:
        length += 1
    return length


@kernel
def _doubled(rows: Int32) -> Int32:
    result = np.empty((2 * rows.shape[0], 3), np.int32)
    for r in range(rows.shape[0]):
        for i in range(3):
            result[r, i] = rows[r, i]
    return result


@inner
def _trim(runs: Int32, r: int, a_taken: Bool, b_taken: Bool) -> None:
    """Cut a run down to the longest part of it that no chosen run has taken, in place."""
    start, best_start, best = 0, 0, 0
    for i in range(runs[r, 2]):
        if a_taken[runs[r, 0] + i] or b_taken[runs[r, 1] + i]:
            start = i + 1
        elif i + 1 - start > best:
            best_start, best = start, i + 1 - start
    runs[r, 0] += best_start
    runs[r, 1] += best_start
    runs[r, 2] = best


def shingle_hashes(tokens: UInt32, k: int = SHINGLE) -> UInt32:
    """Return the 32-bit hashes of a body's shingles, repeats included: a signature is their MinHash."""
    return shingles32(tokens, k)


def runs(a_tokens: UInt32, b_tokens: UInt32, min_run: int = MIN_RUN) -> tuple[tuple[int, int, int], ...]:
    """Return `shared_runs` as (start in a, start in b, length), the longest first."""
    out = np.empty((MAX_RUNS, 3), np.int32)
    count = shared_runs(a_tokens, b_tokens, min_run, out)
    return tuple((int(a), int(b), int(length)) for a, b, length in out[:count])


def locate(tokens: Tokens, parts: Sequence[tuple[int, int]], start: int, length: int) -> tuple[Span, ...]:
    """Return where `length` tokens from `start` on stand in the original text, one range for each of the
    text's parts that they touch. `tokens` are those of exactly these parts."""
    starts, ends = tokens.starts[start : start + length], tokens.ends[start : start + length]
    spans = []
    for part_start, part_end in parts:
        inside = np.flatnonzero((starts >= part_start) & (starts < part_end))
        if inside.size:
            spans.append(Span(int(starts[inside[0]]), int(ends[inside[-1]])))
    return tuple(spans)


def passages(
    text_a: str,
    parts_a: Sequence[tuple[int, int]],
    text_b: str,
    parts_b: Sequence[tuple[int, int]],
    min_run: int = MIN_RUN,
) -> tuple[Passage, ...]:
    """Return the passages of at least `min_run` words that the given parts of two texts share, the longest
    first.

    >>> words = "the minister opened the new bridge over the river today"
    >>> passages(words, [(0, 55)], "He said " + words, [(0, 63)])[0].words
    10
    """
    a, b = tokenise_spans(text_a, parts_a), tokenise_spans(text_b, parts_b)
    return tuple(
        Passage(length, locate(a, parts_a, i, length), locate(b, parts_b, j, length))
        for i, j, length in runs(a.hashes, b.hashes, min_run)
    )
