"""Who might be related to this article? The three indexes over the articles of the window, kept in step.

Copies and passages answer by shared text, terms by shared subject. A candidate is only a candidate: what it
is worth is for `stories.evidence` to say.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from service.index.copies import CopiesIndex
from service.index.passages import PassagesIndex
from service.index.terms import Query, TermsIndex
from service.model import Float64, Int32, WindowArticle
from service.settings import Settings
from service.sketch.terms import terms_of

DAY = 86_400.0
# A neighbour under this part of the nearest one's cosine is hardly ever the same event: on the dev sets a
# third of the pairs lie there, and one in a hundred of the same-event ones.
FAR = 0.2
TEXTUAL = 16  # candidates taken from each of the two text indexes


class Candidates(NamedTuple):
    """neighbours: int32 slots by subject, most similar first; cosines: float64, theirs; copies, passages:
    slots that may share text."""

    neighbours: Int32
    cosines: Float64
    copies: tuple[int, ...]
    passages: tuple[int, ...]

    def slots(self) -> list[int]:
        """Those worth comparing: all that may share text, and the neighbours that are not far behind the
        nearest."""
        far = FAR * self.cosines[0] if len(self.cosines) else 0.0
        near = self.neighbours[: np.count_nonzero(self.cosines >= far)].tolist()
        return list(dict.fromkeys((*near, *self.copies, *self.passages)))


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

    def candidates(self, item: WindowArticle, query: Query) -> Candidates:
        """Everything in the window that may be related to an article, itself left out."""
        own = self._slots.get(item.article_id, -1)
        neighbours, cosines = self.terms.neighbours(query, self._settings.window_days, own)
        copies = self._copies.candidates(item.sketch.signature, TEXTUAL + 1).tolist()
        passages = self._passages.candidates(item.sketch.passages, TEXTUAL + 1)[0].tolist()
        return Candidates(
            neighbours,
            cosines,
            self._near(copies, query, self._settings.copy_days, own),
            self._near(passages, query, self._settings.window_days, own),
        )

    def comparable(self, query: Query, slot: int, within_days: float) -> bool:
        """Whether two articles may be compared: published at most so many days apart as far as is known,
        and not in two languages that are both certain."""
        language = int(self.terms.languages[slot])
        foreign = query.language >= 0 and language >= 0 and query.language != language
        return not foreign and not math.fabs(self.terms.days[slot] - query.days) > within_days

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
        for item in items:
            self.add(item, self.query(item))
        return items

    def _near(self, slots: list[int], query: Query, most: float, own: int) -> tuple[int, ...]:
        near = [slot for slot in slots if slot != own and self.comparable(query, slot, most)]
        return tuple(near[:TEXTUAL])
