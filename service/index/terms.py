"""Which articles of the window speak of the same things? An inverted index of salient words, in memory.

An article is entered under its `SALIENT` weightiest words. Each word leads to a chain of the articles entered
under it, newest first; a query walks a bounded way along each chain and adds up weights.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from service.index.vocabulary import Vocabulary
from service.model import Float64, Int32, Int64, UInt8
from service.sketch.jit import kernel
from service.sketch.terms import IN_TITLE, Terms

Bool = npt.NDArray[np.bool_]

SALIENT = 32  # words an article is entered and sought under
WALK = 128  # newest articles looked at per word
WIDTH = 32  # neighbours of an article: the candidates, and the crowd its words are weighed against

# A small window says little of how rare a word is; so many imagined articles without the word flatten idf
# until real ones outnumber them.
IMAGINED = 20.0

LEAST_IDF = 0.05  # a word that nearly all use still weighs a little, so that no norm is 0

# log(1 + n): a word said ten times is not ten words.
LOG_COUNT = np.log1p(np.arange(300, dtype=np.float64))


class Query(NamedTuple):
    """An article as the kernels see it. numbers: int32 (m,) of its words in the vocabulary; counts, places
    as in `Terms`; days: publication in days since 1970, NaN when unknown; language: -1 when not certain."""

    numbers: Int32
    counts: UInt8
    places: UInt8
    days: float
    language: int


class TermsIndex:
    """Finds, among the articles entered, those whose words resemble an article's most.

    Articles are entered under growing slots 0, 1, 2...; arrays grow by doubling. Not for use from several
    threads at once. Memory: 8 bytes per salient word and 6 bytes per different word of an article.

    >>> index = TermsIndex()
    >>> from service.sketch.sketch import Sketcher
    >>> from service.sketch.terms import terms_of
    >>> terms = terms_of(Sketcher().sketch("Harbour bridge opens", "The minister opened the harbour bridge."))
    >>> index.add(index.query(terms))
    0
    >>> slots, cosines = index.neighbours(index.query(terms), 7.0)
    >>> slots.tolist(), round(float(cosines[0]), 3)
    ([0], 1.0)
    """

    def __init__(self, capacity: int = 1024) -> None:
        self.vocabulary = Vocabulary()
        self.articles = 0  # counted in the vocabulary: live ones
        self.size = 0  # slots in use
        self.numbers: Int32 = np.empty(capacity * 128, np.int32)
        self.counts: UInt8 = np.empty(capacity * 128, np.uint8)
        self.places: UInt8 = np.empty(capacity * 128, np.uint8)
        self.ends: Int64 = np.zeros(capacity + 1, np.int64)  # article's words: ends[slot] to ends[slot + 1]
        self.days: Float64 = np.full(capacity, np.nan)
        self.languages: Int32 = np.full(capacity, -1, np.int32)
        self.alive: Bool = np.zeros(capacity, np.bool_)
        self._head = np.full(len(self.vocabulary.frequency), -1, np.int64)
        self._next = np.full(capacity * SALIENT, -1, np.int64)
        self._score = np.zeros(capacity)
        self.scratch = Scratch(len(self.vocabulary.frequency))

    def query(self, terms: Terms, published_at: float | None = None, language: int = -1) -> Query:
        """Return an article as this index sees it; words it has not met are numbered."""
        numbers = self.vocabulary.number(terms.keys)
        self._fit_vocabulary()
        days = np.nan if published_at is None else published_at / 86_400.0
        return Query(numbers, terms.counts, terms.places, days, language)

    def add(self, query: Query, counted: bool = False) -> int:
        """Enter an article and count its words, unless they are `counted` already; returns its slot."""
        slot = self.stage(query)
        self.alive[slot] = True
        if not counted:
            self.count(query)
        self.size += 1
        _enter(slot, *self._words(query), self._head, self._next)
        return slot

    def stage(self, query: Query) -> int:
        """Lay an article's words into the next free slot, where it can be measured; the next one takes its
        place."""
        slot = self.size
        self._make_room(len(query.numbers))
        start = int(self.ends[slot])
        end = start + len(query.numbers)
        self.numbers[start:end], self.counts[start:end] = query.numbers, query.counts
        self.places[start:end] = query.places
        self.ends[slot + 1], self.days[slot], self.languages[slot] = end, query.days, query.language
        return slot

    def count(self, query: Query) -> None:
        """Count an article's words, so that idf knows of it before it is entered."""
        self.vocabulary.count(query.numbers, 1)
        self.articles += 1

    def remove(self, slot: int) -> None:
        """Take an article out and count its words out; one that is out already is no error."""
        if self.alive[slot]:
            self.alive[slot] = False
            self.vocabulary.count(self.of(slot).numbers, -1)
            self.articles -= 1

    def of(self, slot: int) -> Query:
        """Return an entered article."""
        words = slice(self.ends[slot], self.ends[slot + 1])
        days, language = float(self.days[slot]), int(self.languages[slot])
        return Query(self.numbers[words], self.counts[words], self.places[words], days, language)

    def neighbours(self, query: Query, within_days: float, without: int = -1) -> tuple[Int32, Float64]:
        """Return at most `WIDTH` slots, most similar first, and their idf-weighted cosines.

        Articles of another certain language, or published more than `within_days` apart, are passed over, and
        so is slot `without` (the article itself).
        """
        return _neighbours(
            *self._words(query), query.days, query.language, within_days, without, self.size,
            self._head, self._next, self.numbers, self.counts, self.places, self.ends,
            self.days, self.languages, self.alive, self._score, self.scratch.weight,
        )  # fmt: skip

    @property
    def log_articles(self) -> float:
        """log(articles + imagined ones): the idf of a word is this less its `log_frequency`."""
        return float(np.log(self.articles + IMAGINED))

    def _words(self, query: Query) -> tuple[Int32, UInt8, UInt8, float, Float64]:
        return query.numbers, query.counts, query.places, self.log_articles, self.vocabulary.log_frequency

    def _make_room(self, words: int) -> None:
        if self.size == len(self.alive):
            for name in ("days", "languages", "alive", "_score", "_next"):
                old = getattr(self, name)
                setattr(self, name, np.concatenate((old, np.zeros_like(old))))
            self.ends = np.concatenate((self.ends, np.zeros(self.size, np.int64)))
        if int(self.ends[self.size]) + words > len(self.numbers):
            for name in ("numbers", "counts", "places"):
                old = getattr(self, name)
                setattr(self, name, np.concatenate((old, np.empty(len(old) + words, old.dtype))))

    def _fit_vocabulary(self) -> None:
        missing = len(self.vocabulary.frequency) - len(self._head)
        if missing:
            self._head = np.concatenate((self._head, np.full(missing, -1, np.int64)))
            self.scratch = Scratch(len(self._head))


