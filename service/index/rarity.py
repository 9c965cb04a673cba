"""How much does a word weigh now? Rarity in the window (idf), and the sums over an article's words that
measuring asks for."""

from __future__ import annotations

import numpy as np

from service.index.memory import prefetch
from service.index.overlap import finder_of
from service.index.ranking import largest
from service.model import Float32, Float64, Int32, Int64, UInt8
from service.sketch.jit import inner, kernel, tight
from service.sketch.terms import IN_LEAD, IN_TITLE, IS_NUMBER

# A small window says little of how rare a word is; so many imagined articles without the word flatten idf
# until real ones outnumber them.
IMAGINED = 20.0

LEAST_IDF = 0.05  # a word that nearly all use still weighs a little, so that no norm is 0

# log(1 + n): a word said ten times is not ten words.
LOG_COUNT = np.log1p(np.arange(300, dtype=np.float64))

# Columns of sums over an article's words: the squared weights, the squared idf of those in the title, the
# idf of those in the lead, that of the numbers, and the squared idf of the BEGINNING_WORDS first different
# words.
NORM, TITLE, LEAD, NUMBERS, BEGINNING = 0, 1, 2, 3, 4
SUMS = 5

# Different words, title first, that are a report's beginning: what happened stands there, and the rest is
# what similar reports also say.
BEGINNING_WORDS = 25

# The sums of an article are added up anew once so large a part of the window has changed since: to add them
# up for every query took a quarter of its time, and changed a cosine by a hundredth at most, save in an event
# that breaks. A small window is never behind.
FRESH, SMALL = 1 / 32, 1024
NEVER = -1  # changes to the window when sums were added up: they have not been

# The words of all articles: numbers in the vocabulary, counts, places as in `sketch.terms`, and ends: those
# of one article are from ends[slot] to ends[slot + 1].
Words = tuple[Int32, UInt8, UInt8, Int64]
Laid = tuple[UInt8, Float64, Float64, UInt8, Int64, Float64]  # what `lay_out` returns


@kernel
def log_articles_of(articles: int) -> float:
    """log(articles + imagined ones): the idf of a word is this less its `log_frequency`."""
    return float(np.log(articles + IMAGINED))


@tight
def idf_of(number: int, log_articles: float, log_frequency: Float32) -> float:
    """How rare a word is in the window: log(articles / those that use it), smoothed."""
    return float(max(LEAST_IDF, log_articles - log_frequency[number]))


@inner
def idfs_of(numbers: Int32, log_articles: float, log_frequency: Float32) -> Float64:
    """How rare words are. What is read lies anywhere: asked for at once, it comes at once."""
    idf = np.empty(len(numbers))
    _read_idfs(numbers, log_articles, log_frequency, idf)
    return idf


@tight
def _read_idfs(numbers: Int32, log_articles: float, log_frequency: Float32, out: Float64) -> None:
    for number in numbers:
        prefetch(log_frequency, number)
    for i in range(len(numbers)):
        out[i] = idf_of(numbers[i], log_articles, log_frequency)


@tight
def weigh(idf: float, count: int, places: int) -> float:
    """The weight of a word in an article: log(1 + uses) * idf, a use in the title counting as one more
    (Salton & Buckley 1988)."""
    return float(LOG_COUNT[count + (places & IN_TITLE)] * idf)


@kernel
def lay_out(words: tuple[Int32, UInt8, UInt8], log_articles: float, log_frequency: Float32) -> Laid:
    """Lay an article's words out for comparing, with the rarity of now: their places, idf, float64 (m,), and
    weights; flags and table, see `finder_of`; and their sums, float64 (SUMS,)."""
    numbers, counts, places = words
    idf, weights = idfs_of(numbers, log_articles, log_frequency), np.empty(len(numbers))
    sums = np.zeros(SUMS)
    for i in range(len(numbers)):
        weights[i] = weigh(idf[i], counts[i], places[i])
        _sum(idf[i], weights[i], places[i], i < BEGINNING_WORDS, sums)
    flags, table = finder_of(numbers)
    return places, idf, weights, flags, table, sums


@tight
def _sum(idf: float, weight: float, places: int, begins: bool, sums: Float64) -> None:
    sums[NORM] += weight * weight
    sums[TITLE] += idf * idf * ((places & IN_TITLE) != 0)
    sums[LEAD] += idf * ((places & IN_LEAD) != 0)
    sums[NUMBERS] += idf * ((places & IS_NUMBER) != 0)
    sums[BEGINNING] += idf * idf * begins


@kernel
def renew(
    slots: Int32,
    words: Words,
    out: Float32,
    summed: Int64,
    changes: int,
    log_articles: float,
    log_frequency: Float32,
) -> None:
    """Write the sums of articles where the window, and so rarity, has changed enough since. summed: int64
    (slots,), how many changes there had been when those of each were added up."""
    numbers, counts, places, ends = words
    sums = np.empty(SUMS)
    articles = np.exp(log_articles) - IMAGINED
    late = FRESH * articles if articles > SMALL else 0.0
    for slot in slots:
        if summed[slot] != NEVER and changes - summed[slot] <= late:
            continue
        summed[slot] = changes
        sums[:] = 0.0
        start = ends[slot]
        idf = idfs_of(numbers[start : ends[slot + 1]], log_articles, log_frequency)
        for i in range(len(idf)):
            weight, there = weigh(idf[i], counts[start + i], places[start + i]), places[start + i]
            _sum(idf[i], weight, there, i < BEGINNING_WORDS, sums)
        out[slot] = sums


@inner
def weightiest(numbers: Int32, weights: Float64, most: int) -> Int32:
    """Return an article's weightiest words, weightiest first."""
    return numbers[largest(weights, most)]
