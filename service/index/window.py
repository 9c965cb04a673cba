"""Who might be related to this article? The three indexes over the articles of the window, kept in step.

Copies and passages answer by shared text, terms by shared subject. A candidate is only a candidate: what it
is worth is for `stories.evidence` to say.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from typing import NamedTuple

import numpy as np

from service.index import sketches
from service.index.articles import Articles
from service.index.copies import (
    CopiesArrays,
    CopiesIndex,
    enter_copy,
    find_by_keys,
    have_ring_room,
    keys_entered,
    keys_of,
)
from service.index.memory import roomier
from service.index.passages import (
    PassagesArrays,
    PassagesIndex,
    enter_passages,
    find_passages,
    have_room,
)
from service.index.rarity import Laid, lay_out, log_articles_of
from service.index.sketches import BODY, ITSELF, PASSAGES, SIGNATURE, TITLE, array_of, flags_of
from service.index.terms import (
    ARTICLES,
    CROWD,
    DAYS,
    LANGUAGE,
    SCALE,
    TermsArrays,
    TermsIndex,
    comparable,
    count_terms,
    enter_terms,
    lay_down,
    may_compare,
    neighbours_of,
    words_of,
)
from service.index.texts import Texts, words_kept
from service.index.vocabulary import number_words
from service.model import Bool, Float32, Float64, Int32, Int64, UInt8, UInt32, WindowArticle
from service.settings import Settings
from service.sketch.jit import inner, kernel, tight
from service.sketch.sketch import Sketcher
from service.sketch.terms import collect

DAY = 86_400.0
# A neighbour under this part of the nearest one's cosine is hardly ever the same event: on the dev sets a
# third of the pairs lie there, and one in a hundred of the same-event ones.
FAR = 0.2
TEXTUAL = 16  # candidates taken from each of the two text indexes
# Passages that two articles must share to be compared as texts: winnowing grants so many to a run of 16
# words, and most runs of 12 have them.
LEAST_PASSAGES = 3

STAGED = 128  # articles laid down at once: room is made for as many new words as they have words

# What the kernels see: the three indexes and where the sketches lie.
WindowArrays = tuple[TermsArrays, CopiesArrays, PassagesArrays, Int64]
Limits = tuple[float, float]  # window_days, copy_days

# What stands around an article: its words laid out; its neighbours, most similar first, and their cosines;
# the words they share with it, see `overlap.Overlap`; how many of the crowd use each of its words; and how
# many articles carry each of its passages, see `passages.Found`.
Around = tuple[Laid, Int32, Float64, tuple[Int32, Int32, Int32], Int32, UInt8]


class Candidates(NamedTuple):
    """slots: int32 (n,), those worth comparing, near neighbours first; near: how many are these; textual:
    bool (n,), which of all may share text with the article; around: what its words are weighed against."""

    slots: Int32
    near: int
    textual: Bool
    around: Around

    @property
    def neighbours(self) -> Int32:
        """All neighbours by subject, also those not worth comparing."""
        return self.around[1]

    @property
    def texts(self) -> Int32:
        """The slots of those that may share text."""
        return self.slots[self.textual]

    @property
    def crowd(self) -> int:
        """How many neighbours the words are weighed against."""
        return min(CROWD, len(self.neighbours))


class Window:
    """The articles that a new one is compared with. Each lies in a slot, a number that grows with arrival.

    An article is first staged: laid down behind the last one, where it can be measured. Then it is entered
    in its turn; or, staged during a `visit`, forgotten. Not for use from several threads at once.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._clear()

    def _clear(self) -> None:
        self.terms = TermsIndex()
        self._copies = CopiesIndex(self._settings.bands, self._settings.rows)
        self._passages = PassagesIndex()
        self._sketches: Int64 = np.zeros((1024, sketches.WIDTH), np.int64)
        self._articles = Articles()  # staged ones too
        self._staged: dict[int, WindowArticle] = {}
        self._texts = Texts()  # of those that were entered
        self._slots: dict[str, int] = {}
        self._languages: dict[str, int] = {}
        self._oldest = 0  # all slots before this one are empty

    def __contains__(self, article_id: str) -> bool:
        return article_id in self._slots

    def __len__(self) -> int:
        return len(self._slots)

    def __iter__(self) -> Iterator[str]:
        """The ids of the articles in their order."""
        return iter(self._slots)

    @property
    def arrays(self) -> WindowArrays:
        """What kernels work on, until the next article is staged."""
        return self.terms.arrays, self._copies.arrays, self._passages.arrays, self._sketches

    @property
    def limits(self) -> Limits:
        """Days that two articles may be apart."""
        return self._settings.window_days, self._settings.copy_days

    def slot(self, article_id: str) -> int:
        """The slot of an article that is in the window."""
        return self._slots[article_id]

    def id(self, slot: int) -> str:
        """The id of the article in a slot that a candidate list named."""
        article_id = self._articles.id(slot)
        assert article_id is not None, "candidates are live"  # noqa: S101
        return article_id

    def item(self, slot: int) -> WindowArticle:
        """The article in a slot that a candidate list named. Of one that was entered, all but its words is
        computed again; its anchors are not kept here."""
        if slot in self._staged:
            return self._staged[slot]
        title, body, flags, _ = words_kept(slot, self._sketches)
        return self._articles.item(slot, self._sketcher.again(title, body, flags))

    @cached_property
    def _sketcher(self) -> Sketcher:
        return Sketcher(self._settings.sketch_parameters())

    def stage(self, *items: WindowArticle) -> int:
        """Lay articles down behind the last one; returns the first one's slot."""
        first = len(self._articles)
        for start in range(0, len(items), STAGED):
            self._stage(items[start : start + STAGED])
        return first

    def _stage(self, items: Sequence[WindowArticle]) -> None:
        for item in items:
            self._copies.check(item.sketch.signature)
        first = len(self._articles)
        for slot, item in enumerate(items, first):
            self._articles.append(item)
            self._staged[slot] = item
        self._make_room(first, items)
        days, languages = np.empty(len(items)), np.empty(len(items), np.int64)
        for i, item in enumerate(items):
            slot = first + i
            sketches.put(slot, self._slots.get(item.article_id, slot), item.sketch, self._sketches)
            days[i] = math.nan if item.published_at is None else item.published_at / DAY
            languages[i] = -1
            if item.lang_certain:
                languages[i] = self._languages.setdefault(item.lang, len(self._languages))
        _lay_down_all(first, days, languages, self.arrays)

    def _make_room(self, first: int, items: Sequence[WindowArticle]) -> None:
        self.terms.make_room(first, len(items), sum(len(item.sketch.flags) for item in items))
        while len(self._sketches) < len(self._articles):
            self._sketches = roomier(self._sketches, 2 * len(self._sketches))

    @contextmanager
    def visit(self) -> Iterator[None]:
        """Articles staged meanwhile, and their words, are forgotten again."""
        known = self.terms.vocabulary.size
        try:
            yield
        finally:
            self._articles.cut(self.terms.size)
            self._staged.clear()
            self.terms.vocabulary.forget(known)

    def entered(self, slots: range) -> None:
        """Know articles by id that a kernel has entered, keep their words, and have room for the next one
        that is staged."""
        self._texts.keep(slots.start, slots.stop, self._sketches)
        for slot in slots:
            self._slots[self._staged.pop(slot).article_id] = slot
        self._make_room_behind(slots)

    def add(self, *items: WindowArticle, counted_first: bool = False) -> None:
        """Enter matchable articles. `counted_first`: rarity knows of all of them before one is entered."""
        entered = self.stage(*items)
        if counted_first:
            _count_all(entered, len(self._articles), self.arrays)
        while entered < len(self._articles):
            first, last = entered, min(entered + STAGED, len(self._articles))
            self.terms.make_room_to_enter(last - first)
            entered = _enter_all(first, last, counted_first, self.arrays)
            self.entered(range(first, entered))

    def fill(self, items: Iterable[WindowArticle]) -> None:
        """`add` with `counted_first` to an empty window, for so many that all their sketches would take more
        memory than the window: each is let go of once its words are here."""
        signatures: list[UInt32] = []
        coming = iter(items)
        while some := list(islice(coming, STAGED)):
            first = self.stage(*some)
            self._texts.keep(first, len(self._articles), self._sketches)
            self._staged.clear()
            signatures += [item.sketch.signature.copy() for item in some]
            for slot in range(first, len(signatures)):
                sketches.put_signature(slot, signatures[slot], self._sketches)
        _count_all(0, len(self._articles), self.arrays)
        entered = 0
        while entered < len(self._articles):
            first, last = entered, min(entered + STAGED, len(self._articles))
            self.terms.make_room_to_enter(last - first)
            entered = _enter_all(first, last, True, self.arrays)
            for slot in range(first, entered):
                self._slots[self.id(slot)] = slot
            self._make_room_behind(range(first, entered))
        self._sketches[: len(signatures), SIGNATURE : SIGNATURE + 2] = 0

    def _make_room_behind(self, slots: range) -> None:
        """Have room to enter the article that lies behind these, if there is one."""
        if slots.stop < len(self._articles):
            self._copies.make_room()
            self._passages.make_room(int(self._sketches[slots.stop, PASSAGES + 1]))

    def body(self, slot: int) -> UInt32:
        """The words of the main story of an article that was entered."""
        return words_kept(slot, self._sketches)[1]

    def candidates(self, slot: int) -> Candidates:
        """Everything in the window that may be related to an article, itself left out."""
        wanted, near, textual, around = candidates_of(slot, self.limits, self.arrays)
        return Candidates(wanted, near, textual, around)

    def comparable(self, a: int, b: int, within_days: float) -> bool:
        """Whether two articles may be compared: published at most so many days apart as far as is known, and
        not in two languages that are both certain."""
        cards = self.terms.cards
        return bool(may_compare(a, (float(cards[b, DAYS]), int(cards[b, LANGUAGE]), within_days, -1), cards))

    def remove(self, article_id: str) -> None:
        """Take an article out; one that is not there is no error."""
        slot = self._slots.pop(article_id, None)
        if slot is not None:
            self._copies.remove(slot)
            self._passages.remove(slot, words_kept(slot, self._sketches)[3])
            self.terms.remove(slot)
            self._articles.clear(slot)

    def name(self, ids: Sequence[str]) -> None:
        """Call the articles of indexes that go on by these ids; none has its words before `supply`."""
        self._articles.name(ids)
        self._slots = {article_id: slot for slot, article_id in enumerate(ids)}
        self._sketches = np.zeros((max(len(self._sketches), len(ids)), sketches.WIDTH), np.int64)
        self._sketches[: len(ids), ITSELF] = np.arange(len(ids))

    def supply(self, item: WindowArticle) -> None:
        """Give an article of indexes that go on its words, so that others can be compared with it. The caller
        keeps it as long as the window."""
        slot = self._slots[item.article_id]
        sketches.put(slot, slot, item.sketch, self._sketches)

    def drop(self, article_ids: Sequence[str]) -> None:
        """Take articles out that need not have their words, all at once: the passages are looked through."""
        slots = sorted(self._slots.pop(article_id) for article_id in article_ids)
        self._passages.drop(slots)
        for slot in slots:
            self._copies.remove(slot)
            self.terms.remove(slot)
            self._articles.clear(slot)

    def expire(self, now: float) -> list[tuple[int, str]]:
        """Let go of the articles that arrived too long before `now` or are too many; returns the slots they
        were in and their ids."""
        gone = []
        too_old = now - self._settings.window_days * DAY
        while self._oldest < len(self._articles):
            article_id = self._articles.id(self._oldest)
            if article_id is not None:
                young = self._articles.arrived_at(self._oldest) >= too_old
                if young and len(self) <= self._settings.window_articles:
                    break
                gone.append((self._oldest, article_id))
                self.remove(article_id)
            self._oldest += 1
        self._texts.let_go(self._oldest)
        self._copies.expire(self._oldest)
        self._passages.expire(self._oldest)
        return gone

    @property
    def sparse(self) -> bool:
        """Whether most slots are empty, so that it is time to enter the articles anew."""
        return len(self._articles) > 4096 and len(self) < len(self._articles) // 2

    def renew(self) -> None:
        """Enter all articles into fresh indexes in their order, slots from 0 on."""
        items = [self.item(slot) for slot in self._slots.values()]
        self._clear()
        self.add(*items, counted_first=True)


