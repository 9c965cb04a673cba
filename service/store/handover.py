"""Which sketches were stored a moment ago? The owner asks for them next, and need not read them again.

A sketch belongs to a place in the order of arrival and never changes there: what is at hand is what the store
holds. What is not at hand is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import Lock

MOST = 4096  # packed sketches of some 3 KiB


class Handover:
    """From who prepares to who places within one process; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._sketches: dict[int, bytes] = {}  # in order of arrival

    def put(self, stored: Iterable[tuple[int, bytes]]) -> None:
        """Hand over what was stored under these places, once that is committed; what is too much is left."""
        with self._lock:
            for seq, sketch in stored:
                if len(self._sketches) < MOST:
                    self._sketches[seq] = sketch

    def take(self, seqs: Sequence[int]) -> dict[int, bytes]:
        """Those of these places that are at hand. They and all before them are let go: places are asked for
        in order."""
        with self._lock:
            last = max(seqs, default=0)
            passed = [seq for seq in self._sketches if seq <= last]
            taken = {seq: self._sketches.pop(seq) for seq in passed}
        return {seq: taken[seq] for seq in seqs if seq in taken}
