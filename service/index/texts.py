"""Where do the words of the window's articles lie? One behind the other, in large blocks.

A sketch has five arrays, each an object with memory of its own; half of what an article took was such objects
and the gaps between them. Once an article is entered, its words move here. Its signature is let go of: the
index of copies has what it asks of it, and the rest can be computed from the words again.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from service.index.memory import blank
from service.index.sketches import BODY, FLAGS, PASSAGES, SIGNATURE, TITLE, array_of, flags_of
from service.model import Int64, UInt8, UInt32
from service.sketch.jit import inner, kernel, tight

BLOCK = 1 << 18  # numbers of four bytes: a megabyte, some 500 articles


class Texts:
    """Blocks of words. An article's lie in one block, those of growing slots in growing places; a block goes
    when all of its articles have gone."""

    def __init__(self) -> None:
        self._blocks: deque[UInt32] = deque([blank((BLOCK,), np.uint32)])
        self._lasts: deque[int] = deque([-1])  # the last slot of each block
        self._used = 0  # of the newest block

    def keep(self, first: int, last: int, rows: Int64) -> None:
        """Move the words of these articles here, and write where they lie."""
        while first < last:
            first, self._used = _keep(first, last, rows, self._blocks[-1], self._used)
            self._lasts[-1] = first - 1
            if first < last:
                self._blocks.append(blank((max(BLOCK, _size_of(first, rows)),), np.uint32))
                self._lasts.append(first)
                self._used = 0

    def let_go(self, oldest: int) -> None:
        """Let go of what belongs to slots before this one alone."""
        while len(self._blocks) > 1 and self._lasts[0] < oldest:
            self._blocks.popleft()
            self._lasts.popleft()

    @property
    def nbytes(self) -> int:
        """The memory of all blocks."""
        return sum(block.nbytes for block in self._blocks)


@kernel
def words_kept(slot: int, rows: Int64) -> tuple[UInt32, UInt32, UInt8, UInt32]:
    """Return copies of an article's title, body, flags and passages."""
    title, body, passages = (
        array_of(slot, TITLE, rows),
        array_of(slot, BODY, rows),
        array_of(slot, PASSAGES, rows),
    )
    return title.copy(), body.copy(), flags_of(slot, rows).copy(), passages.copy()


@kernel
def _size_of(slot: int, rows: Int64) -> int:
    return _numbers(slot, rows)


@tight
def _numbers(slot: int, rows: Int64) -> int:
    """Return how many numbers of four bytes an article takes."""
    words = rows[slot, TITLE + 1] + rows[slot, BODY + 1] + rows[slot, PASSAGES + 1]
    return words + (rows[slot, FLAGS + 1] + 3) // 4  # type: ignore[no-any-return]


@kernel
def _keep(first: int, last: int, rows: Int64, block: UInt32, used: int) -> tuple[int, int]:
    """Move articles into a block as long as there is room; returns the slot of the first that has none, and
    how much of the block is used."""
    start = np.int64(block.ctypes.data)
    for slot in range(first, last):
        if used + _numbers(slot, rows) > len(block):
            return slot, used
        used = _moved(slot, TITLE, rows, block, used, start)
        used = _moved(slot, BODY, rows, block, used, start)
        used = _moved(slot, PASSAGES, rows, block, used, start)
        flags = flags_of(slot, rows)
        block[used:].view(np.uint8)[: len(flags)] = flags
        rows[slot, FLAGS] = start + 4 * used
        used += (len(flags) + 3) // 4
        rows[slot, SIGNATURE] = rows[slot, SIGNATURE + 1] = 0
    return last, used


@inner
def _moved(slot: int, column: int, rows: Int64, block: UInt32, used: int, start: np.int64) -> int:
    words = array_of(slot, column, rows)
    block[used : used + len(words)] = words
    rows[slot, column] = start + 4 * used
    return used + len(words)
