"""Who might be related to this article? The three indexes over the articles of the window, kept in step.

Copies and passages answer by shared text, terms by shared subject. A candidate is only a candidate: what it
is worth is for `stories.evidence` to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from service.index.copies import CopiesIndex
from service.index.passages import PassagesIndex
from service.index.terms import Look, Neighbours, Query, TermsIndex, may_compare
from service.model import Bool, Float32, Float64, Int32, Int64, UInt8, WindowArticle
from service.settings import Settings
from service.sketch.jit import kernel
from service.sketch.terms import terms_of

DAY = 86_400.0
# A neighbour under this part of the nearest one's cosine is hardly ever the same event: on the dev sets a
# third of the pairs lie there, and one in a hundred of the same-event ones.
FAR = 0.2
TEXTUAL = 16  # candidates taken from each of the two text indexes
# Passages that two articles must share to be compared as texts: winnowing grants so many to a run of 16
# words, and most runs of 12 have them.
LEAST_PASSAGES = 3


class Candidates(NamedTuple):
    """neighbours: by subject; near: how many of them, of the first, are worth comparing; slots: all that are,
    the near ones first; texts: those that may share text; carriers: uint8, for each passage of the article
    itself how many of the window carry it, as `passages.Found` counts; counted: 1 if the article is one of
    them."""

    neighbours: Neighbours
    near: int
    slots: list[int]
    texts: frozenset[int]
    carriers: UInt8
    counted: int


class Window:
    """The articles that a new one is compared with. Each lies in a slot, a number that grows with arrival.

    Not for use from several threads at once.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._clear()

    def _clear(self) -> None:
        self.terms = TermsIndex()
        self._copies = CopiesIndex(self._settings.bands, self._settings.rows)
        self._passages = PassagesIndex()
        self._items: list[WindowArticle | None] = []
        self._slots: dict[str, int] = {}
        self._languages: dict[str, int] = {}
        self._oldest = 0  # all slots before this one are empty

    def __contains__(self, article_id: str) -> bool:
        return article_id in self._slots

    def __len__(self) -> int:
        return len(self._slots)

    def slot(self, article_id: str) -> int:
        """The slot of an article that is in the window."""
        return self._slots[article_id]

    def item(self, slot: int) -> WindowArticle:
        """The article in a slot that a candidate list named."""
        item = self._items[slot]
        assert item is not None, "candidates are live"  # noqa: S101
        return item

    def query(self, item: WindowArticle) -> Query:
        """An article as the terms index sees it."""
        language = self._languages.setdefault(item.lang, len(self._languages)) if item.lang_certain else -1
        return self.terms.query(terms_of(item.sketch), item.published_at, language)

    def look(self, item: WindowArticle) -> Look:
        """An article laid out for comparing."""
        return self.terms.look(self.query(item))

    @contextmanager
    def visit(self) -> Iterator[None]:
        """Words met meanwhile are forgotten again: an article only asked about leaves nothing behind."""
        known = self.terms.vocabulary.size
        try:
            yield
        finally:
            self.terms.vocabulary.forget(known)

    def add(self, item: WindowArticle, query: Query, counted: bool = False) -> int:
        """Enter a matchable article; returns its slot. `query` is that of the item."""
        slot = self.terms.add(query, counted)
        self._copies.add(slot, item.sketch.signature)
        self._passages.add(slot, item.sketch.passages)
        self._items.append(item)
        self._slots[item.article_id] = slot
        return slot

    def candidates(self, item: WindowArticle, look: Look) -> Candidates:
        """Everything in the window that may be related to an article, itself left out."""
        own, query = self._slots.get(item.article_id, -1), look.query
        neighbours = self.terms.neighbours(look, self._settings.window_days, own)
        copies = self._copies.candidates(item.sketch.signature, TEXTUAL + 1)
        passages = self._passages.candidates(item.sketch.passages, TEXTUAL + 1, LEAST_PASSAGES)
        settings = self._settings
        slots, near, texts = _gather(
            neighbours.slots, neighbours.cosines, (copies, passages.seqs), self.terms.cards,
            (query.days, query.language, settings.window_days, own), settings.copy_days,
        )  # fmt: skip
        textual = frozenset(slots[texts].tolist())
        return Candidates(neighbours, near, slots.tolist(), textual, passages.carriers, int(own >= 0))

    def comparable(self, query: Query, slots: Sequence[int], within_days: float) -> list[int]:
        """Those of the articles that may be compared: published at most so many days apart as far as is
        known, and not in two languages that are both certain."""
        near: list[int] = self.terms.comparable(query, np.array(slots, np.int32), within_days).tolist()
        return near

    def remove(self, article_id: str) -> None:
        """Take an article out; one that is not there is no error."""
        slot = self._slots.pop(article_id, None)
        if slot is not None:
            self._items[slot] = None
            self.terms.remove(slot)
            self._copies.remove(slot)
            self._passages.remove(slot)

    def expire(self, now: float) -> list[str]:
        """Let go of the articles that arrived too long before `now` or are too many; returns their ids."""
        gone = []
        too_old = now - self._settings.window_days * DAY
        while self._oldest < len(self._items):
            item = self._items[self._oldest]
            if item is not None:
                if item.arrived_at >= too_old and len(self) <= self._settings.window_articles:
                    break
                gone.append(item.article_id)
                self.remove(item.article_id)
            self._oldest += 1
        self._copies.expire(self._oldest)
        self._passages.expire(self._oldest)
        return gone

    @property
    def sparse(self) -> bool:
        """Whether most slots are empty, so that it is time to enter the articles anew."""
        return len(self._items) > 4096 and len(self) < len(self._items) // 2

    def renew(self) -> list[WindowArticle]:
        """Enter all articles into fresh indexes in their order, slots from 0 on; they are returned."""
        items = [item for item in self._items if item is not None]
        self._clear()
        queries = [self.query(item) for item in items]
        for query in queries:
            self.terms.count(query)
        for item, query in zip(items, queries, strict=True):
            self.add(item, query, counted=True)
        return items


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
            if taken < TEXTUAL and may_compare(seq, within, cards):
                taken += 1
                at = 0
                while at < size and slots[at] != seq:
                    at += 1
                slots[at], textual[at] = seq, True
                size = max(size, at + 1)
    return slots[:size], count, textual[:size]
