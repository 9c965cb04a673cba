"""Which articles of the window speak of the same things? An inverted index of salient words, in memory.

An article is entered under its `SALIENT` weightiest words. Each word leads to the articles entered under it,
newest first; a query walks a bounded way along each word and adds up weights.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from service.index.overlap import Overlap, finder_of, overlap_of
from service.index.postings import Postings, newest
from service.index.ranking import largest
from service.index.vocabulary import Vocabulary
from service.model import Float32, Float64, Int32, Int64, UInt8
from service.sketch.jit import kernel
from service.sketch.terms import IN_LEAD, IN_TITLE, IS_NUMBER, Terms

SALIENT = 32  # words an article is entered and sought under
WALK = 128  # newest articles looked at per word
WIDTH = 32  # neighbours of an article
CROWD = 24  # nearest neighbours that the words of an article are weighed against

# A small window says little of how rare a word is; so many imagined articles without the word flatten idf
# until real ones outnumber them.
IMAGINED = 20.0

LEAST_IDF = 0.05  # a word that nearly all use still weighs a little, so that no norm is 0

# log(1 + n): a word said ten times is not ten words.
LOG_COUNT = np.log1p(np.arange(300, dtype=np.float64))

# Columns of `TermsIndex.cards`: what a walk asks about each article it meets, in 16 bytes. SCORE is for the
# walk, zero in between; SCALE multiplies it, and is 0 where an article was taken out.
SCORE, SCALE, DAYS, LANGUAGE = 0, 1, 2, 3

# Columns of `TermsIndex.sums`: over an article's words, the squared weights, the squared idf of those in the
# title, the idf of those in the lead, that of the numbers, and the squared idf of the BEGINNING_WORDS first
# different words.
NORM, TITLE, LEAD, NUMBERS, BEGINNING = 0, 1, 2, 3, 4
SUMS = 5

# Different words, title first, that are a report's beginning: what happened stands there, and the rest is
# what similar reports also say.
BEGINNING_WORDS = 25

NEVER = -1  # changes to the window when a slot's sums were added up: they have not been


Words = tuple[Int32, UInt8, UInt8, Int64]  # numbers, counts, places, ends
Laid = tuple[UInt8, Float64, Float64, UInt8, Int32, Float64]  # all of a `Look` but its query


class Query(NamedTuple):
    """An article as the index knows it. numbers: int32 (m,) of its words in the vocabulary; counts, places as
    in `Terms`; days: publication in days since 1970 to a few minutes, NaN when unknown; language: -1 when not
    certain."""

    numbers: Int32
    counts: UInt8
    places: UInt8
    days: float
    language: int


class Look(NamedTuple):
    """A query laid out for comparing, with the rarity of now. places: as in the query; idf, weights: float64
    (m,) by word; flags, table: tell which word of the query a number is, see `finder_of`; sums: float64
    (SUMS,), as in `TermsIndex`."""

    query: Query
    places: UInt8
    idf: Float64
    weights: Float64
    flags: UInt8
    table: Int32
    sums: Float64


class Neighbours(NamedTuple):
    """slots: int32 (k,), most similar first; cosines: float64 (k,), theirs, weighted by idf; overlap: the
    words they share with the query; users: int32 (m,), how many of the first CROWD use each of its words."""

    slots: Int32
    cosines: Float64
    overlap: Overlap
    users: Int32


class TermsIndex:
    """Finds, among the articles entered, those whose words resemble an article's most.

    Articles are entered under growing slots 0, 1, 2...; arrays grow by doubling. Not for use from several
    threads at once. Memory: 4 to 8 bytes per salient word and 6 bytes per different word of an article.

    words: numbers, counts, places and ends: the words of all articles, those of one from ends[slot] to
        ends[slot + 1].
    cards, sums: float32, shape (slots, 4) and (slots, SUMS), see the names of their columns above.

    >>> index = TermsIndex()
    >>> from service.sketch.sketch import Sketcher
    >>> from service.sketch.terms import terms_of
    >>> terms = terms_of(Sketcher().sketch("Harbour bridge opens", "The minister opened the harbour bridge."))
    >>> index.add(index.query(terms))
    0
    >>> found = index.neighbours(index.look(index.query(terms)), 7.0)
    >>> found.slots.tolist(), round(float(found.cosines[0]), 3)
    ([0], 1.0)
    """

    def __init__(self, capacity: int = 1024) -> None:
        self.vocabulary = Vocabulary()
        self.articles = 0  # counted in the vocabulary: live ones
        self.size = 0  # slots in use
        room = capacity * 128
        self.words: Words = (
            np.empty(room, np.int32),
            np.empty(room, np.uint8),
            np.empty(room, np.uint8),
            np.zeros(capacity + 1, np.int64),
        )
        self.cards: Float32 = np.zeros((capacity, 4), np.float32)
        self.sums: Float32 = np.zeros((capacity, SUMS), np.float32)
        self._changes = 0  # articles that came or went
        self._summed: Int64 = np.zeros(capacity, np.int64)  # how many had, when a slot's sums were added up
        self._postings = Postings(len(self.vocabulary.frequency))

    def query(self, terms: Terms, published_at: float | None = None, language: int = -1) -> Query:
        """Return an article as this index knows it; words it has not met are numbered."""
        numbers = self.vocabulary.number(terms.keys)
        self._postings.fit(len(self.vocabulary.frequency))
        days = math.nan if published_at is None else float(np.float32(published_at / 86_400.0))
        return Query(numbers, terms.counts, terms.places, days, language)

    def look(self, query: Query) -> Look:
        """Lay a query out for comparing."""
        return Look(query, *_lay_out(query[:3], *self._rarity))

    def add(self, query: Query, counted: bool = False) -> int:
        """Enter an article and count its words, unless all the window's are `counted` already; returns its
        slot."""
        if not counted:
            self.count(query)
        slot = self.stage(query)
        self.cards[slot, SCALE] = 1.0 / math.sqrt(10.0 + len(query.numbers))
        self.size += 1
        self._postings.enter(slot, _salient_words(query[:3], *self._rarity))
        return slot

    def stage(self, query: Query) -> int:
        """Lay an article's words into the next free slot, where it can be measured; the next one takes its
        place."""
        slot = self.size
        self._make_room(len(query.numbers))
        _lay_down(slot, query[:3], query.days, query.language, self.words, self.cards)
        self._summed[slot] = NEVER
        self.renew(np.array([slot], np.int32))
        return slot

    def count(self, query: Query) -> None:
        """Count an article's words, so that idf knows of it before it is entered."""
        self.vocabulary.count(query.numbers, 1)
        self.articles += 1
        self._changes += 1

    def remove(self, slot: int) -> None:
        """Take an article out and count its words out; one that is out already is no error."""
        if self.cards[slot, SCALE]:
            self.cards[slot, SCALE] = 0.0
            self.vocabulary.count(self.of(slot).numbers, -1)
            self.articles -= 1
            self._changes += 1

    def of(self, slot: int) -> Query:
        """Return an entered article."""
        numbers, counts, places, ends = self.words
        words = slice(ends[slot], ends[slot + 1])
        days, language = float(self.cards[slot, DAYS]), int(self.cards[slot, LANGUAGE])
        return Query(numbers[words], counts[words], places[words], days, language)

    def neighbours(self, look: Look, within_days: float, without: int = -1) -> Neighbours:
        """Return the at most `WIDTH` articles that are most similar.

        Articles of another certain language, or published more than `within_days` apart, are passed over, and
        so is slot `without` (the article itself).
        """
        query = look.query
        slots, cosines, pairs, starts, counts, users = _neighbours(
            query.numbers, look[1:], (query.days, query.language, within_days, without, self.size),
            (self._postings.heads, self._postings.pool), self.words, self.cards,
            *self._ageing, *self._rarity,
        )  # fmt: skip
        return Neighbours(slots, cosines, Overlap(pairs, starts, counts), users)

    def comparable(self, query: Query, slots: Int32, within_days: float, without: int = -1) -> Int32:
        """Return those of the slots that `neighbours` would not pass over."""
        return _comparable(slots, (query.days, query.language, within_days, without), self.cards)

    @property
    def log_articles(self) -> float:
        """log(articles + imagined ones): the idf of a word is this less its `log_frequency`."""
        return math.log(self.articles + IMAGINED)

    def renew(self, slots: Int32) -> None:
        """Add up the words of these articles anew if rarity has changed since."""
        _renew(slots, self.words, *self._ageing, *self._rarity)

    @property
    def _ageing(self) -> tuple[Float32, Int64, int]:
        return self.sums, self._summed, self._changes

    @property
    def _rarity(self) -> tuple[float, Float32]:
        return self.log_articles, self.vocabulary.log_frequency

    def _make_room(self, words: int) -> None:
        numbers, counts, places, ends = self.words
        if self.size == len(self.cards):
            self.cards = np.concatenate((self.cards, np.zeros_like(self.cards)))
            self.sums = np.concatenate((self.sums, np.zeros_like(self.sums)))
            self._summed = np.concatenate((self._summed, np.zeros_like(self._summed)))
            ends = np.concatenate((ends, np.zeros(self.size, np.int64)))
        missing = int(ends[self.size]) + words - len(numbers)
        if missing > 0:
            more = len(numbers) + missing
            numbers = np.concatenate((numbers, np.empty(more, np.int32)))
            counts = np.concatenate((counts, np.empty(more, np.uint8)))
            places = np.concatenate((places, np.empty(more, np.uint8)))
        self.words = numbers, counts, places, ends


