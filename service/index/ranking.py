"""Which are the few largest of many values?"""

from __future__ import annotations

import numpy as np

from service.model import Float64, Int64
from service.sketch.jit import kernel


@kernel
def largest(values: Float64, most: int) -> Int64:
    """Return the positions of the `most` largest values, largest first; of equal ones the first comes
    first."""
    heap = np.empty(most, np.int64)
    size = 0
    for i in range(len(values)):
        if size == most and values[i] <= values[heap[size - 1]]:
            continue
        at = size if size < most else most - 1
        size = min(most, size + 1)
        while at > 0 and values[heap[at - 1]] < values[i]:
            heap[at] = heap[at - 1]
            at -= 1
        heap[at] = i
    return heap[:size]
