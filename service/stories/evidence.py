"""What speaks for and against two articles reporting one event? Numbers with names, computed exactly.

Words are weighed by how rare they are in the window and by how few of the article's own nearest neighbours
use them: an office's title is rare in the world and common among these reports, and proves nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from service.index.overlap import overlap_of
from service.index.terms import (
    BEGINNING,
    BEGINNING_WORDS,
    CROWD,
    DAYS,
    LEAD,
    NORM,
    TITLE,
    Laid,
    Look,
    Words,
    weigh,
)
from service.index.terms import NUMBERS as NUMBERS_SUM
from service.index.window import Candidates, Window
from service.model import Float32, Float64, Int32, Int64, UInt8, WindowArticle
from service.sketch.jit import kernel
from service.sketch.terms import IN_LEAD, IN_TITLE, IS_NUMBER
from service.stories.shared_text import Shared, share

# The columns of a measurement, in order, and what each says in words. Telling words are rare ones that few of
# the article's neighbours use.
FEATURES: dict[str, str] = {
    "contrast": "how alike the words of the two reports are, telling words counting more",
    "beginning": "how alike their beginnings are, title and first sentence, telling words counting more",
    "title_cosine": "how alike the two titles are",
    "title_told": "the part of one title's telling words that the other report repeats",
    "lead_cover": "the part of one opening that the other report repeats",
    "lead_cover_least": "the part of either opening that the other report repeats at least",
    "lead_told_least": "the part of either opening's telling words that the other report repeats at least",
    "rarest": "how telling their three most telling common words are",
    "numbers": "how many of the numbers both give",
    "numbers_apart": "numbers that one gives and the other does not",
    "days_apart": "days between the two publications",
    "untitled": "one of the reports has no title",
    "standing": "how near this report is, compared with the nearest one",
    "passage": "words in passages that both carry and few others do",
    "copied": "the part of one text that stands in the other and in few others",
}
_WIDTH = len(FEATURES)
COLUMN = {name: index for index, name in enumerate(FEATURES)}
CONTRAST, BEGINS, STANDING, RAREST = (COLUMN[n] for n in ("contrast", "beginning", "standing", "rarest"))
TITLE_COSINE, TITLE_TOLD, UNTITLED = COLUMN["title_cosine"], COLUMN["title_told"], COLUMN["untitled"]
LEAD_COVER, LEAD_COVER_LEAST = COLUMN["lead_cover"], COLUMN["lead_cover_least"]
LEAD_TOLD_LEAST, NUMBERS, NUMBERS_APART = (COLUMN[n] for n in ("lead_told_least", "numbers", "numbers_apart"))
DAYS_APART, PASSAGE, COPIED = COLUMN["days_apart"], COLUMN["passage"], COLUMN["copied"]

# One shared number proves little, a year least; so much idf of numbers is half the proof that many would be.
ENOUGH_NUMBERS = 5.0

# DISCOUNT[n, c]: what is left of a word's weight when c of n neighbours use it; 1 in an empty window.
_n, _c = np.arange(CROWD + 1)[:, None], np.arange(CROWD + 2)[None, :]
DISCOUNT = np.clip(np.log((_n + 2.0) / (_c + 1.0)) / np.log(_n + 2.0), 0.0, 1.0)


class Measured(NamedTuple):
    """slots: int32 (n,) of the articles compared; features: float64 (n, len(FEATURES)); certain: float64
    (n,), the probability that arithmetic gives to a copy, 0 for others; shared: what text each of them
    shares, for those that may share some; articles: how many there were in the window; neighbours: how many
    of them, at most CROWD, the words were weighed against."""

    slots: Int32
    features: Float64
    certain: Float64
    shared: dict[int, Shared]
    articles: int
    neighbours: int

    def and_more(self, more: Measured) -> Measured:
        """These and further articles, measured with the same."""
        return self._replace(
            slots=np.concatenate((self.slots, more.slots)),
            features=np.concatenate((self.features, more.features)),
            certain=np.concatenate((self.certain, more.certain)),
            shared={**self.shared, **more.shared},
        )

    def rows(self, kept: Int64) -> Measured:
        """Some of the rows."""
        return self._replace(slots=self.slots[kept], features=self.features[kept], certain=self.certain[kept])


class Measure:
    """Compares one article with articles of the window, against the article's own neighbourhood there."""

    def __init__(self, window: Window, item: WindowArticle, look: Look, candidates: Candidates) -> None:
        self._window, self._item, self._look, self._candidates = window, item, look, candidates
        slots, cosines, _, _ = candidates.neighbours
        self._crowd = slots[:CROWD]
        self._nearest = float(cosines[0]) if len(cosines) else 0.0

    def candidates(self) -> Measured:
        """Compare with all candidates, in their order."""
        return self._measured(self._candidates.slots, self._candidates.near)

    def against(self, slots: Sequence[int]) -> Measured:
        """Compare with the articles in these slots; text is compared only with candidates by text."""
        return self._measured(slots)

    def one(self, slot: int, other: WindowArticle) -> Measured:
        """Compare with one article in all ways; it lies in `slot`, or was staged there."""
        return self._measured([slot], texts={0: other})

    def _texts(self, slots: Sequence[int]) -> dict[int, WindowArticle]:
        """The candidates by text among these, by row."""
        texts = self._candidates.texts
        return (
            {row: self._window.item(slot) for row, slot in enumerate(slots) if slot in texts} if texts else {}
        )

    def _measured(
        self, wanted: Sequence[int], near: int = 0, texts: Mapping[int, WindowArticle] | None = None
    ) -> Measured:
        """Compare with articles of which the first `near` are the nearest neighbours."""
        slots = np.array(wanted, np.int32)
        features, certain, shared = self._features(slots, near), np.zeros(len(slots)), {}
        for row, other in (self._texts(wanted) if texts is None else texts).items():
            text = self._share(other)
            shared[wanted[row]] = text
            features[row, PASSAGE] = math.log1p(text.rare_words)
            features[row, COPIED] = text.rarity * text.containment
            certain[row] = text.certainty
        return Measured(slots, features, certain, shared, self._window.terms.articles, len(self._crowd))

    def _share(self, other: WindowArticle) -> Shared:
        counted = self._candidates.counted + (other.article_id in self._window)
        return share(self._item.sketch, other.sketch, self._candidates.carriers, counted)

    def _features(self, slots: Int32, near: int) -> Float64:
        terms, look, neighbours = self._window.terms, self._look, self._candidates.neighbours
        terms.renew(slots[near:])
        return _measure(
            slots, near, neighbours.overlap[:], look[1:], look.query.days, neighbours.users,
            self._crowd, self._nearest, terms.words, terms.cards, terms.sums,
        )  # fmt: skip


