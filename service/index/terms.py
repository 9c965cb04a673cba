"""Which articles of the window speak of the same things? An inverted index of salient words, in memory.

An article is entered under its `SALIENT` weightiest words. Each word leads to the articles entered under it,
newest first; a query walks a bounded way along each word and adds up weights.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from service.index.memory import blank, prefetch, roomier
from service.index.overlap import Overlap, overlap_of
from service.index.postings import Postings, PostingsArrays, ask_for_chains, enter_slot, newest
from service.index.ranking import largest
from service.index.rarity import (
    NEVER,
    NORM,
    SMALL,
    SUMS,
    Laid,
    Words,
    idf_of,
    lay_out,
    log_articles_of,
    renew,
    weigh,
    weightiest,
)
from service.index.vocabulary import Vocabulary, VocabularyArrays, count_words
from service.model import Float32, Float64, Int32, Int64, UInt8
from service.sketch.jit import inner, kernel, tight
from service.sketch.terms import Terms

# Words an article is entered and sought under. In a small window nearly all of the weightiest are its own
# alone, by which nobody is found: there it is most of its words.
SALIENT = 32
SALIENT_EARLY = 128

WALK = 128  # newest articles looked at per word
WIDTH = 32  # neighbours of an article
CROWD = 24  # nearest neighbours that the words of an article are weighed against

# Columns of `TermsIndex.cards`: what a walk asks about each article it meets, in 16 bytes. SCORE is for the
# walk, zero in between; SCALE multiplies it, and is 0 where an article was not entered or taken out.
SCORE, SCALE, DAYS, LANGUAGE = 0, 1, 2, 3

# What `TermsIndex.state` counts: slots in use, articles in the vocabulary, articles that came or went.
SIZE, ARTICLES, CHANGES = 0, 1, 2

# What the kernels see of the index: words, cards, sums, when these were added up, the postings, the
# vocabulary, and the state.
TermsArrays = tuple[Words, Float32, Float32, Int64, PostingsArrays, VocabularyArrays, Int64]


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
    table: Int64
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
        room = capacity * 128
        self.words: Words = (
            np.empty(room, np.int32),
            np.empty(room, np.uint8),
            np.empty(room, np.uint8),
            np.zeros(capacity + 1, np.int64),
        )
        self.cards: Float32 = blank((capacity, 4), np.float32)
        self.sums: Float32 = np.zeros((capacity, SUMS), np.float32)
        self._summed: Int64 = np.full(capacity, NEVER, np.int64)  # changes when a slot's were added up
        self._postings = Postings(len(self.vocabulary.frequency))
        self._state: Int64 = np.zeros(3, np.int64)

    @property
    def size(self) -> int:
        """Slots in use."""
        return int(self._state[SIZE])

    @property
    def articles(self) -> int:
        """Articles counted in the vocabulary: live ones."""
        return int(self._state[ARTICLES])

    @property
    def arrays(self) -> TermsArrays:
        """What kernels work on, until room is made."""
        postings, vocabulary = self._postings.arrays, self.vocabulary.arrays
        return self.words, self.cards, self.sums, self._summed, postings, vocabulary, self._state

    def query(self, terms: Terms, published_at: float | None = None, language: int = -1) -> Query:
        """Return an article as this index knows it; words it has not met are numbered."""
        numbers = self.vocabulary.number(terms.keys)
        self._postings.make_room(len(self.vocabulary.frequency), 0)
        days = math.nan if published_at is None else float(np.float32(published_at / 86_400.0))
        return Query(numbers, terms.counts, terms.places, days, language)

    def look(self, query: Query) -> Look:
        """Lay a query out for comparing."""
        log_frequency = self.vocabulary.log_frequency
        return Look(query, *lay_out(query[:3], log_articles_of(self.articles), log_frequency))

    def make_room(self, first: int, articles: int, words: int) -> None:
        """Have room to lay down so many articles from slot `first` on, which have so many different words,
        added up, and to enter as many."""
        self.vocabulary.make_room(words)
        self.make_room_to_enter(articles)
        while first + articles > len(self.cards):
            self._double()
        numbers, counts, places, ends = self.words
        missing = int(ends[first]) + words - len(numbers)
        if missing > 0:
            rows = 2 * len(numbers) + missing
            self.words = roomier(numbers, rows), roomier(counts, rows), roomier(places, rows), ends

    def make_room_to_enter(self, articles: int) -> None:
        """Have room to enter so many articles that are laid down."""
        self._postings.make_room(len(self.vocabulary.frequency), articles * SALIENT_EARLY)

    def _double(self) -> None:
        numbers, counts, places, ends = self.words
        self.cards = roomier(self.cards, 2 * len(self.cards))
        self.sums = roomier(self.sums, 2 * len(self.sums))
        self._summed = np.concatenate((self._summed, np.full_like(self._summed, NEVER)))
        self.words = numbers, counts, places, np.concatenate((ends, np.zeros(len(ends) - 1, np.int64)))

    def stage(self, query: Query) -> int:
        """Lay an article's words into the next free slot, where it can be measured; the next one takes its
        place."""
        self.make_room(self.size, 1, len(query.numbers))
        lay_down(self.size, query[:3], query.days, query.language, self.arrays)
        return self.size

    def add(self, query: Query, counted: bool = False) -> int:
        """Enter an article and count its words, unless all the window's are `counted` already; returns its
        slot."""
        slot = self.stage(query)
        enter_terms(slot, counted, self.arrays)
        return slot

    def count(self, query: Query) -> None:
        """Count an article's words, so that idf knows of it before it is entered."""
        count_terms(query.numbers, 1, self.arrays)

    def remove(self, slot: int) -> None:
        """Take an article out and count its words out; one that is out already is no error."""
        if self.cards[slot, SCALE]:
            self.cards[slot, SCALE] = 0.0
            count_terms(self.of(slot).numbers, -1, self.arrays)

    def of(self, slot: int) -> Query:
        """Return an entered article."""
        days, language = float(self.cards[slot, DAYS]), int(self.cards[slot, LANGUAGE])
        return Query(*words_of(slot, self.words), days, language)

    def neighbours(self, look: Look, within_days: float, without: int = -1) -> Neighbours:
        """Return the at most `WIDTH` articles that are most similar.

        Articles of another certain language, or published more than `within_days` apart, are passed over, and
        so is slot `without` (the article itself).
        """
        query = look.query
        near = query.days, query.language, within_days, without
        slots, cosines, overlap, users = neighbours_of(query.numbers, look[1:], near, self.arrays)
        return Neighbours(slots, cosines, Overlap(*overlap), users)

    def renew(self, slots: Int32) -> None:
        """Add up the words of these articles anew if rarity has changed since."""
        renew_sums(slots, self.arrays)


