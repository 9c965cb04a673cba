"""How often does Python look for objects that refer to each other in circles? Seldom, where there are many.

The window is a million small objects that form no circles: looking less often saves a fifth of the time that
placing takes, and a tenth of what preparing takes, for which a quarter of a million are loaded. Once a server
has its window it is looked at no more: all would wait for that.
"""

from __future__ import annotations

import gc

THRESHOLDS = (100_000, 20, 20)


def seldom() -> None:
    """From now on, in this process."""
    gc.set_threshold(*THRESHOLDS)


def settled() -> None:
    """What is there now stays: look for circles only among what comes."""
    gc.collect()
    gc.freeze()
