"""Which pairs of these texts are near-duplicates? All with all, exactly, without a window.

Texts are compared as given: words after folding, the first 2,000, as sets of 3-word shingles. A pair is found
when the smaller text's rarest shingles lead to the larger (prefix filter: Chaudhuri, Ganti & Kaushik 2006),
then counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from service.model import Int32, Int64, Pair, UInt64
from service.sketch.jit import inner, kernel
from service.sketch.kernels import shingles64
from service.sketch.sketch import LEAST_SHINGLES
from service.sketch.tokens import tokenise

SHINGLE = 3
MAX_TOKENS = 2000


class _Rule(NamedTuple):
    """The thresholds as fractions of integers, so that a pair exactly at one is decided exactly."""

    jaccard_over: int
    jaccard_under: int
    containment_over: int
    containment_under: int


class _Inverted(NamedTuple):
    """Shingles by number, the rarest first. carriers[carrier_starts[s]:carrier_starts[s + 1]] are the texts
    that hold shingle s; shingles[text_starts[t]:text_starts[t + 1]] the shingles of text t in ascending
    order. Shingles of one text only are left out; sizes counts all."""

    carriers: Int32
    carrier_starts: Int64
    shingles: Int32
    text_starts: Int64
    sizes: Int64


def pairs(
    articles: Sequence[tuple[str, str]], min_jaccard: float = 0.5, min_containment: float = 0.8
) -> list[Pair]:
    """Return all pairs of (id, text) articles that reach one of the thresholds, in the order of the input.

    Jaccard similarity is |A & B| / |A | B| of the shingle sets, containment |A & B| / min(|A|, |B|). Texts of
    fewer than 8 different shingles are in no pair. Memory: about 60 bytes per word.

    Raises:
        ValueError: a threshold is not above 0 and at most 1.

    >>> text = "the minister opened the new bridge over the river on monday morning"
    >>> pairs([("a", text), ("b", text + " he said"), ("c", "too short")])
    [Pair(a='a', b='b', jaccard=0.8333333333333334, containment=1.0)]
    """
    rule = _rule(min_jaccard, min_containment)
    sets = [_shingle_set(text) for _, text in articles]
    index = _invert(sets)
    left, right, shared = _join(*index, *rule)
    order = np.lexsort((right, left))
    found = zip(left[order].tolist(), right[order].tolist(), shared[order].tolist(), strict=True)
    return [_pair(articles, index.sizes, i, j, both) for i, j, both in found]


def _rule(min_jaccard: float, min_containment: float) -> _Rule:
    if not (0 < min_jaccard <= 1 and 0 < min_containment <= 1):
        raise ValueError("thresholds are above 0 and at most 1")
    jaccard, containment = (Fraction(str(t)).limit_denominator(10**6) for t in (min_jaccard, min_containment))
    return _Rule(jaccard.numerator, jaccard.denominator, containment.numerator, containment.denominator)


def _shingle_set(text: str) -> UInt64:
    """Return the different shingles of a text, ascending; none of a text too short to be matched."""
    shingles: UInt64 = np.unique(shingles64(tokenise(text, None, MAX_TOKENS).hashes, SHINGLE))
    return shingles if len(shingles) >= LEAST_SHINGLES else shingles[:0]


def _pair(articles: Sequence[tuple[str, str]], sizes: Int64, i: int, j: int, shared: int) -> Pair:
    a, b = int(sizes[i]), int(sizes[j])
    return Pair(articles[i][0], articles[j][0], shared / (a + b - shared), shared / min(a, b))


def _invert(sets: Sequence[UInt64]) -> _Inverted:
    sizes = np.fromiter(map(len, sets), np.int64, len(sets))
    keys = np.concatenate([np.empty(0, np.uint64), *sets])
    order = np.argsort(keys, kind="stable")
    texts = np.repeat(np.arange(len(sets), dtype=np.int32), sizes)[order]
    keys = keys[order]
    starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1]))[: len(keys)])
    counts = np.diff(np.append(starts, len(keys)))
    by_rarity = np.argsort(counts, kind="stable")
    by_rarity = by_rarity[counts[by_rarity] > 1]
    carriers, carrier_starts = _gather(texts, starts[by_rarity], counts[by_rarity])
    return _Inverted(carriers, carrier_starts, *_transpose(carriers, carrier_starts, len(sets)), sizes)


@kernel
def _gather(values: Int32, starts: Int64, counts: Int64) -> tuple[Int32, Int64]:
    """Return the runs of `values` given by start and length, laid end to end, and where each begins."""
    begins = np.zeros(len(starts) + 1, np.int64)
    for r in range(len(starts)):
        begins[r + 1] = begins[r] + counts[r]
    result = np.empty(begins[len(starts)], np.int32)
    for r in range(len(starts)):
        for i in range(counts[r]):
            result[begins[r] + i] = values[starts[r] + i]
    return result, begins


@kernel
def _transpose(carriers: Int32, carrier_starts: Int64, texts: int) -> tuple[Int32, Int64]:
    """Return, from the texts of each shingle, the shingles of each text, ascending, and where each begins."""
    begins = np.zeros(texts + 1, np.int64)
    for text in carriers:
        begins[text + 1] += 1
    for t in range(texts):
        begins[t + 1] += begins[t]
    result, filled = np.empty(len(carriers), np.int32), begins.copy()
    for s in range(len(carrier_starts) - 1):
        for c in range(carrier_starts[s], carrier_starts[s + 1]):
            result[filled[carriers[c]]] = s
            filled[carriers[c]] += 1
    return result, begins


@kernel
def _join(
    carriers: Int32,
    carrier_starts: Int64,
    shingles: Int32,
    text_starts: Int64,
    sizes: Int64,
    jaccard_over: int,
    jaccard_under: int,
    containment_over: int,
    containment_under: int,
) -> tuple[Int32, Int32, Int32]:
    """Return the pairs that reach a threshold, the earlier text first, and how many shingles they share.

    With A no larger than B, J >= t needs |A & B| >= 2t/(1+t) |A|, and containment >= c needs c |A|. If A
    shares at least m of its shingles with B, one of any |A| - m + 1 of them leads to B: the rarest are asked.
    """
    left, right, shared = np.empty(64, np.int32), np.empty(64, np.int32), np.empty(64, np.int32)
    asked_by = np.full(len(sizes), -1, np.int64)
    count = 0
    for a in range(len(sizes)):
        least = min(
            -(-2 * jaccard_over * sizes[a] // (jaccard_over + jaccard_under)),
            -(-containment_over * sizes[a] // containment_under),
        )
        own = shingles[text_starts[a] : text_starts[a + 1]]
        # The shingles that no other text has are the rarest of all and need no asking.
        for s in own[: max(0, len(own) - least + 1)]:
            for b in carriers[carrier_starts[s] : carrier_starts[s + 1]]:
                if asked_by[b] == a or sizes[b] < sizes[a] or (sizes[b] == sizes[a] and b <= a):
                    continue
                asked_by[b] = a
                both = _intersection(own, shingles[text_starts[b] : text_starts[b + 1]])
                if (
                    both * jaccard_under < jaccard_over * (sizes[a] + sizes[b] - both)
                    and both * containment_under < containment_over * sizes[a]
                ):
                    continue
                if count == len(left):
                    left, right, shared = _longer(left), _longer(right), _longer(shared)
                left[count], right[count], shared[count] = min(a, b), max(a, b), both
                count += 1
    return left[:count], right[:count], shared[:count]


@inner
def _intersection(a: Int32, b: Int32) -> int:
    """Return how many values two ascending arrays have in common."""
    i = j = both = 0
    while i < len(a) and j < len(b):
        both += a[i] == b[j]
        step = a[i] <= b[j]
        j += a[i] >= b[j]
        i += step
    return both


@inner
def _longer(values: Int32) -> Int32:
    result = np.empty(2 * len(values), np.int32)
    for i in range(len(values)):
        result[i] = values[i]
    return result