# Kernels are given plain tuples of arrays: numba takes 20 us and more to recognise a named one at its door.


@kernel
def _lay_down(
    slot: int,
    words: tuple[Int32, UInt8, UInt8],
    days: float,
    language: int,
    into: Words,
    cards: Float32,
) -> None:
    """Write an article behind the last one."""
    numbers, counts, places, ends = into
    start = ends[slot]
    for i in range(len(words[0])):
        numbers[start + i], counts[start + i], places[start + i] = words[0][i], words[1][i], words[2][i]
    ends[slot + 1] = start + len(words[0])
    cards[slot, SCORE] = cards[slot, SCALE] = 0.0
    cards[slot, DAYS], cards[slot, LANGUAGE] = days, language


@kernel
def idf_of(number: int, log_articles: float, log_frequency: Float32) -> float:
    """How rare a word is in the window: log(articles / those that use it), smoothed."""
    return float(max(LEAST_IDF, log_articles - log_frequency[number]))


@kernel
def weigh(idf: float, count: int, places: int) -> float:
    """The weight of a word in an article: log(1 + uses) * idf, a use in the title counting as one more
    (Salton & Buckley 1988)."""
    return float(LOG_COUNT[count + (places & IN_TITLE)] * idf)


@kernel
def _lay_out(
    words: tuple[Int32, UInt8, UInt8], log_articles: float, log_frequency: Float32
) -> tuple[UInt8, Float64, Float64, UInt8, Int32, Float64]:
    """Return all of a `Look` but its query."""
    numbers, counts, places = words
    idf, weights = np.empty(len(numbers)), np.empty(len(numbers))
    sums = np.zeros(SUMS)
    for i in range(len(numbers)):
        idf[i] = idf_of(numbers[i], log_articles, log_frequency)
        weights[i] = weigh(idf[i], counts[i], places[i])
        _sum(idf[i], weights[i], places[i], i < BEGINNING_WORDS, sums)
    flags, table = finder_of(numbers)
    return places, idf, weights, flags, table, sums