# Kernels


@kernel
def _lay_down_all(first: int, days: Float64, languages: Int64, window: WindowArrays) -> None:
    terms, _, _, rows = window
    for i in range(len(days)):
        slot = first + i
        title, body = array_of(slot, TITLE, rows), array_of(slot, BODY, rows)
        keys, counts, places = collect(title, body, flags_of(slot, rows))
        words = number_words(keys, terms[5]), counts, places
        lay_down(slot, words, days[i], languages[i], terms)


@inner
def room_for(slot: int, window: WindowArrays) -> bool:
    """Tell whether a staged article can be entered; if not, `Window.entered` makes room."""
    return have_ring_room(window[1]) and have_room(array_of(slot, PASSAGES, window[3]), window[2])


@kernel
def enter(slot: int, counted: bool, window: WindowArrays) -> None:
    """Enter the article that was staged in the next free slot; count its words unless that was done. There is
    room for it."""
    terms, copies, passages, rows = window
    enter_terms(slot, counted, terms)
    enter_copy(slot, array_of(slot, SIGNATURE, rows), copies)
    enter_passages(slot, array_of(slot, PASSAGES, rows), passages)


@kernel
def _count_all(first: int, last: int, window: WindowArrays) -> None:
    terms = window[0]
    for slot in range(first, last):
        count_terms(words_of(slot, terms[0])[0], 1, terms)