# Kernels are given plain tuples of arrays: numba takes 20 us and more to recognise a named one at its door.


@kernel
def lay_down(
    slot: int, words: tuple[Int32, UInt8, UInt8], days: float, language: int, index: TermsArrays
) -> None:
    """Write an article behind the last one; there is room for it."""
    (numbers, counts, places, ends), cards, _, summed, _, _, _ = index
    start = ends[slot]
    for i in range(len(words[0])):
        numbers[start + i], counts[start + i], places[start + i] = words[0][i], words[1][i], words[2][i]
    ends[slot + 1] = start + len(words[0])
    cards[slot, SCORE] = cards[slot, SCALE] = 0.0
    cards[slot, DAYS], cards[slot, LANGUAGE] = days, language
    summed[slot] = NEVER


@kernel
def words_of(slot: int, words: Words) -> tuple[Int32, UInt8, UInt8]:
    """Return the numbers, counts and places of an article."""
    numbers, counts, places, ends = words
    start, end = ends[slot], ends[slot + 1]
    return numbers[start:end], counts[start:end], places[start:end]


@kernel
def count_terms(numbers: Int32, change: int, index: TermsArrays) -> None:
    """Count an article in (change 1) or out (change -1)."""
    count_words(numbers, change, index[5])
    index[6][ARTICLES] += change
    index[6][CHANGES] += 1


@kernel
def enter_terms(slot: int, counted: bool, index: TermsArrays) -> None:
    """Enter an article that was laid down in the next free slot, and count its words unless they are."""
    words, cards, _, _, postings, vocabulary, state = index
    own = words_of(slot, words)
    if not counted:
        count_terms(own[0], 1, index)
    log_articles, log_frequency = log_articles_of(state[ARTICLES]), vocabulary[3]
    weights = np.empty(len(own[0]))
    for i in range(len(weights)):
        weights[i] = weigh(idf_of(own[0][i], log_articles, log_frequency), own[1][i], own[2][i])
    enter_slot(slot, weightiest(own[0], weights, salient_of(state[ARTICLES])), postings)
    cards[slot, SCALE] = 1.0 / np.sqrt(10.0 + len(own[0]))
    state[SIZE] += 1


@tight
def salient_of(articles: int) -> int:
    """Return how many words an article is entered and sought under in a window of so many."""
    return SALIENT_EARLY if articles <= SMALL else SALIENT


@kernel
def renew_sums(slots: Int32, index: TermsArrays) -> None:
    """Add up the words of these articles anew if rarity has changed since."""
    words, _, sums, summed, _, vocabulary, state = index
    renew(slots, words, sums, summed, state[CHANGES], log_articles_of(state[ARTICLES]), vocabulary[3])


