"""Who lies in the slots of the window? What was said of each article beside its words, in columns."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from service.index.memory import roomier
from service.model import Float64, Int32, Sketch, WindowArticle

_CERTAIN = 1  # lowest bit of what is kept of a language; above it the number of its name


class Articles:
    """Slots in their order, each with an article until it is emptied. An object for each article would take
    several times as much memory."""

    def __init__(self) -> None:
        self._ids: list[str | None] = []
        self._times: Float64 = np.empty((1024, 2))  # published (NaN: unknown) and arrived
        self._told: Int32 = np.empty((1024, 3), np.int32)  # version, outlet, language
        self._names: list[str] = []  # of outlets and languages
        self._numbers: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._ids)

    def append(self, item: WindowArticle) -> None:
        """Put an article into the next slot."""
        slot = len(self._ids)
        if slot == len(self._times):
            self._times = roomier(self._times, 2 * slot)
            self._told = roomier(self._told, 2 * slot)
        self._ids.append(item.article_id)
        published = math.nan if item.published_at is None else item.published_at
        self._times[slot] = published, item.arrived_at
        lang = self._number(item.lang) << 1 | (_CERTAIN if item.lang_certain else 0)
        self._told[slot] = item.version, self._number(item.outlet), lang

    def name(self, ids: Sequence[str]) -> None:
        """Fill slots with articles of which nothing is known but what they are called."""
        self._ids = list(ids)
        self._times = roomier(self._times, max(len(self._times), len(ids)))
        self._told = roomier(self._told, max(len(self._told), len(ids)))

    def cut(self, size: int) -> None:
        """Forget the newest, so that so many slots are left."""
        del self._ids[size:]

    def clear(self, slot: int) -> None:
        """Empty a slot."""
        self._ids[slot] = None

    def id(self, slot: int) -> str | None:
        """The id of the article in a slot; None where it has gone."""
        return self._ids[slot]

    def arrived_at(self, slot: int) -> float:
        """When the article in a slot arrived."""
        return float(self._times[slot, 1])

    def item(self, slot: int, sketch: Sketch) -> WindowArticle:
        """The article in a slot, which has this sketch."""
        article_id = self._ids[slot]
        assert article_id is not None, "candidates are live"  # noqa: S101
        published, arrived = self._times[slot].tolist()
        version, outlet, lang = self._told[slot].tolist()
        return WindowArticle(
            article_id, version, self._names[outlet], self._names[lang >> 1], bool(lang & _CERTAIN),
            None if math.isnan(published) else published, arrived, sketch,
        )  # fmt: skip

    def _number(self, name: str) -> int:
        number = self._numbers.setdefault(name, len(self._names))
        if number == len(self._names):
            self._names.append(name)
        return number
