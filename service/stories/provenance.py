"""Where does each sentence of a story's reports come from: own, copied from another outlet, or from a source
that both quote? And what is new in a report against those before it?

Two reports of which one is, for the most part, in the other are reprint and original; which is which, a
credit line says, else the dates. Two that share no more than passages both quote somebody else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np

from service.model import Int32, Int64, UInt32, UInt64
from service.sketch.exact import MIN_RUN, runs

Origin = Literal["unique", "original", "copied", "common_source"]

# A sentence is shared if a run of eight words is and half of it stands in runs of four: whoever quotes a
# communique changes a word here and there. Two real reports of one visit had .58 and .64 of its sentence in
# such runs and .39 and .48 in runs of eight; of their other sentences at most .41 and .29.
SHARED, BRIDGE = 0.5, 4
REPRINT = 0.5  # of the shorter report that stands in the longer one
CARRIERS, PARTNERS = 16, 64  # reports in which a passage is sought, and that one report is compared with
APART = 600.0  # seconds between two dates that say who was first: feeds are read every few minutes
_FACTORS: UInt64 = np.array([0x9E3779B97F4A7C15**k & (1 << 64) - 1 for k in range(1, MIN_RUN + 1)], np.uint64)
BY_CREDIT, BY_TIME = 0.95, 0.75  # confidence; a stated source is seldom wrong, the first date sometimes


class Report(NamedTuple):
    """One report. words: uint32 (n,) hashes of its main story; sentences: the first word of each;
    published_at in Unix seconds where it can be trusted; credits: other reports whose outlet its beginning or
    end names."""

    article_id: str
    words: UInt32
    sentences: Sequence[int]
    published_at: float | None
    credits: frozenset[str] = frozenset()


class Sentence(NamedTuple):
    """Half-open range of words, whose they are, the reports that have them, too, and whether no report before
    has. confidence: of `copied` and `original` that the direction is right, of `common_source` that the whole
    sentence is shared."""

    start: int
    stop: int
    origin: Origin
    sources: tuple[str, ...]
    confidence: float
    new: bool


def trace(reports: Sequence[Report]) -> dict[str, list[Sentence]]:
    """The sentences of each report; `reports` are of one story, in order of appearance.

    Of a passage that more than CARRIERS reports have, these are the first ones: from them the others have it.
    So the time grows with the number of reports, however many copy each other.
    """
    shared = _shared(reports)
    directions = [
        {other: _direction(number, other, reports, shared) for other in others}
        for number, others in enumerate(shared)
    ]
    return {
        report.article_id: [
            _sentence(start, stop, number, reports, shared[number], directions[number])
            for start, stop in zip(report.sentences, [*report.sentences[1:], len(report.words)], strict=True)
            if stop > start
        ]
        for number, report in enumerate(reports)
    }


# Of one and another: the length of the run in which each word of one stands that the other has, too; else 0.
Shared = list[dict[int, Int32]]


def _shared(reports: Sequence[Report]) -> Shared:
    found: Shared = [{} for _ in reports]
    for i, j in _pairs(reports):
        one, other = np.zeros(len(reports[i].words), np.int32), np.zeros(len(reports[j].words), np.int32)
        for start_one, start_other, length in runs(reports[i].words, reports[j].words, BRIDGE):
            one[start_one : start_one + length] = length
            other[start_other : start_other + length] = length
        if (one >= MIN_RUN).any():
            found[i][j], found[j][i] = one, other
    return [dict(sorted(each.items())) for each in found]


def _pairs(reports: Sequence[Report]) -> list[tuple[int, int]]:
    """The reports to compare: each with those that were first to have a passage of it, where these are many
    with those that share most; and with those that it credits."""
    number = {report.article_id: place for place, report in enumerate(reports)}
    credited = [
        (number[id], i) for i, report in enumerate(reports) for id in report.credits if number.get(id, i) != i
    ]
    pairs: set[tuple[int, int]] = set()
    for asked in (credited, _sharing([report.words for report in reports])):
        partners: Counter[int] = Counter()
        for other, one in asked:
            if partners[one] < PARTNERS:
                partners[one] += 1
                pairs.add((min(one, other), max(one, other)))
    return sorted(pairs)


def _sharing(texts: Sequence[UInt32]) -> list[tuple[int, int]]:
    """Pairs of texts that have a run of MIN_RUN words in common, of which the one is among the first
    CARRIERS that have it; those that have most in common first."""
    grams = [_grams(words) for words in texts]
    text = np.repeat(np.arange(len(texts)), [len(each) for each in grams])
    _, gram = np.unique(np.concatenate([*grams, np.empty(0, np.uint64)]), return_inverse=True)
    order = np.lexsort((text, gram))
    gram, text = gram[order], text[order]
    starts, ends = np.searchsorted(gram, gram), np.searchsorted(gram, gram, "right")
    found = []
    for rank in range(CARRIERS):
        later = np.flatnonzero(starts + rank < np.minimum(ends, np.arange(len(gram))))
        found.append(text[starts[later] + rank] * len(texts) + text[later])
    keys, counts = np.unique(np.concatenate(found), return_counts=True)
    best: Int64 = keys[np.lexsort((keys, -counts))]
    return [divmod(key, len(texts)) for key in best.tolist()]


def _grams(words: UInt32) -> UInt64:
    """Numbers that stand for the runs of MIN_RUN words, each there once."""
    if len(words) < MIN_RUN:
        return np.empty(0, np.uint64)
    runs_of = np.lib.stride_tricks.sliding_window_view(words.astype(np.uint64), MIN_RUN)
    return np.unique((runs_of * _FACTORS).sum(axis=1, dtype=np.uint64))


def _share(lengths: Int32) -> float:
    """The share of a sentence that another report has, too; 0 where that is no passage."""
    return float((lengths > 0).mean()) if (lengths >= MIN_RUN).any() else 0.0


def _sentence(
    start: int,
    stop: int,
    number: int,
    reports: Sequence[Report],
    shared: Mapping[int, Int32],
    directions: Mapping[int, float],
) -> Sentence:
    """What is to be said of one sentence of a report, given what it shares with others, and how sure it is
    that it has its text from each."""
    shares = {other: _share(lengths[start:stop]) for other, lengths in shared.items()}
    having = [other for other, share in shares.items() if share >= SHARED]
    new = not any(other < number for other in having)
    if not having:
        return Sentence(start, stop, "unique", (), 1.0, new)
    origins = {other: directions[other] for other in having}
    from_them = {other: sure for other, sure in origins.items() if sure > 0}
    ids = tuple(reports[other].article_id for other in having)
    if from_them:
        best = max(from_them, key=lambda other: (from_them[other], -other))
        return Sentence(start, stop, "copied", (reports[best].article_id,), from_them[best], new)
    if all(sure < 0 for sure in origins.values()):
        return Sentence(start, stop, "original", ids, min(-sure for sure in origins.values()), new)
    return Sentence(start, stop, "common_source", ids, max(shares[other] for other in having), new)


def _direction(one: int, other: int, reports: Sequence[Report], shared: Shared) -> float:
    """How sure it is that one report has its text from the other; negative the other way round, 0 when they
    only share passages or nothing tells."""
    mine, theirs = shared[one][other] >= MIN_RUN, shared[other][one]
    if mine.sum() < REPRINT * min(len(mine), len(theirs)):
        return 0.0
    a, b = reports[one], reports[other]
    credited = (b.article_id in a.credits) - (a.article_id in b.credits)
    if credited:
        return BY_CREDIT * credited
    if a.published_at is None or b.published_at is None or abs(a.published_at - b.published_at) < APART:
        return 0.0
    return BY_TIME if a.published_at > b.published_at else -BY_TIME
