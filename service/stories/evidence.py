"""What speaks for and against two articles reporting one event? Numbers with names, computed exactly.

Words are weighed by how rare they are in the window and by how few of the article's own nearest neighbours
use them: an office's title is rare in the world and common among these reports, and proves nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from service.index.terms import LEAST_IDF, Query, weigh
from service.index.window import Candidates, Window
from service.model import Float64, Int32, Int64, UInt8, UInt32, WindowArticle
from service.sketch.exact import MAX_RUNS, MIN_RUN, resemblance, shared_runs
from service.sketch.jit import kernel
from service.sketch.terms import IN_LEAD, IN_TITLE, IS_NUMBER

# The columns of a measurement, in order, and what each says in words.
FEATURES: dict[str, str] = {
    "cosine": "how alike the words of the two reports are, rare words counting more",
    "contrast": "the same, after words that similar reports also use were discounted",
    "title_cosine": "how alike the two titles are",
    "title_cover": "the part of one title that the other report repeats",
    "title_cover_least": "the part of either title that the other report repeats at least",
    "lead_cover": "the part of one opening that the other report repeats",
    "lead_cover_least": "the part of either opening that the other report repeats at least",
    "rarest": "how rare their three most telling common words are",
    "numbers": "how many of the numbers both give",
    "numbers_apart": "numbers that one gives and the other does not",
    "days_apart": "days between the two publications",
    "days_unknown": "the time between the publications is not known",
    "untitled": "one of the reports has no title",
    "standing": "how near this report is, compared with the nearest one",
    "passage": "words in passages that both carry",
    "copied": "the part of one text that stands in the other",
}
COLUMN = {name: index for index, name in enumerate(FEATURES)}
COSINE, CONTRAST, RAREST, STANDING = (COLUMN[n] for n in ("cosine", "contrast", "rarest", "standing"))
TITLE_COSINE, UNTITLED = COLUMN["title_cosine"], COLUMN["untitled"]
TITLE_COVER, TITLE_COVER_LEAST = COLUMN["title_cover"], COLUMN["title_cover_least"]
LEAD_COVER, LEAD_COVER_LEAST = COLUMN["lead_cover"], COLUMN["lead_cover_least"]
NUMBERS, NUMBERS_APART = COLUMN["numbers"], COLUMN["numbers_apart"]
DAYS_APART, DAYS_UNKNOWN = COLUMN["days_apart"], COLUMN["days_unknown"]

_PRESENT = np.uint8(128)  # marks a word of the article, beside its places

# One shared number proves little, a year least; so much idf of numbers is half the proof that many would be.
ENOUGH_NUMBERS = 5.0

CROWD = 24  # nearest neighbours that the words of an article are weighed against

# DISCOUNT[n, c]: what is left of a word's weight when c of n neighbours use it; 1 in an empty window.
_n, _c = np.arange(CROWD + 1)[:, None], np.arange(CROWD + 2)[None, :]
DISCOUNT = np.clip(np.log((_n + 2.0) / (_c + 1.0)) / np.log(_n + 2.0), 0.0, 1.0)


class Shared(NamedTuple):
    """What two texts share: Jaccard similarity, containment of either in the other, and runs of equal words
    as rows (start in a, start in b, length), int32, shape (r, 3), longest first."""

    jaccard: float
    containment_a: float
    containment_b: float
    runs: Int32


class Measured(NamedTuple):
    """slots: int32 (n,) of the articles compared; features: float64 (n, len(FEATURES)); shared: what text
    each of them shares, for those that may share some; articles: how many there were in the window;
    neighbours: how many of them, at most CROWD, the words were weighed against."""

    slots: Int32
    features: Float64
    shared: dict[int, Shared]
    articles: int
    neighbours: int


def share(a: UInt32, b: UInt32) -> Shared:
    """Compare two bodies (token hashes). Texts without one run of MIN_RUN words in common are told apart by
    that alone: their shingles are not counted."""
    out = np.empty((MAX_RUNS, 3), np.int32)
    count, jaccard, containment_a, containment_b = _share(a, b, out)
    return Shared(jaccard, containment_a, containment_b, out[:count])


@kernel
def _share(a: UInt32, b: UInt32, out: Int32) -> tuple[int, float, float, float]:
    count = shared_runs(a, b, MIN_RUN, out)
    if count == 0:
        return 0, 0.0, 0.0, 0.0
    jaccard, containment_a, containment_b = resemblance(a, b)
    return count, jaccard, containment_a, containment_b


class Measure:
    """Compares one article with articles of the window, against the article's own neighbourhood there."""

    def __init__(self, window: Window, item: WindowArticle, query: Query, candidates: Candidates) -> None:
        self._window, self._item, self._query = window, item, query
        self._crowd = candidates.neighbours[:CROWD]
        self._nearest = float(candidates.cosines[0]) if len(candidates.cosines) else 0.0
        self._textual = {*candidates.copies, *candidates.passages}

    def against(self, slots: Iterable[int]) -> Measured:
        """Compare with the articles in these slots; text is compared only with candidates by text."""
        wanted = np.fromiter(slots, np.int32)
        features, shared = self._features(wanted), {}
        for row, slot in enumerate(wanted.tolist()):
            if slot in self._textual:
                shared[slot] = share(self._item.sketch.body, self._window.item(slot).sketch.body)
                add_shared(features[row], shared[slot])
        return self._measured(wanted, features, shared)

    def one(self, slot: int, other: WindowArticle) -> Measured:
        """Compare with one article in all ways; it lies in `slot`, or was staged there."""
        wanted = np.array([slot], np.int32)
        features, shared = self._features(wanted), share(self._item.sketch.body, other.sketch.body)
        add_shared(features[0], shared)
        return self._measured(wanted, features, {slot: shared})

    def _measured(self, wanted: Int32, features: Float64, shared: dict[int, Shared]) -> Measured:
        return Measured(wanted, features, shared, self._window.terms.articles, len(self._crowd))

    def _features(self, wanted: Int32) -> Float64:
        terms, query = self._window.terms, self._query
        features = np.zeros((len(wanted), len(FEATURES)))
        _measure(
            wanted, self._crowd, self._nearest, query.numbers, query.counts, query.places, query.days,
            terms.log_articles, terms.vocabulary.log_frequency,
            terms.numbers, terms.counts, terms.places, terms.ends, terms.days,
            terms.scratch.weight, terms.scratch.crowd, terms.scratch.places, features,
        )  # fmt: skip
        return features


