"""What do two articles share, exactly: how many shingles, and which passages, standing where?

The kernels take token hashes (uint32, as in `Sketch.body`) and can be called from other kernels. Nothing is
estimated; two different words are taken for one with a probability of 2^-32.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from service.model import Bool, Int32, Span, UInt32, UInt64
from service.sketch.jit import inner, kernel, tight
from service.sketch.kernels import shingles32
from service.sketch.tokens import Tokens, tokenise_spans

SHINGLE = 3
MIN_RUN = 8
MAX_RUNS = 64  # passages reported of one pair, the longest

# A phrase that one article repeats is followed back at most so often: bounds the work on "la la la ...".
_REPEATS = 16

_BASE, _SPREAD = np.uint64(0xC4CEB9FE1A85EC53), np.uint64(0x9E3779B97F4A7C15)
_HALF, _ONE = np.uint64(32), np.uint64(1)
_FREE, _USED = np.uint64(0), np.uint64(1)  # in a table of shingles: no key, and the bit that every key has


class Passage(NamedTuple):
    """A run of `words` words that two texts share, as ranges of code points in each original text; several
    ranges where left-out parts (boilerplate) lie inside the run."""

    words: int
    a: tuple[Span, ...]
    b: tuple[Span, ...]


# A text laid out for being compared with others: its keys of runs, of `run` words; the heads, and the next of
# each, of the chains that lead from a key to its places; a table of its different shingles, and when each was
# last met; how many they are, and comparisons so far, in an array of two. Made once, it serves many pairs.
Layout = tuple[UInt64, Int32, Int32, UInt64, Int32, Int32]
_DISTINCT, _COMPARED = 0, 1


@kernel
def overlap(a_tokens: UInt32, b_tokens: UInt32, k: int = SHINGLE) -> tuple[int, int, int]:
    """Return how many different shingles both articles have, and how many each of them has."""
    a, b = _shingles_of(a_tokens, k), _shingles_of(b_tokens, k)
    return _shared_shingles(a, b_tokens, k), a[2][_DISTINCT], b[2][_DISTINCT]


@kernel
def resemblance(a_tokens: UInt32, b_tokens: UInt32) -> tuple[float, float, float]:
    """Return Jaccard similarity, the part of a's shingles that b holds, and the part of b's that a holds
    (Broder 1997, resemblance and containment, over sets of 3-word shingles); 0 where there are none."""
    shared, a, b = overlap(a_tokens, b_tokens, SHINGLE)
    return _parts_shared(shared, a, b)


@inner
def resemblance_of(a: Layout, b_tokens: UInt32, b_distinct: int) -> tuple[float, float, float]:
    """`resemblance` for a text that was laid out, and another of so many different shingles."""
    return _parts_shared(_shared_shingles(a[3:], b_tokens, SHINGLE), a[5][_DISTINCT], b_distinct)


@tight
def _parts_shared(shared: int, a: int, b: int) -> tuple[float, float, float]:
    if shared == 0:
        return 0.0, 0.0, 0.0
    return shared / (a + b - shared), shared / a, shared / b


@kernel
def lay_out_text(tokens: UInt32, run: int) -> Layout:
    """Lay a text out for being compared with others by runs of so many words, and by shingles."""
    keys = _rolling(tokens, run)
    head, after = np.full(_chains(len(keys)), -1, np.int32), np.empty(len(keys), np.int32)
    for i in range(len(keys) - 1, -1, -1):
        slot = _chain_of(keys[i], len(head) - 1)
        after[i], head[slot] = head[slot], i
    table, met, counts = _shingles_of(tokens, SHINGLE)
    return keys, head, after, table, met, counts


@inner
def distinct_of(a: Layout) -> int:
    """How many different shingles a text has that was laid out."""
    return a[5][_DISTINCT]  # type: ignore[no-any-return]


@kernel
def distinct_shingles(tokens: UInt32) -> int:
    """Return how many different shingles a text has."""
    return _shingles_of(tokens, SHINGLE)[2][_DISTINCT]  # type: ignore[no-any-return]


@inner
def _shingles_of(tokens: UInt32, k: int) -> tuple[UInt64, Int32, Int32]:
    """Return a table of a text's different shingles, when each was last met (0: never), and counts."""
    total = max(0, len(tokens) - k + 1)
    size = 16
    while size < 4 * total:
        size *= 2
    table, met, counts = np.zeros(size, np.uint64), np.zeros(size, np.int32), np.zeros(2, np.int32)
    counts[_DISTINCT] = _enter_shingles(tokens, k, table)
    return table, met, counts


