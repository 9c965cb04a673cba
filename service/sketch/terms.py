"""Which different words does one article use, how often, and where? The bag of words behind event evidence.

Pure in the sketch: terms stand in the order of their first use, title first, so sums over them never depend
on the order in which articles arrived.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from service.model import Sketch, UInt8, UInt32
from service.sketch.jit import kernel

LEAD = 40  # words of the body that count as its lead: two or three sentences
MOST = 255  # a count is kept in one byte

IN_TITLE, IN_LEAD, IS_NUMBER = np.uint8(1), np.uint8(2), np.uint8(4)
_DIGIT = np.uint8(2)  # bit of `Sketch.flags`


class Terms(NamedTuple):
    """keys: uint32 (m,) token hashes; counts: uint8 (m,) uses in the body; places: uint8 (m,) of IN_TITLE,
    IN_LEAD and IS_NUMBER."""

    keys: UInt32
    counts: UInt8
    places: UInt8


def terms_of(sketch: Sketch) -> Terms:
    """Return the different words of an article's title and body."""
    return Terms(*collect(sketch.title, sketch.body, sketch.flags))


@kernel
def collect(title: UInt32, body: UInt32, flags: UInt8) -> tuple[UInt32, UInt8, UInt8]:
    """Return what `Terms` has."""
    total = len(title) + len(body)
    size = 16
    while size < 2 * total:
        size *= 2
    slots = np.full(size, -1, np.int32)
    keys, counts, places = np.empty(total, np.uint32), np.zeros(total, np.uint8), np.zeros(total, np.uint8)
    found = 0
    for i in range(total):
        in_title = i < len(title)
        key = title[i] if in_title else body[i - len(title)]
        slot = np.int64(key) & (size - 1)
        while slots[slot] >= 0 and keys[slots[slot]] != key:
            slot = (slot + 1) & (size - 1)
        if slots[slot] < 0:
            slots[slot] = found
            keys[found] = key
            found += 1
        term = slots[slot]
        if in_title:
            places[term] |= IN_TITLE
        else:
            counts[term] += counts[term] < MOST
            if i - len(title) < LEAD:
                places[term] |= IN_LEAD
        if flags[i] & _DIGIT:
            places[term] |= IS_NUMBER
    return keys[:found].copy(), counts[:found].copy(), places[:found].copy()
