"""What text do two articles share, and do others have it too? Copies and passages, computed exactly.

A formula that many articles carry (an office's closing line, a notice under every report) proves nothing:
shared text counts as far as few others of the window have its passages.
"""

from __future__ import annotations

from typing import NamedTuple, get_args

import numpy as np

from service.index.passages import KEPT
from service.model import Float64, Int32, Kind, UInt8, UInt32
from service.sketch.exact import MIN_RUN, Layout, resemblance_of, runs_shared
from service.sketch.jit import kernel, tight

# A text of which this part stands in the other is a copy of it, or holds one; and so are two this alike.
COPY_CONTAINMENT = 0.8
COPY_JACCARD = 0.5

# Words that two reports have in common by chance, in names, titles and set phrases: runs tell by what they
# have beyond that.
FORMULA = MIN_RUN - 1

# So many articles beside the two make a passage a formula: as many as the index knows of beside them.
COMMON = KEPT - 2


# Columns of what two articles share: Jaccard similarity, the containment of either text in the other, the
# words in common runs as far as each is longer than a formula, and their rarity, from 0, where all they share
# is formula, to 1, where nobody else has it.
JACCARD, CONTAINMENT_A, CONTAINMENT_B, WORDS, RARITY = range(5)
SHARES = 5

KINDS: tuple[Kind, ...] = get_args(Kind)
_COPY, _PASSAGE, _EVENT = range(3)

# A body, its passages, and how many articles of the window carry each of them; and the body laid out.
Text = tuple[UInt32, UInt32, UInt8, Layout]
# A body, its passages, and how many different shingles it has.
Other = tuple[UInt32, UInt32, int]


class Shared(NamedTuple):
    """What two articles share. shares: float64 (SHARES,), as the columns above; runs: int32 (r, 3), runs of
    equal words as (start in a, start in b, length), longest first."""

    shares: Float64
    runs: Int32

    @property
    def kind(self) -> Kind:
        """Which kind of evidence it is: a copy, a shared passage, or none: then words must decide."""
        return KINDS[kind_of(self.shares, len(self.runs))]


@kernel
def share(a: Text, b: Other, counted: int, shares: Float64, runs: Int32) -> int:
    """Compare two bodies: fill `shares`, float64 (SHARES,), and `runs`, int32 (MAX_RUNS, 3); returns how many
    runs there are. `counted` of the carriers of a's passages are a and b themselves.

    Texts without one run of MIN_RUN words in common are told apart by that alone: their shingles are not
    counted.
    """
    body, passages, carriers, layout = a
    other, b_passages, distinct = b
    shares[:] = 0.0
    count = runs_shared(layout, body, other, MIN_RUN, runs)
    if count:
        shares[JACCARD], shares[CONTAINMENT_A], shares[CONTAINMENT_B] = resemblance_of(
            layout, other, distinct
        )
        for r in range(count):
            shares[WORDS] += max(0, runs[r, 2] - FORMULA)
        shares[RARITY] = _rarity(passages, b_passages, carriers, counted)
    return count


@tight
def containment_of(shares: Float64) -> float:
    """The larger part of one text that stands in the other."""
    return float(max(shares[CONTAINMENT_A], shares[CONTAINMENT_B]))


@kernel
def kind_of(shares: Float64, runs: int) -> int:
    """Which of KINDS of evidence what is shared is, with so many runs."""
    return _kind_of(shares, runs)


@tight
def _kind_of(shares: Float64, runs: int) -> int:
    if shares[JACCARD] >= COPY_JACCARD or containment_of(shares) >= COPY_CONTAINMENT:
        return _COPY
    return _PASSAGE if runs else _EVENT


@tight
def certainty_of(shares: Float64) -> float:
    """The probability given to a copy: half for being one, half for how much of the one text stands in the
    other. 0 for what is no copy."""
    if _kind_of(shares, 0) != _COPY:
        return 0.0
    return float(0.5 + 0.5 * max(shares[JACCARD], containment_of(shares)))


@tight
def _rarity(a: UInt32, b: UInt32, carriers: UInt8, counted: int) -> float:
    """Return how rare the passages that two articles share are, on average; both are sorted. 1 where the
    sketches name none of what they share: then there are few carriers to know of."""
    rare, shared, i, j = 0.0, 0, 0, 0
    while i < len(a) and j < len(b):
        mine, theirs = a[i], b[j]
        if mine == theirs:
            shared += 1
            others = np.int64(carriers[i]) - counted
            rare += 1.0 - min(1.0, max(0.0, others / COMMON))
        i += mine <= theirs  # without a branch that cannot be foretold
        j += theirs <= mine
    return rare / shared if shared else 1.0