@kernel
def _sum(idf: float, weight: float, places: int, begins: bool, sums: Float64) -> None:
    sums[NORM] += weight * weight
    sums[TITLE] += idf * idf * ((places & IN_TITLE) != 0)
    sums[LEAD] += idf * ((places & IN_LEAD) != 0)
    sums[NUMBERS] += idf * ((places & IS_NUMBER) != 0)
    sums[BEGINNING] += idf * idf * begins


@kernel
def _renew(
    slots: Int32,
    words: Words,
    out: Float32,
    summed: Int64,
    changes: int,
    log_articles: float,
    log_frequency: Float32,
) -> None:
    """Write the sums of articles where the window, and so rarity, has changed since."""
    numbers, counts, places, ends = words
    sums = np.empty(SUMS)
    for slot in slots:
        if summed[slot] == changes:
            continue
        summed[slot] = changes
        sums[:] = 0.0
        for p in range(ends[slot], ends[slot + 1]):
            idf = idf_of(numbers[p], log_articles, log_frequency)
            begins = p - ends[slot] < BEGINNING_WORDS
            _sum(idf, weigh(idf, counts[p], places[p]), places[p], begins, sums)
        out[slot] = sums


@kernel
def _salient_words(words: tuple[Int32, UInt8, UInt8], log_articles: float, log_frequency: Float32) -> Int32:
    """Return an article's weightiest words, weightiest first."""
    numbers, counts, places = words
    weights = np.empty(len(numbers))
    for i in range(len(numbers)):
        weights[i] = weigh(idf_of(numbers[i], log_articles, log_frequency), counts[i], places[i])
    return numbers[largest(weights, SALIENT)]


