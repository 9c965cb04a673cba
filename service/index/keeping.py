"""How does a window go on where it was, in another process? Its indexes as named arrays, written and read.

The articles' texts are not among them: a window that goes on knows their words, bands and passages, finds
them, and has to be given an article again before it can be compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from service.index.memory import roomier
from service.index.window import Window
from service.settings import Settings

Arrays = dict[str, Any]  # of numpy

_LANGUAGES = "languages"


def arrays_of(window: Window) -> Arrays:
    """All that the indexes of a window know."""
    arrays: Arrays = {_LANGUAGES: np.array(list(window._languages), np.str_)}
    for name, part in _parts(window):
        own = {id(value) for value in vars(part).values()}
        for field, value in vars(part).items():
            if isinstance(value, tuple):
                arrays |= {f"{name}.{field}.{k}": one for k, one in enumerate(value) if id(one) not in own}
            elif isinstance(value, int | np.ndarray):
                arrays[f"{name}.{field}"] = np.asarray(value)
    return arrays


def window_of(settings: Settings, ids: Sequence[str], arrays: Arrays) -> Window:
    """The window that arrays were kept of, which are used up; `ids`: what its articles are called now, by
    their slots.

    Raises KeyError where an array is missing.
    """
    window = Window(settings)
    for name, part in _parts(window):
        renewed: dict[int, Any] = {}  # arrays by the one whose place they take: a tuple may name them, too
        for field, value in list(vars(part).items()):
            if isinstance(value, int):
                setattr(part, field, int(arrays[f"{name}.{field}"]))
            elif isinstance(value, np.ndarray):
                renewed[id(value)] = _own(arrays.pop(f"{name}.{field}"))
                setattr(part, field, renewed[id(value)])
        for field, value in list(vars(part).items()):
            if isinstance(value, tuple):
                new = [
                    renewed[id(one)] if id(one) in renewed else _own(arrays.pop(f"{name}.{field}.{k}"))
                    for k, one in enumerate(value)
                ]
                setattr(part, field, tuple(new))
    window._languages = {language: number for number, language in enumerate(arrays[_LANGUAGES].tolist())}
    window.name(ids)
    return window


def _own(array: Any) -> Any:
    return roomier(array, len(array))


def _parts(window: Window) -> Iterator[tuple[str, object]]:
    yield "terms", window.terms
    yield "vocabulary", window.terms.vocabulary
    yield "postings", window.terms._postings
    yield "copies", window._copies
    yield "passages", window._passages
