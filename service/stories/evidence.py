"""What speaks for and against two articles reporting one event? Numbers with names, computed exactly.

Words are weighed by how rare they are in the window and by how few of the article's own nearest neighbours
use them: an office's title is rare in the world and common among these reports, and proves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from service.index.overlap import overlap_of
from service.index.rarity import BEGINNING, BEGINNING_WORDS, LEAD, NORM, TITLE, weigh
from service.index.rarity import NUMBERS as NUMBERS_SUM
from service.index.sketches import BODY, ITSELF, PASSAGES, array_of
from service.index.terms import CROWD, DAYS, renew_sums
from service.index.window import Around, Candidates, Window, WindowArrays, is_entered
from service.model import Bool, Float32, Float64, Int32, UInt8
from service.sketch.exact import MAX_RUNS
from service.sketch.jit import inner, kernel
from service.sketch.terms import IN_LEAD, IN_TITLE, IS_NUMBER
from service.stories.shared_text import JACCARD, RARITY, SHARES, Shared, containment_of, share
from service.stories.shared_text import WORDS as SHARED_WORDS
from service.stories.twins import ALIKE, places_apart

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
    "replaced": "places in which one text is the other with another name, date or number",
}
_WIDTH = len(FEATURES)
COLUMN = {name: index for index, name in enumerate(FEATURES)}
CONTRAST, BEGINS, STANDING, RAREST = (COLUMN[n] for n in ("contrast", "beginning", "standing", "rarest"))
TITLE_COSINE, TITLE_TOLD, UNTITLED = COLUMN["title_cosine"], COLUMN["title_told"], COLUMN["untitled"]
LEAD_COVER, LEAD_COVER_LEAST = COLUMN["lead_cover"], COLUMN["lead_cover_least"]
LEAD_TOLD_LEAST, NUMBERS, NUMBERS_APART = (COLUMN[n] for n in ("lead_told_least", "numbers", "numbers_apart"))
DAYS_APART, PASSAGE, COPIED = COLUMN["days_apart"], COLUMN["passage"], COLUMN["copied"]
REPLACED = COLUMN["replaced"]

# One shared number proves little, a year least; so much idf of numbers is half the proof that many would be.
ENOUGH_NUMBERS = 5.0

# DISCOUNT[n, c]: what is left of a word's weight when c of n neighbours use it; 1 in an empty window.
_n, _c = np.arange(CROWD + 1)[:, None], np.arange(CROWD + 2)[None, :]
DISCOUNT = np.clip(np.log((_n + 2.0) / (_c + 1.0)) / np.log(_n + 2.0), 0.0, 1.0)


class Measured(NamedTuple):
    """slots: int32 (n,) of the articles compared; features: float64 (n, len(FEATURES)); shares: float64 (n,
    SHARES), the text that each shares, zeros where none was looked for; runs: int32 (r, 3), passages of all
    as in `Shared`, those of a row from ends[row] to ends[row + 1]; articles: how many there were in the
    window; neighbours: how many of them, at most CROWD, the words were weighed against."""

    slots: Int32
    features: Float64
    shares: Float64
    runs: Int32
    ends: Int32
    articles: int
    neighbours: int

    def shared(self, row: int) -> Shared:
        """The text that the article of a row shares."""
        return Shared(self.shares[row], self.runs[self.ends[row] : self.ends[row + 1]])


def measure(window: Window, slot: int, found: Candidates) -> Measured:
    """Compare an article with all its candidates, in their order."""
    return _measured(window, slot, found, found.slots, found.near, found.textual)


def measure_against(
    window: Window, slot: int, found: Candidates, others: Sequence[int], textual: Bool
) -> Measured:
    """Compare an article with others in the window or staged there, against its own neighbourhood. textual:
    bool, like `others`, whose text is compared too."""
    return _measured(window, slot, found, np.array(others, np.int32), 0, textual)


def _measured(
    window: Window, slot: int, found: Candidates, others: Int32, near: int, textual: Bool
) -> Measured:
    rows = compare(slot, others, near, textual, found.around, window.arrays)
    return Measured(others, *rows, window.terms.articles, found.crowd)


# Sums over the words of article a after the discount: squared weights (contrast); of telling values, idf with
# the discount, the squares over the beginning and over the title (told), and the sum over the lead (opened).
_OF_CONTRAST, _OF_BEGINNING, _OF_TOLD, _OF_OPENED = range(4)

# What two articles have in common, summed up over the words that they share. Products of weights (dot), the
# same with the discount (contrast); squared idf of the words in both titles (title), idf of the words in a's
# lead, in b's, idf of the numbers. Of telling values the squares over both beginnings (beginning), over a's
# title, over b's (told), the sums over a's lead, over b's (opened), and the mean of the three largest
# (rarest). Out: what the sums of a change by when b is taken out of the crowd; lost: what those of b lose by
# the discount, in the order of _OF_CONTRAST and the rest; kept: what the shared words alone leave b of the
# first two; less cannot be left, though b's own sums may be a little late.
_SUMS = 22
_DOT, _CONTRAST, _TITLE, _LEAD_A, _LEAD_B, _NUMBERS = range(6)
_BEGINNING, _TOLD_A, _TOLD_B, _OPENED_A, _OPENED_B, _RAREST = range(6, 12)
_OUT, _LOST, _KEPT = 12, 16, 20


@kernel
def compare(
    slot: int, others: Int32, near: int, textual: Bool, around: Around, window: WindowArrays
) -> tuple[Float64, Float64, Int32, Int32]:
    """Compare an article with others, of which the first `near` are its nearest neighbours: the features,
    shares, runs and ends of `Measured`."""
    features = _words(slot, others, near, around, window)
    shares, ends = np.zeros((len(others), SHARES)), np.zeros(len(others) + 1, np.int32)
    runs = np.empty((MAX_RUNS * textual.sum(), 3), np.int32)
    rows = window[3]
    text = array_of(slot, BODY, rows), array_of(slot, PASSAGES, rows), around[5]
    for row in range(len(others)):
        ends[row + 1] = ends[row]
        if not textual[row]:
            continue
        other, share_of = others[row], shares[row]
        counted = int(is_entered(slot, window)) + int(is_entered(other, window))
        body, passages = array_of(other, BODY, rows), array_of(other, PASSAGES, rows)
        ends[row + 1] += share(text, body, passages, counted, share_of, runs[ends[row] :])
        features[row, PASSAGE] = np.log1p(share_of[RARITY] * share_of[SHARED_WORDS])
        features[row, COPIED] = share_of[RARITY] * containment_of(share_of)
        if share_of[JACCARD] >= ALIKE:
            features[row, REPLACED] = places_apart(slot, other, window)
    return features, shares, runs[: ends[-1]], ends


@inner
def _words(slot: int, slots: Int32, near: int, around: Around, window: WindowArrays) -> Float64:
    """Return one row of features for each of the slots, as far as words tell."""
    (places, idf, weights, flags, table, sums), neighbours, cosines, known, users, _ = around
    terms = window[0]
    (numbers, all_counts, all_places, ends), cards, all_sums, _, _, _, _ = terms
    renew_sums(slots[near:], terms)
    pairs, starts, counts = known
    other_pairs, other_starts, other_counts = overlap_of(slots[near:], flags, table, numbers, ends)
    crowd = neighbours[:CROWD]
    nearest = cosines[0] if len(cosines) else 0.0
    day = np.float64(cards[slot, DAYS])
    out = np.zeros((len(slots), _WIDTH))
    common, discount = np.empty(_SUMS), DISCOUNT[len(crowd)]
    telling = _telling(places, idf, weights, users, discount)
    for row in range(len(slots)):
        other = slots[row]
        own = 0  # an article is not its own crowd
        for member in crowd:
            own += member == window[3][other, ITSELF]
        if row < near:
            shared = pairs[starts[row] : starts[row] + counts[row]]
        else:
            start = other_starts[row - near]
            shared = other_pairs[start : start + other_counts[row - near]]
        span = slice(ends[other], ends[other + 1])
        _compare(
            shared, all_counts[span], all_places[span], places, idf, weights, discount, users, own, common
        )
        others = all_sums[other]
        _write_words(sums, telling, others, common, nearest, out[row])
        _write_titles_and_leads(sums, telling, others, common, out[row])
        _write_numbers_and_days(sums, others, common, abs(day - cards[other, DAYS]), out[row])
    return out


@inner
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


@inner
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
        out[_KEPT + _OF_CONTRAST] += value * value * left * left
        out[_KEPT + _OF_BEGINNING] += square * b_begins
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


@inner
def _write_words(
    a: Float64, telling: Float64, b: Float32, common: Float64, nearest: float, out: Float64
) -> None:
    cosine = common[_DOT] / np.sqrt(a[NORM] * b[NORM] + 1e-12)
    # b's own words keep their whole weight: what the crowd says of them is not asked.
    a_contrast = telling[_OF_CONTRAST] + common[_OUT + _OF_CONTRAST]
    b_contrast = max(b[NORM] - common[_LOST + _OF_CONTRAST], common[_KEPT + _OF_CONTRAST])
    out[CONTRAST] = _alike(common[_CONTRAST], a_contrast, b_contrast)
    a_begins = telling[_OF_BEGINNING] + common[_OUT + _OF_BEGINNING]
    b_begins = max(b[BEGINNING] - common[_LOST + _OF_BEGINNING], common[_KEPT + _OF_BEGINNING])
    out[BEGINS] = _alike(common[_BEGINNING], a_begins, b_begins)
    out[RAREST] = common[_RAREST]
    out[STANDING] = cosine / max(nearest, cosine, 1e-9)


@inner
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


@inner
def _alike(dot: float, a: float, b: float) -> float:
    """A cosine, from squared norms that may have lost all but rounding."""
    return float(min(1.0, dot / np.sqrt(a * b + 1e-12)))


@inner
def _part(some: float, whole: float) -> float:
    """Of nothing telling, nothing is repeated."""
    return min(1.0, some / whole) if whole > 1e-6 else 0.0


@inner
def _write_numbers_and_days(a: Float64, b: Float32, common: Float64, apart: float, out: Float64) -> None:
    fewer = min(a[NUMBERS_SUM], np.float64(b[NUMBERS_SUM]))
    if fewer > 0.0:
        shared = min(common[_NUMBERS], fewer)
        out[NUMBERS] = shared / (fewer + ENOUGH_NUMBERS)
        out[NUMBERS_APART] = fewer - shared
    if apart >= 0.0:  # NaN where one of them is not dated
        out[DAYS_APART] = apart