class Scratch:
    """Tables over the vocabulary that kernels fill and clear again: all zero in between.

    weight: float64, an article's word weights; crowd: float64, neighbours that use a word; places: uint8."""

    def __init__(self, words: int) -> None:
        self.weight = np.zeros(words)
        self.crowd = np.zeros(words)
        self.places = np.zeros(words, np.uint8)


@kernel
def weigh(number: int, count: int, places: int, log_articles: float, log_frequency: Float64) -> float:
    """The weight of a word in an article: log(1 + uses) * idf, a use in the title counting as one more
    (Salton & Buckley 1988)."""
    idf = max(LEAST_IDF, log_articles - log_frequency[number])
    weight: float = LOG_COUNT[count + (places & IN_TITLE)] * idf
    return weight


@kernel
def _salient(
    numbers: Int32, counts: UInt8, places: UInt8, log_articles: float, log_frequency: Float64
) -> tuple[Int64, Float64]:
    """Return the positions of an article's weightiest words, weightiest first, and the weights of all."""
    weights = np.empty(len(numbers))
    for i in range(len(numbers)):
        weights[i] = weigh(numbers[i], counts[i], places[i], log_articles, log_frequency)
    return largest(weights, SALIENT), weights


@kernel
def largest(values: Float64, most: int) -> Int64:
    """Return the positions of the `most` largest values, largest first; of equal ones the first comes
    first."""
    heap = np.empty(most, np.int64)
    size = 0
    for i in range(len(values)):
        if size == most and values[i] <= values[heap[size - 1]]:
            continue
        at = size if size < most else most - 1
        size = min(most, size + 1)
        while at > 0 and values[heap[at - 1]] < values[i]:
            heap[at] = heap[at - 1]
            at -= 1
        heap[at] = i
    return heap[:size]


