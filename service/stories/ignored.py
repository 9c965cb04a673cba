"""What do people want left out of account? Outlets whose reports stand alone, and passages that say nothing.

Sketches are stored whole and narrowed where they are compared, so that an undo has nothing to make good.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from hashlib import blake2b

import numpy as np
import orjson

from service.model import Bool, Sketch, UInt32, WindowArticle
from service.sketch.sketch import Sketcher

_NOTHING = np.empty(0, np.uint32)
_ALONE = Sketch(_NOTHING, _NOTHING, np.empty(0, np.uint8), _NOTHING, _NOTHING)  # of what is never compared


class Ignored:
    """Outlets, by the names that articles give, and passages: texts that are left out where a report has all
    of one, word for word. `sketcher` is that of the articles' sketches.

    >>> bool(Ignored()), bool(Ignored(outlets=["The Daily Horoscope"]))
    (False, True)
    """

    def __init__(
        self, outlets: Iterable[str] = (), passages: Iterable[str] = (), sketcher: Sketcher | None = None
    ) -> None:
        self.outlets, self._passages = frozenset(outlets), sorted(set(passages))
        self._sketcher = sketcher or Sketcher()
        self._by_first: dict[int, list[UInt32]] = {}
        words = [self._sketcher.words(passage) for passage in self._passages]
        for one in sorted(words, key=len, reverse=True):  # of those that begin alike the longest first
            if len(one):
                self._by_first.setdefault(int(one[0]), []).append(one)
        self._firsts = np.array(sorted(self._by_first), np.uint32)

    def __bool__(self) -> bool:
        return bool(self.outlets or self._by_first)

    @property
    def digest(self) -> str:
        """Names what is ignored; empty where nothing is."""
        told = orjson.dumps([sorted(self.outlets), self._passages])
        return blake2b(told, digest_size=16).hexdigest() if self else ""

    def narrowed(self, item: WindowArticle) -> WindowArticle:
        """The article as it is compared."""
        if item.outlet in self.outlets:
            return replace(item, sketch=_ALONE)
        kept = self.kept(item.sketch.body) if self._by_first else None
        if kept is None:
            return item
        sketch, before = item.sketch, len(item.sketch.title)
        flags = np.concatenate((sketch.flags[:before], sketch.flags[before:][kept]))
        again = self._sketcher.again(sketch.title, sketch.body[kept], flags)
        return replace(item, sketch=replace(again, anchors=sketch.anchors))

    def kept(self, body: UInt32) -> Bool | None:
        """Which words of a text count; None where all do."""
        starts = np.flatnonzero(np.isin(body, self._firsts))
        kept, end = np.ones(len(body), np.bool_), 0
        for start in starts.tolist():
            passage = self._at(body, start) if start >= end else None
            if passage is not None:
                end = start + len(passage)
                kept[start:end] = False
        return kept if end else None

    def _at(self, body: UInt32, start: int) -> UInt32 | None:
        """The passage that begins at a word."""
        for passage in self._by_first[int(body[start])]:
            if np.array_equal(body[start : start + len(passage)], passage):
                return passage
        return None
