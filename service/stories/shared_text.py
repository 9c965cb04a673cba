"""What text do two articles share, and do others have it too? Copies and passages, computed exactly.

A formula that many articles carry (an office's closing line, a notice under every report) proves nothing:
shared text counts as far as few others of the window have its passages.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from service.index.passages import KEPT
from service.model import Int32, Kind, Sketch, UInt8, UInt32
from service.sketch.exact import MAX_RUNS, MIN_RUN, resemblance, shared_runs
from service.sketch.jit import kernel

# A text of which this part stands in the other is a copy of it, or holds one; and so are two this alike.
COPY_CONTAINMENT = 0.8
COPY_JACCARD = 0.5

# Words that two reports have in common by chance, in names, titles and set phrases: runs tell by what they
# have beyond that.
FORMULA = MIN_RUN - 1

# So many articles beside the two make a passage a formula: as many as the index knows of beside them.
COMMON = KEPT - 2


class Shared(NamedTuple):
    """jaccard: Jaccard similarity; containment_a, containment_b: containment of either text in the other;
    runs: int32 (r, 3), runs of equal words as (start in a, start in b, length), longest first; words: in all
    runs, as far as each is longer than a formula; rarity: from 0, where all they share is formula, to 1,
    where nobody else has it."""

    jaccard: float
    containment_a: float
    containment_b: float
    runs: Int32
    words: int
    rarity: float

    @property
    def kind(self) -> Kind:
        """Which kind of evidence it is: a copy, a shared passage, or none: then words must decide."""
        if self.jaccard >= COPY_JACCARD or self.containment >= COPY_CONTAINMENT:
            return "copy"
        return "passage" if len(self.runs) else "event"

    @property
    def containment(self) -> float:
        """The larger part of one text that stands in the other."""
        return max(self.containment_a, self.containment_b)

    @property
    def rare_words(self) -> float:
        """Words in runs beyond a formula's, as far as they are rare."""
        return self.rarity * self.words

    @property
    def certainty(self) -> float:
        """The probability given to a copy: half for being one, half for how much of the one text stands in
        the other. 0 for what is no copy."""
        return 0.5 + 0.5 * max(self.jaccard, self.containment) if self.kind == "copy" else 0.0


NOTHING = Shared(0.0, 0.0, 0.0, np.empty((0, 3), np.int32), 0, 0.0)


def share(a: Sketch, b: Sketch, carriers: UInt8, counted: int) -> Shared:
    """Compare two bodies. carriers: uint8, like `a.passages`, articles of the window that carry each;
    `counted` of these are a and b themselves.

    Texts without one run of MIN_RUN words in common are told apart by that alone: their shingles are not
    counted.
    """
    out = np.empty((MAX_RUNS, 3), np.int32)
    bodies, passages = (a.body, b.body), (a.passages, b.passages)
    count, jaccard, containment_a, containment_b, words, rarity = _share(
        bodies, passages, carriers, counted, out
    )
    return Shared(jaccard, containment_a, containment_b, out[:count], words, rarity) if count else NOTHING


@kernel
def _share(
    bodies: tuple[UInt32, UInt32],
    passages: tuple[UInt32, UInt32],
    carriers: UInt8,
    counted: int,
    out: Int32,
) -> tuple[int, float, float, float, int, float]:
    a, b = bodies
    count = shared_runs(a, b, MIN_RUN, out)
    if count == 0:
        return 0, 0.0, 0.0, 0.0, 0, 0.0
    words = 0
    for r in range(count):
        words += max(0, out[r, 2] - FORMULA)
    jaccard, containment_a, containment_b = resemblance(a, b)
    rarity = _rarity(passages[0], passages[1], carriers, counted)
    return count, jaccard, containment_a, containment_b, words, rarity


@kernel
def _rarity(a: UInt32, b: UInt32, carriers: UInt8, counted: int) -> float:
    """Return how rare the passages that two articles share are, on average; both are sorted. 1 where the
    sketches name none of what they share: then there are few carriers to know of."""
    rare, shared, j = 0.0, 0, 0
    for i in range(len(a)):
        while j < len(b) and b[j] < a[i]:
            j += 1
        if j < len(b) and b[j] == a[i]:
            shared += 1
            others = np.int64(carriers[i]) - counted
            rare += 1.0 - min(1.0, max(0.0, others / COMMON))
    return rare / shared if shared else 1.0
