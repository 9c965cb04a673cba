"""How does a window go on where it was, in another process? Its indexes as named arrays, written and read.

The articles themselves are not among them: a window that goes on knows their words, bands and passages, finds
them, and has to be given an article again before it can be compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from service.index.memory import aligned
from service.index.window import Window
from service.settings import Settings

Arrays = dict[str, np.ndarray[Any, Any]]

_LANGUAGES = "languages"


def arrays_of(window: Window) -> Arrays:
    """All that the indexes of a window know."""
    arrays: Arrays = {_LANGUAGES: np.array(list(window._languages), np.str_)}
    for name, part in _parts(window):
        for field, value in vars(part).items():
            if isinstance(value, tuple):
                arrays |= {f"{name}.{field}.{k}": one for k, one in enumerate(value)}
            elif isinstance(value, int | np.ndarray):
                arrays[f"{name}.{field}"] = np.asarray(value)
    return arrays


def window_of(settings: Settings, ids: Sequence[str], arrays: Mapping[str, Any]) -> Window:
    """The window that arrays were kept of; `ids`: what its articles are called now, by their slots.

    Raises KeyError where an array is missing.
    """
    window = Window(settings)
    for name, part in _parts(window):
        for field, value in list(vars(part).items()):
            key = f"{name}.{field}"
            if isinstance(value, tuple):
                setattr(part, field, tuple(aligned(arrays[f"{key}.{k}"]) for k in range(len(value))))
            elif isinstance(value, int):
                setattr(part, field, int(arrays[key]))
            elif isinstance(value, np.ndarray):
                setattr(part, field, aligned(arrays[key]))
    window._languages = {language: number for number, language in enumerate(arrays[_LANGUAGES].tolist())}
    window.name(ids)
    return window


def _parts(window: Window) -> Iterator[tuple[str, object]]:
    yield "terms", window.terms
    yield "vocabulary", window.terms.vocabulary
    yield "postings", window.terms._postings
    yield "copies", window._copies
    yield "passages", window._passages
