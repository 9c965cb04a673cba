"""What speaks for and against two articles reporting one event? Numbers with names, computed exactly.

Words are weighed by how rare they are in the window and by how few of the article's own nearest neighbours
use them: an office's title is rare in the world and common among these reports, and proves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from service.index.memory import ask_for, prefetch
from service.index.overlap import overlap_of
from service.index.rarity import BEGINNING, BEGINNING_WORDS, LEAD, NORM, TITLE, Laid, Words, weigh
from service.index.rarity import NUMBERS as NUMBERS_SUM
from service.index.sketches import BODY, ITSELF, PASSAGES, array_of, shingles_of
from service.index.sketches import WIDTH as SKETCH
from service.index.terms import CROWD, DAYS, renew_sums
from service.index.window import Around, Candidates, Window, WindowArrays, is_entered
from service.model import Bool, Float32, Float64, Int32, Int64, UInt8
from service.sketch.exact import MAX_RUNS, MIN_RUN, lay_out_text
from service.sketch.jit import inner, kernel, tight
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


# 1 where a word of these places is in the title, in the lead or a number; 1 for each word of the beginning,
# and 0 for all behind it.
_places = np.arange(8, dtype=np.uint8)
_TITLED, _LED, _NUMBERED = (((_places & bit) != 0) * 1.0 for bit in (IN_TITLE, IN_LEAD, IS_NUMBER))
_LATE = np.uint32(BEGINNING_WORDS)
_BEGUN = (np.arange(BEGINNING_WORDS + 1) < BEGINNING_WORDS) * 1.0

# The query of a comparison: its words laid out, their sums after the discount, how many of the crowd use
# each, the discount, the crowd, where sketches lie, its day, and the cosine of its nearest neighbour. And
# what is read of the window's articles: their words, cards and sums.
_Query = tuple[Laid, Float64, Int32, Float64, Int32, Int64, float, float]
_Index = tuple[Words, Float32, Float32]


@kernel
def compare(
    slot: int, others: Int32, near: int, textual: Bool, around: Around, window: WindowArrays
) -> tuple[Float64, Float64, Int32, Int32]:
    """Compare an article with others, of which the first `near` are its nearest neighbours: the features,
    shares, runs and ends of `Measured`."""
    rows, cards = window[3], window[0][1]
    _ask_for_texts(others, textual, rows)
    features = _words(slot, others, near, around, window)
    shares, ends = np.zeros((len(others), SHARES)), np.zeros(len(others) + 1, np.int32)
    runs = np.empty((MAX_RUNS * textual.sum(), 3), np.int32)
    body = array_of(slot, BODY, rows)
    layout = lay_out_text(body if textual.any() else body[:0], MIN_RUN)
    text = body, array_of(slot, PASSAGES, rows), around[5], layout
    for row in range(len(others)):
        ends[row + 1] = ends[row]
        if not textual[row]:
            continue
        other, share_of = others[row], shares[row]
        counted = int(is_entered(slot, cards, rows)) + int(is_entered(other, cards, rows))
        its = array_of(other, BODY, rows), array_of(other, PASSAGES, rows), shingles_of(other, rows)
        ends[row + 1] += share(text, its, counted, share_of, runs[ends[row] :])
        features[row, PASSAGE] = np.log1p(share_of[RARITY] * share_of[SHARED_WORDS])
        features[row, COPIED] = share_of[RARITY] * containment_of(share_of)
        if share_of[JACCARD] >= ALIKE:
            features[row, REPLACED] = places_apart(slot, other, window)
    return features, shares, runs[: ends[-1]], ends


@inner
def _ask_for_texts(others: Int32, textual: Bool, rows: Int64) -> None:
    """Have what will be compared of texts fetched, while words are."""
    texts = others[textual]
    for other in texts:
        prefetch(rows, other * SKETCH + BODY)
        prefetch(rows, other * SKETCH + PASSAGES)
    for other in texts:
        ask_for(array_of(other, BODY, rows))
        ask_for(array_of(other, PASSAGES, rows))


@inner
def _words(slot: int, slots: Int32, near: int, around: Around, window: WindowArrays) -> Float64:
    """Return one row of features for each of the slots, as far as words tell."""
    laid, neighbours, cosines, known, users, _ = around
    terms, rows = window[0], window[3]
    words, cards, all_sums, _, _, _, _ = terms
    for other in slots:
        prefetch(rows, other * SKETCH + ITSELF)
    renew_sums(slots[near:], terms)
    others = overlap_of(slots[near:], laid[3], laid[4], words)
    crowd = neighbours[:CROWD]
    discount, telling = DISCOUNT[len(crowd)], np.zeros(4)
    _add_telling(laid, users, discount, telling)
    nearest = cosines[0] if len(cosines) else 0.0
    query = laid, telling, users, discount, crowd, rows, np.float64(cards[slot, DAYS]), nearest
    index = words, cards, all_sums
    out, common = np.zeros((len(slots), _WIDTH)), np.empty(_SUMS)
    _write_rows(slots[:near], known, query, index, common, out)
    _write_rows(slots[near:], others, query, index, common, out[near:])
    return out


@tight
def _write_rows(
    slots: Int32,
    shared: tuple[Int32, Int32, Int32],
    query: _Query,
    index: _Index,
    common: Float64,
    out: Float64,
) -> None:
    """Write the features of articles that share these words with the query, see `Overlap`."""
    (places, idf, weights, _, _, sums), telling, users, discount, crowd, rows, day, nearest = query
    (_, all_counts, all_places, ends), cards, all_sums = index
    pairs, starts, counts = shared
    for row in range(len(slots)):
        other = slots[row]
        itself, own = rows[other, ITSELF], 0  # an article is not its own crowd
        for member in crowd:
            own += member == itself
        both, span = pairs[starts[row] : starts[row] + counts[row]], slice(ends[other], ends[other + 1])
        _compare(both, all_counts[span], all_places[span], places, idf, weights, discount, users, own, common)
        others = all_sums[other]
        _write_words(sums, telling, others, common, nearest, out[row])
        _write_titles_and_leads(sums, telling, others, common, out[row])
        _write_numbers_and_days(sums, others, common, abs(day - cards[other, DAYS]), out[row])


@tight
def _add_telling(laid: Laid, users: Int32, discount: Float64, sums: Float64) -> None:
    """Add up the words of article a after the discount."""
    places, idfs, weights, _, _, _ = laid
    for i in range(len(idfs)):
        left = discount[users[i]]
        telling = idfs[i] * left
        sums[_OF_CONTRAST] += (weights[i] * left) ** 2
        sums[_OF_BEGINNING] += telling * telling * (i < BEGINNING_WORDS)
        sums[_OF_TOLD] += telling * telling * ((places[i] & IN_TITLE) != 0)
        sums[_OF_OPENED] += telling * ((places[i] & IN_LEAD) != 0)


@tight
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
    """Add up the words of article b that article a, the query, has too.

    Nothing is written before all are added up, and no branch asks where a word stands: to wait for what was
    written, or to guess wrong, takes longer than all the sums.
    """
    dot = contrast = title = lead_a = lead_b = numbers = first = second = third = 0.0
    beginning = told_a = told_b = opened_a = opened_b = 0.0
    out_contrast = out_beginning = out_told = out_opened = 0.0
    lost_contrast = lost_beginning = lost_told = lost_opened = kept_contrast = kept_beginning = 0.0
    for k in range(len(shared)):
        p, at = np.uint32(shared[k, 0]), np.uint32(shared[k, 1])  # unsigned: not tested for being negative
        idf, mine, here, there = idfs[at], weights[at], places[at], all_places[p]
        value = weigh(idf, counts[p], there)
        left, crowded = discount[users[at] - own], discount[users[at]]
        telling, less = idf * left, idf * crowded
        plain, square = idf * idf, telling * telling
        more = square - less * less
        a_title, a_lead, a_begins = _TITLED[here], _LED[here], _BEGUN[min(at, _LATE)]
        b_title, b_lead, b_begins = _TITLED[there], _LED[there], _BEGUN[min(p, _LATE)]
        dot += value * mine
        contrast += value * mine * left * left
        title += plain * (b_title * a_title)
        lead_a += idf * a_lead
        lead_b += idf * b_lead
        numbers += idf * _NUMBERED[there]
        beginning += square * (a_begins * b_begins)
        told_a += square * a_title
        told_b += square * b_title
        opened_a += telling * a_lead
        opened_b += telling * b_lead
        lost_contrast += value * value * (1.0 - left * left)
        kept_contrast += value * value * left * left
        kept_beginning += square * b_begins
        lost_beginning += (plain - square) * b_begins
        lost_told += (plain - square) * b_title
        lost_opened += (idf - telling) * b_lead
        out_contrast += mine * mine * (left * left - crowded * crowded)
        out_beginning += more * a_begins
        out_told += more * a_title
        out_opened += (telling - less) * a_lead
        third = max(third, min(telling, second))
        second = max(second, min(telling, first))
        first = max(first, telling)
    out[_DOT], out[_CONTRAST], out[_TITLE] = dot, contrast, title
    out[_LEAD_A], out[_LEAD_B], out[_NUMBERS], out[_BEGINNING] = lead_a, lead_b, numbers, beginning
    out[_TOLD_A], out[_TOLD_B], out[_OPENED_A], out[_OPENED_B] = told_a, told_b, opened_a, opened_b
    out[_OUT + _OF_CONTRAST], out[_LOST + _OF_CONTRAST] = out_contrast, lost_contrast
    out[_OUT + _OF_BEGINNING], out[_LOST + _OF_BEGINNING] = out_beginning, lost_beginning
    out[_OUT + _OF_TOLD], out[_LOST + _OF_TOLD] = out_told, lost_told
    out[_OUT + _OF_OPENED], out[_LOST + _OF_OPENED] = out_opened, lost_opened
    out[_KEPT + _OF_CONTRAST], out[_KEPT + _OF_BEGINNING] = kept_contrast, kept_beginning
    out[_RAREST] = (first + second + third) / 3.0


@tight
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


@tight
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


@tight
def _alike(dot: float, a: float, b: float) -> float:
    """A cosine, from squared norms that may have lost all but rounding."""
    return float(min(1.0, dot / np.sqrt(a * b + 1e-12)))


@tight
def _part(some: float, whole: float) -> float:
    """Of nothing telling, nothing is repeated."""
    return min(1.0, some / whole) if whole > 1e-6 else 0.0


@tight
def _write_numbers_and_days(a: Float64, b: Float32, common: Float64, apart: float, out: Float64) -> None:
    fewer = min(a[NUMBERS_SUM], np.float64(b[NUMBERS_SUM]))
    if fewer > 0.0:
        shared = min(common[_NUMBERS], fewer)
        out[NUMBERS] = shared / (fewer + ENOUGH_NUMBERS)
        out[NUMBERS_APART] = fewer - shared
    if apart >= 0.0:  # NaN where one of them is not dated
        out[DAYS_APART] = apart