@kernel
def _enter(
    slot: int,
    numbers: Int32,
    counts: UInt8,
    places: UInt8,
    log_articles: float,
    log_frequency: Float64,
    head: Int64,
    after: Int64,
) -> None:
    """Put an article at the newest end of the chains of its salient words. A node's position is its article's
    slot times SALIENT plus a running number."""
    chosen, _ = _salient(numbers, counts, places, log_articles, log_frequency)
    for k in range(len(chosen)):
        node = slot * SALIENT + k
        after[node] = head[numbers[chosen[k]]]
        head[numbers[chosen[k]]] = node


@kernel
def _neighbours(
    numbers: Int32,
    counts: UInt8,
    places: UInt8,
    log_articles: float,
    log_frequency: Float64,
    day: float,
    language: int,
    within_days: float,
    without: int,
    size: int,
    head: Int64,
    after: Int64,
    all_numbers: Int32,
    all_counts: UInt8,
    all_places: UInt8,
    ends: Int64,
    days: Float64,
    languages: Int32,
    alive: Bool,
    score: Float64,
    weight: Float64,
) -> tuple[Int32, Float64]:
    """Walk the chains, keep a quarter more than wanted by the rough score, and rank these by their cosine;
    `score` and `weight` are zero before and after."""
    chosen, weights = _salient(numbers, counts, places, log_articles, log_frequency)
    gains = np.empty(len(chosen))
    for k in range(len(chosen)):
        gains[k] = weights[chosen[k]] * max(LEAST_IDF, log_articles - log_frequency[numbers[chosen[k]]])
    met = _meet(
        numbers[chosen], gains, day, language, within_days, without, size,
        head, after, days, languages, alive, score,
    )  # fmt: skip
    rough = _take_scores(met, ends, score)
    first = largest(rough, WIDTH + WIDTH // 4)
    near = met[first[rough[first] > 0.0]]
    cosines = _cosines(
        near, numbers, weights, log_articles, log_frequency, all_numbers, all_counts, all_places, ends, weight
    )
    order = largest(cosines, WIDTH)
    return near[order], cosines[order]


@kernel
def _meet(
    words: Int32,
    gains: Float64,
    day: float,
    language: int,
    within_days: float,
    without: int,
    size: int,
    head: Int64,
    after: Int64,
    days: Float64,
    languages: Int32,
    alive: Bool,
    score: Float64,
) -> Int32:
    """Return the slots met along the words' chains, in the order they were met, with the sum of the gains of
    their words in `score`: minus infinity where the article is none to compare with."""
    met = np.empty(min(size, SALIENT * WALK), np.int32)
    found = 0
    for k in range(len(words)):
        node = head[words[k]]
        steps = 0
        while node >= 0 and steps < WALK:
            slot = node // SALIENT
            if score[slot] == 0.0:
                met[found] = slot
                found += 1
                apart = abs(days[slot] - day) > within_days  # NaN (unknown) is never apart
                foreign = language >= 0 and languages[slot] >= 0 and languages[slot] != language
                if apart or foreign or not alive[slot] or slot == without:
                    score[slot] = -np.inf
            score[slot] += gains[k]
            node = after[node]
            steps += 1
    return met[:found]


@kernel
def _take_scores(met: Int32, ends: Int64, score: Float64) -> Float64:
    """Return the scores of the articles met, and clear them. A long article meets by chance: the square root
    of its different words stands in for its norm."""
    rough = np.empty(len(met))
    for i in range(len(met)):
        slot = met[i]
        rough[i] = score[slot] / np.sqrt(10.0 + ends[slot + 1] - ends[slot])
        score[slot] = 0.0
    return rough


@kernel
def _cosines(
    slots: Int32,
    numbers: Int32,
    weights: Float64,
    log_articles: float,
    log_frequency: Float64,
    all_numbers: Int32,
    all_counts: UInt8,
    all_places: UInt8,
    ends: Int64,
    weight: Float64,
) -> Float64:
    """Return the exact cosines of an article with those in the slots."""
    norm = 0.0
    for i in range(len(numbers)):
        weight[numbers[i]] = weights[i]
        norm += weights[i] * weights[i]
    cosines = np.empty(len(slots))
    for i in range(len(slots)):
        other = dot = 0.0
        for p in range(ends[slots[i]], ends[slots[i] + 1]):
            mine = weigh(all_numbers[p], all_counts[p], all_places[p], log_articles, log_frequency)
            other += mine * mine
            dot += mine * weight[all_numbers[p]]
        cosines[i] = dot / np.sqrt(norm * other + 1e-12)
    for i in range(len(numbers)):
        weight[numbers[i]] = 0.0
    return cosines