@tight
def _enter_shingles(tokens: UInt32, k: int, table: UInt64) -> int:
    distinct = 0
    for i in range(len(tokens) - k + 1):
        place, key = _find_shingle(tokens, i, k, table)
        distinct += table[place] == _FREE
        table[place] = key
    return distinct


@tight
def _find_shingle(tokens: UInt32, start: int, k: int, table: UInt64) -> tuple[np.uint64, np.uint64]:
    """Return the place of a shingle in a table, or the free one where it would be, and its key: the value of
    a polynomial, computed in a third of the time of a hash that also resists a bad distribution."""
    value, mask = np.uint64(0), np.uint64(len(table) - 1)
    for i in range(start, start + k):
        value = value * _BASE + np.uint64(tokens[i])
    key = value * _SPREAD | _USED
    place = key >> _HALF & mask  # the upper half of a product is its better one
    while table[place] != key and table[place] != _FREE:
        place = (place + _ONE) & mask
    return place, key


@tight
def _shared_shingles(a: tuple[UInt64, Int32, Int32], b_tokens: UInt32, k: int) -> int:
    """Return how many of the different shingles of a text that was laid out another has."""
    table, met, counts = a
    counts[_COMPARED] += 1
    now, shared = counts[_COMPARED], 0
    for i in range(len(b_tokens) - k + 1):
        place, _ = _find_shingle(b_tokens, i, k, table)
        if table[place] != _FREE:
            shared += met[place] != now
            met[place] = now
    return shared


@kernel
def shared_runs(a_tokens: UInt32, b_tokens: UInt32, min_run: int, out: Int32) -> int:
    """Fill `out`, int32, shape (m, 3), with the longest runs of tokens that stand in both; return how many.

    Each row is (start in a, start in b, length >= min_run). Rows are the longest first, and no token is in
    two of them: greedy string tiling (Wise 1993) on the maximal runs. Of texts that both repeat a phrase very
    often, not all places of it are followed. Which article is a and which b makes no difference.
    """
    return runs_shared(lay_out_text(a_tokens, min_run), a_tokens, b_tokens, min_run, out)


@kernel
def runs_shared(a: Layout, a_tokens: UInt32, b_tokens: UInt32, min_run: int, out: Int32) -> int:
    """`shared_runs` for a text that was laid out for runs of `min_run` words."""
    a_first = not _precedes(b_tokens, a_tokens)
    runs, whole = _maximal_runs(a, a_tokens, b_tokens, min_run)
    if not whole:
        b = lay_out_text(b_tokens, min_run)
        other, whole = _maximal_runs(b, b_tokens, a_tokens, min_run)
        if whole or not a_first:
            runs = _exchanged(other)
    if len(runs) == 0:
        return 0
    return _tile(runs, _order(runs, 1 if a_first else 0), len(a_tokens), len(b_tokens), min_run, out)


@inner
def _exchanged(runs: Int32) -> Int32:
    for r in range(len(runs)):
        runs[r, 0], runs[r, 1] = runs[r, 1], runs[r, 0]
    return runs


@tight
def _precedes(a_tokens: UInt32, b_tokens: UInt32) -> bool:
    """An order of articles by content: where runs of equal length compete, it decides."""
    same = _common_length(a_tokens, 0, b_tokens, 0)
    if same == min(len(a_tokens), len(b_tokens)):
        return len(a_tokens) < len(b_tokens)
    return bool(a_tokens[same] < b_tokens[same])


@inner
def _order(runs: Int32, column: int) -> Int32:
    """Return the rows in the order of their starts in one text; where these are equal, in the order they
    have, which is that of the other's."""
    last = 0
    for r in range(len(runs)):
        last = max(last, runs[r, column])
    head, after = np.full(last + 1, -1, np.int32), np.empty(len(runs), np.int32)
    for r in range(len(runs) - 1, -1, -1):
        after[r], head[runs[r, column]] = head[runs[r, column]], r
    order, count = np.empty(len(runs), np.int32), 0
    for start in range(last + 1):
        r = head[start]
        while r >= 0:
            order[count] = r
            count += 1
            r = after[r]
    return order