# Sums over the words of article a after the discount: squared weights (contrast); of telling values, idf with
# the discount, the squares over the beginning and over the title (told), and the sum over the lead (opened).
_OF_CONTRAST, _OF_BEGINNING, _OF_TOLD, _OF_OPENED = range(4)

# What two articles have in common, summed up over the words that they share. Products of weights (dot), the
# same with the discount (contrast); squared idf of the words in both titles (title), idf of the words in a's
# lead, in b's, idf of the numbers. Of telling values the squares over both beginnings (beginning), over a's
# title, over b's (told), the sums over a's lead, over b's (opened), and the mean of the three largest
# (rarest). Out: what the sums of a change by when b is taken out of the crowd; lost: what those of b lose by
# the discount, in the order of _OF_CONTRAST and the rest.
_SUMS = 20
_DOT, _CONTRAST, _TITLE, _LEAD_A, _LEAD_B, _NUMBERS = range(6)
_BEGINNING, _TOLD_A, _TOLD_B, _OPENED_A, _OPENED_B, _RAREST = range(6, 12)
_OUT, _LOST = 12, 16


@kernel
def _measure(
    slots: Int32,
    near: int,
    overlap: tuple[Int32, Int32, Int32],
    look: Laid,
    day: float,
    users: Int32,
    crowd: Int32,
    nearest: float,
    words: Words,
    cards: Float32,
    all_sums: Float32,
) -> Float64:
    """Return one row of features for each slot; `overlap` has the words shared with the first `near`."""
    places, idf, weights, flags, table, sums = look
    numbers, all_counts, all_places, ends = words
    known, known_starts, known_counts = overlap
    others, other_starts, other_counts = overlap_of(slots[near:], flags, table, numbers, ends)
    out = np.zeros((len(slots), _WIDTH))
    common, discount = np.empty(_SUMS), DISCOUNT[len(crowd)]
    telling = _telling(places, idf, weights, users, discount)
    for row in range(len(slots)):
        slot = slots[row]
        own = 0  # an article is not its own crowd
        for member in crowd:
            own += member == slot
        if row < near:
            shared = known[known_starts[row] : known_starts[row] + known_counts[row]]
        else:
            start = other_starts[row - near]
            shared = others[start : start + other_counts[row - near]]
        span = slice(ends[slot], ends[slot + 1])
        _compare(
            shared, all_counts[span], all_places[span], places, idf, weights, discount, users, own, common
        )
        other = all_sums[slot]
        _write_words(sums, telling, other, common, nearest, out[row])
        _write_titles_and_leads(sums, telling, other, common, out[row])
        _write_numbers_and_days(sums, other, common, abs(day - cards[slot, DAYS]), out[row])
    return out