def add_shared(features: Float64, shared: Shared) -> None:
    """Enter what two texts share into their features."""
    if len(shared.runs):
        features[COLUMN["passage"]] = math.log1p(int(shared.runs[:, 2].sum()))
        features[COLUMN["copied"]] = max(shared.containment_a, shared.containment_b)


class _Sums(NamedTuple):
    """Over the words of one article: squared weights (norm), the same with the discount (contrast), squared
    idf of the title's words, idf of the lead's, idf of the numbers."""

    norm: float
    contrast: float
    title: float
    lead: float
    numbers: float


class _Common(NamedTuple):
    """Over the words that two articles share: products of weights (dot), the same with the discount
    (contrast), squared idf of the words in both titles (title), in a's (title_a), in b's (title_b), idf of
    the words in a's lead, in b's, idf of the numbers, and the mean idf after the discount of the three most
    telling.

    left_out: what the contrast of a changes by when b is taken out of the crowd."""

    dot: float
    contrast: float
    left_out: float
    title: float
    title_a: float
    title_b: float
    lead_a: float
    lead_b: float
    numbers: float
    telling: float


@kernel
def _measure(
    slots: Int32,
    crowd_slots: Int32,
    nearest: float,
    numbers: Int32,
    counts: UInt8,
    places: UInt8,
    day: float,
    log_articles: float,
    log_frequency: Float64,
    all_numbers: Int32,
    all_counts: UInt8,
    all_places: UInt8,
    ends: Int64,
    days: Float64,
    weight: Float64,
    crowd: Float64,
    where: UInt8,
    out: Float64,
) -> None:
    """Fill one row of features for each slot; `weight`, `crowd` and `where` are zero before and after."""
    for slot in crowd_slots:
        for p in range(ends[slot], ends[slot + 1]):
            crowd[all_numbers[p]] += 1.0
    discount = DISCOUNT[len(crowd_slots)]
    own = _lay_out(numbers, counts, places, log_articles, log_frequency, discount, crowd, weight, where)
    for row in range(len(slots)):
        slot = slots[row]
        near = 0.0  # an article is not its own crowd
        for member in crowd_slots:
            near += member == slot
        words = slice(ends[slot], ends[slot + 1])
        other, common = _compare(
            all_numbers[words], all_counts[words], all_places[words], log_articles, log_frequency,
            discount, near, crowd, weight, where,
        )  # fmt: skip
        _write_words(own, other, common, nearest, out[row])
        _write_titles_and_leads(own, other, common, out[row])
        _write_numbers_and_days(own, other, common, abs(day - days[slot]), out[row])
    for i in range(len(numbers)):
        weight[numbers[i]], where[numbers[i]] = 0.0, 0
    for slot in crowd_slots:
        for p in range(ends[slot], ends[slot + 1]):
            crowd[all_numbers[p]] = 0.0