@inner
def _tile(runs: Int32, order: Int32, a_length: int, b_length: int, min_run: int, out: Int32) -> int:
    longest = 0
    for r in range(runs.shape[0]):
        longest = max(longest, runs[r, 2])
    # One chain of runs per length; a run cut short by a longer one moves down to the chain of what is left.
    head, after = np.full(longest + 1, -1, np.int32), np.empty(runs.shape[0], np.int32)
    for k in range(runs.shape[0] - 1, -1, -1):
        r = order[k]
        after[r], head[runs[r, 2]] = head[runs[r, 2]], r
    a_taken, b_taken = np.zeros(a_length, np.bool_), np.zeros(b_length, np.bool_)
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
def _maximal_runs(a: Layout, a_tokens: UInt32, b_tokens: UInt32, min_run: int) -> tuple[Int32, bool]:
    """Return runs that cannot be longer at either end: int32, shape (r, 3), as in `shared_runs`; and whether
    they are all."""
    found = np.empty((32, 3), np.int32)
    count, whole = _find_runs(a, a_tokens, b_tokens, min_run, found)
    if count > len(found):
        found = np.empty((count, 3), np.int32)
        _find_runs(a, a_tokens, b_tokens, min_run, found)
    return found[:count], whole


@tight
def _find_runs(a: Layout, a_tokens: UInt32, b_tokens: UInt32, min_run: int, found: Int32) -> tuple[int, bool]:
    """Fill `found` as far as it goes; returns how many maximal runs there are, and whether these are all."""
    keys, head, after, _, _, _ = a
    mask, room = len(head) - 1, len(found)
    count, whole, value, out_factor = 0, True, np.uint64(0), _factor(min_run)
    for end in range(len(b_tokens)):
        value = value * _BASE + np.uint64(b_tokens[end])
        if end >= min_run:
            value -= np.uint64(b_tokens[end - min_run]) * out_factor
        if end < min_run - 1:
            continue
        key, j, tries = value * _SPREAD, end - min_run + 1, 0
        i = np.int64(head[_chain_of(key, mask)])
        while i >= 0 and tries < _REPEATS:
            if keys[i] == key:
                tries += 1
                if i == 0 or j == 0 or a_tokens[i - 1] != b_tokens[j - 1]:
                    length = _common_length(a_tokens, i, b_tokens, j)  # type: ignore[arg-type]
                    if length >= min_run:
                        if count < room:
                            found[count, 0], found[count, 1], found[count, 2] = i, j, length
                        count += 1
            i = np.int64(after[i])
        whole = bool(whole and i < 0)
    return count, whole


@tight
def _chains(keys: int) -> int:
    """Return how many chains there are for so many keys: most places of other texts lead to none."""
    size = 16
    while size < 4 * keys:
        size *= 2
    return size


@tight
def _chain_of(key: np.uint64, mask: int) -> np.int64:
    return np.int64(key >> _HALF) & mask  # the upper half of a product is its better one


@tight
def _factor(k: int) -> np.uint64:
    """Return what a token is multiplied by when k others have followed it."""
    factor = np.uint64(1)
    for _ in range(k):
        factor *= _BASE
    return factor


@inner
def _rolling(tokens: UInt32, k: int) -> UInt64:
    """Return a hash of each run of k tokens, computed from the one before (Karp & Rabin 1987): it only says
    where to compare."""
    keys = np.empty(max(0, len(tokens) - k + 1), np.uint64)
    value, out_factor = np.uint64(0), _factor(k)
    for i in range(len(tokens)):
        value = value * _BASE + np.uint64(tokens[i])
        if i >= k:
            value -= np.uint64(tokens[i - k]) * out_factor
        if i >= k - 1:
            keys[i - k + 1] = value * _SPREAD
    return keys


@tight
def _common_length(a_tokens: UInt32, i: int, b_tokens: UInt32, j: int) -> int:
    length, most = 0, min(len(a_tokens) - i, len(b_tokens) - j)
    while length < most and a_tokens[i + length] == b_tokens[j + length]:
        length += 1
    return length


@tight
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
