"""How many articles a second does a bare loop over the best library reach, here and now?

Datasketch's signature (`update_batch` with xxh32) and its index in memory: no store, no stories, no evidence,
one thread. On a calm machine of two cores that is 3,000 a second; measured beside it, in turns and by the
same clock, what the service reaches is a ratio that says the same on any machine.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from libraries import DatasketchBatch

ARTICLES = 2000  # of one round
CALM = 3000.0  # articles a second of the bare loop on a calm machine


class Bare:
    """The loop over the first texts of a file of JSON lines, a fresh index for each round."""

    def __init__(self, file: Path) -> None:
        with file.open("rb") as lines:
            self._texts = [json.loads(line).get("text") or "" for line in islice(lines, ARTICLES)]
        self._library = DatasketchBatch()
        self._library.signature(self._texts[0])
        self.rates: list[float] = []  # articles a second by the clock
        self.processor: list[float] = []  # microseconds of the processor for each

    def round(self) -> None:
        """Run the loop once."""
        ask = self._library.index()
        began, used = time.perf_counter(), time.thread_time()
        for key, text in enumerate(self._texts):
            ask(key, self._library.signature(text))
        self.rates.append(len(self._texts) / (time.perf_counter() - began))
        self.processor.append((time.thread_time() - used) / len(self._texts) * 1e6)

    @property
    def rate(self) -> float:
        """Articles a second, the median of the rounds."""
        return statistics.median(self.rates)

    @property
    def slowness(self) -> float:
        """How many times slower this machine is now than a calm one."""
        return CALM / self.rate

    def beside(self, name: str, rates: Sequence[float], processor: Sequence[float]) -> None:
        """Print what was measured in turns with the rounds, and what a calm machine would reach: medians."""
        rate = statistics.median(rates)
        print(f"{'':<34} {'articles/s':>10} {'us of processor':>16} {'ratio':>6} {'calm':>7}")
        self._row("bare datasketch loop", self.rate, self.processor)
        self._row(name, rate, processor)

    def _row(self, name: str, rate: float, processor: Sequence[float]) -> None:
        used, ratio = statistics.median(processor), rate / self.rate
        print(f"{name:<34} {rate:>10,.0f} {used:>16,.0f} {ratio:>6.2f} {ratio * CALM:>7,.0f}", flush=True)
