"""Which are the few largest of many values?"""

from __future__ import annotations

import numpy as np

from service.model import Float64, Int64
from service.sketch.jit import kernel


@kernel
def largest(values: Float64, most: int) -> Int64:
    """Return the positions of the `most` largest values, largest first; of equal ones the first comes
    first."""
    first, ranked = np.empty(most, np.int64), np.empty(most)
    size = 0
    for i in range(len(values)):
        value = values[i]
        if size == most and value <= ranked[size - 1]:
            continue
        at = size if size < most else most - 1
        size = min(most, size + 1)
        while at > 0 and ranked[at - 1] < value:
            first[at], ranked[at] = first[at - 1], ranked[at - 1]
            at -= 1
        first[at], ranked[at] = i, value
    return first[:size]