@kernel
def _neighbours(
    own: Int32,
    look: Laid,
    near: tuple[float, int, float, int, int],
    postings: tuple[Int64, Int32],
    words: Words,
    cards: Float32,
    all_sums: Float32,
    summed: Int64,
    changes: int,
    log_articles: float,
    log_frequency: Float32,
) -> tuple[Int32, Float64, Int32, Int32, Int32, Int32]:
    """Walk along the salient words, keep as many as are wanted by the rough score, and rank these by their
    cosine."""
    _, idf, weights, flags, table, sums = look
    numbers, counts, places, ends = words
    chosen = largest(weights, SALIENT)
    gains = (weights[chosen] * idf[chosen]).astype(np.float32)
    met = _meet(own[chosen], gains, near, postings, cards)
    rough = _take_scores(met, cards)
    first = largest(rough, WIDTH)
    slots = met[first[rough[first] > 0.0]]
    _renew(slots, words, all_sums, summed, changes, log_articles, log_frequency)
    pairs, starts, lengths = overlap_of(slots, flags, table, numbers, ends)
    cosines = np.empty(len(slots))
    for i in range(len(slots)):
        dot = 0.0
        for k in range(starts[i], starts[i] + lengths[i]):
            p, at = ends[slots[i]] + pairs[k, 0], pairs[k, 1]
            dot += weights[at] * weigh(idf[at], counts[p], places[p])
        cosines[i] = dot / np.sqrt(sums[NORM] * all_sums[slots[i], NORM] + 1e-12)
    order = largest(cosines, WIDTH)
    starts, lengths = starts[order], lengths[order]
    return slots[order], cosines[order], pairs, starts, lengths, _users(pairs, starts, lengths, len(own))


@kernel
def _users(pairs: Int32, starts: Int32, counts: Int32, words: int) -> Int32:
    """Return how many of the first CROWD articles use each word of the query."""
    users = np.zeros(words, np.int32)
    for i in range(min(CROWD, len(starts))):
        for k in range(starts[i], starts[i] + counts[i]):
            users[pairs[k, 1]] += 1
    return users


@kernel
def _meet(
    words: Int32,
    gains: Float32,
    near: tuple[float, int, float, int, int],
    postings: tuple[Int64, Int32],
    cards: Float32,
) -> Int32:
    """Return the slots met along the words, in the order they were met, with the sum of the gains of their
    words as SCORE: minus infinity where the article is none to compare with."""
    heads, pool = postings
    met, walk = np.empty(min(near[4], SALIENT * WALK), np.int32), np.empty(WALK, np.int32)
    found = 0
    for k in range(len(words)):
        for i in range(newest(words[k], heads, pool, walk)):
            slot = walk[i]
            if cards[slot, SCORE] == 0.0:
                met[found] = slot
                found += 1
                if cards[slot, SCALE] == 0.0 or not may_compare(slot, near[:4], cards):
                    cards[slot, SCORE] = -np.inf
            cards[slot, SCORE] += gains[k]
    return met[:found]


@kernel
def may_compare(slot: int, near: tuple[float, int, float, int], cards: Float32) -> bool:
    """Tell whether an article may be compared with a query of (day, language, within_days, without)."""
    day, language, within_days, without = near
    apart = abs(cards[slot, DAYS] - day) > within_days  # NaN (unknown) is never apart
    foreign = language >= 0 and cards[slot, LANGUAGE] >= 0 and cards[slot, LANGUAGE] != language
    return not (apart or foreign or slot == without)


@kernel
def _comparable(slots: Int32, near: tuple[float, int, float, int], cards: Float32) -> Int32:
    out = np.empty_like(slots)
    kept = 0
    for slot in slots:
        if may_compare(slot, near, cards):
            out[kept] = slot
            kept += 1
    return out[:kept]


@kernel
def _take_scores(met: Int32, cards: Float32) -> Float64:
    """Return the scores of the articles met, and clear them. A long article meets by chance: SCALE has the
    square root of its different words stand in for its norm."""
    rough = np.empty(len(met))
    for i in range(len(met)):
        score = cards[met[i], SCORE]
        rough[i] = score * cards[met[i], SCALE] if score > 0.0 else -np.inf
        cards[met[i], SCORE] = 0.0
    return rough
