"""What is there to see after articles came and went? What those saw of each other that were there before
stands; who came is judged in the same window, which goes on.

So the cost is that of what came. A window that goes on need not have its articles at hand (see
`index.keeping`): those that somebody is compared with are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from service.index.window import Window
from service.model import WindowArticle
from service.settings import Settings
from service.stories.recluster import View, across_of, in_order, originals_of
from service.stories.same_event import SameEventModel
from service.stories.seen import look_on

Read = Callable[[Sequence[str]], Iterable[WindowArticle]]


def view_on(
    began: View,
    window: Window,
    came: Iterable[WindowArticle],
    gone: Sequence[str],
    read: Read,
    model: SameEventModel,
    settings: Settings,
) -> View:
    """The view after some articles came and went since it `began`, in the order of then, who came behind it.
    `window` is that of then; `read` reads articles by their ids."""
    away, ordered = set(gone), in_order(came)
    there = np.array([id not in away for id in began.ids], np.bool_)
    places = np.where(there, np.cumsum(there) - 1, -1).astype(np.int32)
    ids = [*(id for id in began.ids if id not in away), *(item.article_id for item in ordered)]
    window.drop(gone)
    window.add(*ordered, counted_first=True)
    at_hand = {item.article_id: item for item in ordered}

    def supply(wanted: Iterable[str]) -> None:
        missing = [id for id in wanted if id not in at_hand]
        for item in read(missing) if missing else ():
            at_hand[item.article_id] = item
            window.supply(item)

    def item_at(place: int) -> WindowArticle:
        supply(ids[place : place + 1])
        return at_hand[ids[place]]

    supply(ids if settings.cross_language else _asked_for(window, ordered))
    seen = look_on(window, model, began.seen, places)
    moved = places.tolist()
    known = {
        (moved[i], moved[j]): same for (i, j), same in began.alike.items() if min(moved[i], moved[j]) >= 0
    }
    originals, alike = originals_of(len(ids), seen, lambda place: item_at(place).sketch.body, known)
    across = across_of([*map(item_at, range(len(ids)))], settings) if settings.cross_language else {}
    return View(ids, seen, originals, across, alike)


def _asked_for(window: Window, items: Iterable[WindowArticle]) -> list[str]:
    """Whom these articles are compared with."""
    slots = {
        slot for item in items for slot in window.candidates(window.slot(item.article_id)).slots.tolist()
    }
    return [window.id(slot) for slot in sorted(slots)]