@kernel
def _lay_out(
    numbers: Int32,
    counts: UInt8,
    places: UInt8,
    log_articles: float,
    log_frequency: Float64,
    discount: Float64,
    crowd: Float64,
    weight: Float64,
    where: UInt8,
) -> _Sums:
    """Enter an article's words into the tables `weight` and `where`, and add them up."""
    norm = contrast = title = lead = number = 0.0
    for i in range(len(numbers)):
        word = numbers[i]
        value = weigh(word, counts[i], places[i], log_articles, log_frequency)
        idf = max(LEAST_IDF, log_articles - log_frequency[word])
        weight[word], where[word] = value, places[i] | _PRESENT
        norm += value * value
        contrast += (value * discount[np.int64(crowd[word])]) ** 2
        title += idf * idf * ((places[i] & IN_TITLE) != 0)
        lead += idf * ((places[i] & IN_LEAD) != 0)
        number += idf * ((places[i] & IS_NUMBER) != 0)
    return _Sums(norm, contrast, title, lead, number)


@kernel
def _compare(
    numbers: Int32,
    counts: UInt8,
    places: UInt8,
    log_articles: float,
    log_frequency: Float64,
    discount: Float64,
    near: float,
    crowd: Float64,
    weight: Float64,
    where: UInt8,
) -> tuple[_Sums, _Common]:
    """Add up the words of article b, and those that it shares with article a, which was laid out."""
    norm = contrast_b = title_b = lead_b = numbers_b = 0.0
    dot = contrast = left_out = title = both_a = both_b = led_a = led_b = numbers_both = 0.0
    first = second = third = 0.0
    for p in range(len(numbers)):
        word, place = numbers[p], places[p]
        value = weigh(word, counts[p], place, log_articles, log_frequency)
        idf = max(LEAST_IDF, log_articles - log_frequency[word])
        left = discount[np.int64(max(0.0, crowd[word] - near))]
        norm += value * value
        contrast_b += (value * left) ** 2
        in_title, in_lead = (place & IN_TITLE) != 0, (place & IN_LEAD) != 0
        title_b += idf * idf * in_title
        lead_b += idf * in_lead
        numbers_b += idf * ((place & IS_NUMBER) != 0)
        if where[word]:
            mine = weight[word]
            dot += value * mine
            contrast += value * mine * left * left
            left_out += (mine * left) ** 2 - (mine * discount[np.int64(crowd[word])]) ** 2
            other_title, other_lead = (where[word] & IN_TITLE) != 0, (where[word] & IN_LEAD) != 0
            both_b += idf * idf * in_title
            both_a += idf * idf * other_title
            title += idf * idf * (in_title and other_title)
            led_b += idf * in_lead
            led_a += idf * other_lead
            numbers_both += idf * ((place & IS_NUMBER) != 0)
            telling = idf * left
            if telling > first:
                first, second, third = telling, first, second
            elif telling > second:
                second, third = telling, second
            elif telling > third:
                third = telling
    telling = (first + second + third) / 3.0
    return (
        _Sums(norm, contrast_b, title_b, lead_b, numbers_b),
        _Common(dot, contrast, left_out, title, both_a, both_b, led_a, led_b, numbers_both, telling),
    )


@kernel
def _write_words(a: _Sums, b: _Sums, common: _Common, nearest: float, out: Float64) -> None:
    cosine = common.dot / np.sqrt(a.norm * b.norm + 1e-12)
    out[COSINE] = cosine
    out[CONTRAST] = common.contrast / np.sqrt((a.contrast + common.left_out) * b.contrast + 1e-12)
    out[RAREST] = common.telling
    out[STANDING] = cosine / max(nearest, cosine, 1e-9)


@kernel
def _write_titles_and_leads(a: _Sums, b: _Sums, common: _Common, out: Float64) -> None:
    if a.title > 0.0 and b.title > 0.0:
        out[TITLE_COSINE] = common.title / np.sqrt(a.title * b.title)
        out[TITLE_COVER] = max(common.title_a / a.title, common.title_b / b.title)
        out[TITLE_COVER_LEAST] = min(common.title_a / a.title, common.title_b / b.title)
    else:
        out[UNTITLED] = 1.0
    if a.lead > 0.0 and b.lead > 0.0:
        out[LEAD_COVER] = max(common.lead_a / a.lead, common.lead_b / b.lead)
        out[LEAD_COVER_LEAST] = min(common.lead_a / a.lead, common.lead_b / b.lead)


@kernel
def _write_numbers_and_days(a: _Sums, b: _Sums, common: _Common, apart: float, out: Float64) -> None:
    fewer = min(a.numbers, b.numbers)
    if fewer > 0.0:
        out[NUMBERS] = common.numbers / (fewer + ENOUGH_NUMBERS)
        out[NUMBERS_APART] = fewer - common.numbers
    if apart >= 0.0:
        out[DAYS_APART] = apart
    else:  # NaN: one of them is not dated
        out[DAYS_UNKNOWN] = 1.0