@kernel
def _telling(places: UInt8, idfs: Float64, weights: Float64, users: Int32, discount: Float64) -> Float64:
    """Add up the words of article a after the discount."""
    sums = np.zeros(4)
    for i in range(len(idfs)):
        left = discount[users[i]]
        telling = idfs[i] * left
        sums[_OF_CONTRAST] += (weights[i] * left) ** 2
        sums[_OF_BEGINNING] += telling * telling * (i < BEGINNING_WORDS)
        sums[_OF_TOLD] += telling * telling * ((places[i] & IN_TITLE) != 0)
        sums[_OF_OPENED] += telling * ((places[i] & IN_LEAD) != 0)
    return sums


@kernel
def _compare(
    shared: Int32,
    counts: UInt8,
    all_places: UInt8,
    places: UInt8,
    idfs: Float64,
    weights: Float64,
    discount: Float64,
    users: Int32,
    own: int,
    out: Float64,
) -> None:
    """Add up the words of article b that article a, the query, has too."""
    out[:] = 0.0
    first = second = third = 0.0
    for k in range(len(shared)):
        p, at = shared[k, 0], shared[k, 1]
        idf, mine, here, there = idfs[at], weights[at], places[at], all_places[p]
        value = weigh(idf, counts[p], there)
        left = discount[users[at] - own]
        telling = idf * left
        plain, square = idf * idf, telling * telling
        b_title, a_title = (there & IN_TITLE) != 0, (here & IN_TITLE) != 0
        b_lead, a_lead = (there & IN_LEAD) != 0, (here & IN_LEAD) != 0
        b_begins, a_begins = p < BEGINNING_WORDS, at < BEGINNING_WORDS
        out[_DOT] += value * mine
        out[_CONTRAST] += value * mine * left * left
        out[_TITLE] += plain * (b_title and a_title)
        out[_LEAD_A] += idf * a_lead
        out[_LEAD_B] += idf * b_lead
        out[_NUMBERS] += idf * ((there & IS_NUMBER) != 0)
        out[_BEGINNING] += square * (a_begins and b_begins)
        out[_TOLD_A] += square * a_title
        out[_TOLD_B] += square * b_title
        out[_OPENED_A] += telling * a_lead
        out[_OPENED_B] += telling * b_lead
        out[_LOST + _OF_CONTRAST] += value * value * (1.0 - left * left)
        out[_LOST + _OF_BEGINNING] += (plain - square) * b_begins
        out[_LOST + _OF_TOLD] += (plain - square) * b_title
        out[_LOST + _OF_OPENED] += (idf - telling) * b_lead
        if own:
            crowded = discount[users[at]]
            more = square - (idf * crowded) ** 2
            out[_OUT + _OF_CONTRAST] += mine * mine * (left * left - crowded * crowded)
            out[_OUT + _OF_BEGINNING] += more * a_begins
            out[_OUT + _OF_TOLD] += more * a_title
            out[_OUT + _OF_OPENED] += (telling - idf * crowded) * a_lead
        if telling > first:
            first, second, third = telling, first, second
        elif telling > second:
            second, third = telling, second
        elif telling > third:
            third = telling
    out[_RAREST] = (first + second + third) / 3.0