@kernel
def neighbours_of(
    own: Int32, laid: Laid, near: tuple[float, int, float, int], index: TermsArrays
) -> tuple[Int32, Float64, tuple[Int32, Int32, Int32], Int32]:
    """Return what `Neighbours` has: walk along the salient words, keep as many as are wanted by the rough
    score, and rank these by their cosine. `near` is for `may_compare`."""
    _, idf, weights, flags, table, sums = laid
    words, cards, all_sums, summed, postings, _, state = index
    _, counts, places, ends = words
    chosen = largest(weights, salient_of(state[ARTICLES]))
    gains = (weights[chosen] * idf[chosen]).astype(np.float32)
    met = _meet(own[chosen], gains, near, postings, cards, state[SIZE])
    rough = _take_scores(met, cards)
    first = largest(rough, WIDTH)
    slots = met[first[rough[first] > 0.0]]
    for slot in slots:
        prefetch(summed, slot)
        prefetch(all_sums, slot * SUMS)
    renew_sums(slots, index)
    pairs, starts, lengths = overlap_of(slots, flags, table, words)
    cosines = np.empty(len(slots))
    for i in range(len(slots)):
        start, shared = ends[slots[i]], pairs[starts[i] : starts[i] + lengths[i]]
        dot = _dot(shared, idf, weights, counts[start:], places[start:])
        cosines[i] = dot / np.sqrt(sums[NORM] * all_sums[slots[i], NORM] + 1e-12)
    order = largest(cosines, WIDTH)
    starts, lengths = starts[order], lengths[order]
    users = _users(pairs, starts, lengths, len(own))
    return slots[order], cosines[order], (pairs, starts, lengths), users


@tight
def _dot(shared: Int32, idf: Float64, weights: Float64, counts: UInt8, places: UInt8) -> float:
    """Add up the products of the weights of the words that an article shares with the query."""
    dot = 0.0
    for k in range(len(shared)):
        p, at = shared[k, 0], shared[k, 1]
        dot += weights[at] * weigh(idf[at], counts[p], places[p])
    return dot


@inner
def _users(pairs: Int32, starts: Int32, counts: Int32, words: int) -> Int32:
    """Return how many of the first CROWD articles use each word of the query."""
    users = np.zeros(words, np.int32)
    for i in range(min(CROWD, len(starts))):
        _count(pairs[starts[i] : starts[i] + counts[i]], users)
    return users


@tight
def _count(shared: Int32, users: Int32) -> None:
    for k in range(len(shared)):
        users[shared[k, 1]] += 1


@inner
def _meet(
    words: Int32,
    gains: Float32,
    near: tuple[float, int, float, int],
    postings: PostingsArrays,
    cards: Float32,
    size: int,
) -> Int32:
    """Return the slots met along the words, in the order they were met, with the sum of the gains of their
    words as SCORE: minus infinity where the article is none to compare with."""
    met, walk = np.empty(min(size, len(words) * WALK), np.int32), np.empty(len(words) * WALK, np.int32)
    ask_for_chains(words, postings)
    lengths, walked = np.empty(len(words), np.int32), 0
    for k in range(len(words)):
        lengths[k] = newest(words[k], postings, walk[walked : walked + WALK])
        for i in range(walked, walked + lengths[k]):
            prefetch(cards, walk[i] * len(cards[0]))
        walked += lengths[k]
    return met[: _add_gains(walk, lengths, gains, near, cards, met)]


@tight
def _add_gains(
    walk: Int32,
    lengths: Int32,
    gains: Float32,
    near: tuple[float, int, float, int],
    cards: Float32,
    met: Int32,
) -> int:
    walked = found = 0
    for k in range(len(gains)):
        for slot in walk[walked : walked + lengths[k]]:
            if cards[slot, SCORE] == 0.0:
                met[found] = slot
                found += 1
                if cards[slot, SCALE] == 0.0 or not comparable(slot, near, cards):
                    cards[slot, SCORE] = -np.inf
            cards[slot, SCORE] += gains[k]
        walked += lengths[k]
    return found


@kernel
def may_compare(slot: int, near: tuple[float, int, float, int], cards: Float32) -> bool:
    """Tell whether an article may be compared with a query of (day, language, within_days, without)."""
    return comparable(slot, near, cards)


@tight
def comparable(slot: int, near: tuple[float, int, float, int], cards: Float32) -> bool:
    """What `may_compare` returns."""
    day, language, within_days, without = near
    apart = abs(cards[slot, DAYS] - day) > within_days  # NaN (unknown) is never apart
    foreign = language >= 0 and cards[slot, LANGUAGE] >= 0 and cards[slot, LANGUAGE] != language
    return not (apart or foreign or slot == without)


@inner
def _take_scores(met: Int32, cards: Float32) -> Float64:
    """Return the scores of the articles met, and clear them. A long article meets by chance: SCALE has the
    square root of its different words stand in for its norm."""
    rough = np.empty(len(met))
    for i, slot in enumerate(met):
        score = cards[slot, SCORE]
        rough[i] = score * cards[slot, SCALE] if score > 0.0 else -np.inf
        cards[slot, SCORE] = 0.0
    return rough