@kernel
def _enter_all(first: int, last: int, counted: bool, window: WindowArrays) -> int:
    """Enter staged articles as long as there is room; returns the slot after the last one entered."""
    for slot in range(first, last):
        if not room_for(slot, window):
            return slot
        enter(slot, counted, window)
    return last


@kernel
def candidates_of(slot: int, limits: Limits, window: WindowArrays) -> tuple[Int32, int, Bool, Around]:
    """Return what `Candidates` has."""
    terms, copies, passages, rows = window
    words, cards, _, _, _, vocabulary, state = terms
    own = words_of(slot, words)
    laid = lay_out(own, log_articles_of(state[ARTICLES]), vocabulary[3])
    near = float(cards[slot, DAYS]), int(cards[slot, LANGUAGE]), limits[0], rows[slot, ITSELF]
    neighbours, cosines, overlap, users = neighbours_of(own[0], laid, near, terms)
    signature = array_of(slot, SIGNATURE, rows)
    keys = keys_of(signature, copies) if len(signature) else keys_entered(slot, copies)
    copied = find_by_keys(keys, TEXTUAL + 1, copies)
    own_passages = array_of(slot, PASSAGES, rows)
    carried, _, carriers = find_passages(own_passages, LEAST_PASSAGES, TEXTUAL + 1, passages)
    wanted, count, textual = _gather(neighbours, cosines, (copied, carried), cards, near, limits[1])
    return wanted, count, textual, (laid, neighbours, cosines, overlap, users, carriers)