@kernel
def _write_words(
    a: Float64, telling: Float64, b: Float32, common: Float64, nearest: float, out: Float64
) -> None:
    cosine = common[_DOT] / np.sqrt(a[NORM] * b[NORM] + 1e-12)
    # b's own words keep their whole weight: what the crowd says of them is not asked.
    a_contrast = telling[_OF_CONTRAST] + common[_OUT + _OF_CONTRAST]
    out[CONTRAST] = _alike(common[_CONTRAST], a_contrast, b[NORM] - common[_LOST + _OF_CONTRAST])
    a_begins = telling[_OF_BEGINNING] + common[_OUT + _OF_BEGINNING]
    out[BEGINS] = _alike(common[_BEGINNING], a_begins, b[BEGINNING] - common[_LOST + _OF_BEGINNING])
    out[RAREST] = common[_RAREST]
    out[STANDING] = cosine / max(nearest, cosine, 1e-9)


@kernel
def _write_titles_and_leads(a: Float64, telling: Float64, b: Float32, common: Float64, out: Float64) -> None:
    if a[TITLE] > 0.0 and b[TITLE] > 0.0:
        out[TITLE_COSINE] = common[_TITLE] / np.sqrt(a[TITLE] * b[TITLE])
        told_a = _part(common[_TOLD_A], telling[_OF_TOLD] + common[_OUT + _OF_TOLD])
        out[TITLE_TOLD] = max(told_a, _part(common[_TOLD_B], b[TITLE] - common[_LOST + _OF_TOLD]))
    else:
        out[UNTITLED] = 1.0
    lead_a, lead_b = _part(common[_LEAD_A], a[LEAD]), _part(common[_LEAD_B], b[LEAD])
    out[LEAD_COVER], out[LEAD_COVER_LEAST] = max(lead_a, lead_b), min(lead_a, lead_b)
    opened_a = _part(common[_OPENED_A], telling[_OF_OPENED] + common[_OUT + _OF_OPENED])
    out[LEAD_TOLD_LEAST] = min(opened_a, _part(common[_OPENED_B], b[LEAD] - common[_LOST + _OF_OPENED]))


@kernel
def _alike(dot: float, a: float, b: float) -> float:
    """A cosine, from squared norms that may have lost all but rounding."""
    return float(min(1.0, dot / np.sqrt(a * max(b, 0.0) + 1e-12)))


@kernel
def _part(some: float, whole: float) -> float:
    """Of nothing telling, nothing is repeated."""
    return min(1.0, some / whole) if whole > 1e-6 else 0.0


@kernel
def _write_numbers_and_days(a: Float64, b: Float32, common: Float64, apart: float, out: Float64) -> None:
    fewer = min(a[NUMBERS_SUM], np.float64(b[NUMBERS_SUM]))
    if fewer > 0.0:
        shared = min(common[_NUMBERS], fewer)
        out[NUMBERS] = shared / (fewer + ENOUGH_NUMBERS)
        out[NUMBERS_APART] = fewer - shared
    if apart >= 0.0:  # NaN where one of them is not dated
        out[DAYS_APART] = apart