@tight
def is_entered(slot: int, cards: Float32, rows: Int64) -> bool:
    """Tell whether an article, in this or another version, is in the window and not only staged."""
    return bool(cards[rows[slot, ITSELF], SCALE] != 0.0)


@kernel
def _gather(
    neighbours: Int32,
    cosines: Float64,
    found: tuple[Int64, Int64],
    cards: Float32,
    near: tuple[float, int, float, int],
    copy_days: float,
) -> tuple[Int32, int, Bool]:
    """Return the slots worth comparing, how many of these are near neighbours, and which may share text."""
    slots = np.empty(len(neighbours) + 2 * TEXTUAL, np.int32)
    textual = np.zeros(len(slots), np.bool_)
    size = 0
    while size < len(neighbours) and cosines[size] >= FAR * cosines[0]:
        slots[size] = neighbours[size]
        size += 1
    count = size
    for kind in range(2):
        taken = 0
        for seq in found[kind]:
            within = (near[0], near[1], copy_days if kind == 0 else near[2], near[3])
            if taken < TEXTUAL and comparable(seq, within, cards):
                taken += 1
                at = 0
                while at < size and slots[at] != seq:
                    at += 1
                slots[at], textual[at] = seq, True
                size = max(size, at + 1)
    return slots[:size], count, textual[:size]
