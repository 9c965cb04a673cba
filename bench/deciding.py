"""What does a decision cost, candidates, evidence and placing, and does a fuller window make it dearer?

    python bench/deciding.py [--articles 100000] [--stream FILE]

Places the Arabic stream, or another one, grown to any size as `bench/corpus.py` does, on one core, and
prints the processor time of an article as the window fills: of the kernel that decides, and of all that
placing takes.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from corpus import ARABIC, Corpus, read_stream, window_articles

from service.settings import Settings
from service.stories import place
from service.stories.place import Owner

BATCH = 500


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--stream", type=Path, default=ARABIC)
    options = parser.parse_args()
    placed = window_articles(Corpus(read_stream(options.stream)).grown(options.articles))
    numbers = itertools.count()
    owner = Owner(Settings(), new_story_id=lambda: str(next(numbers)))
    owner.place(*itertools.islice(placed, BATCH))  # compiled and warm
    gc.set_threshold(100_000, 20, 20)  # as the command line has it
    decide = _Timed(place.decide)
    place.decide = decide  # type: ignore[assignment]
    print(f"{'window':>9} {'us, deciding':>14} {'all':>6}  (thread time of an article)")
    while chunk := list(itertools.islice(placed, 20 * BATCH)):
        started, decide.seconds = time.thread_time(), 0.0
        for first in range(0, len(chunk), BATCH):
            owner.place(*chunk[first : first + BATCH])
        whole, kernel = (1e6 * t / len(chunk) for t in (time.thread_time() - started, decide.seconds))
        speed = f"(plain loop {_plain():.0f} ns a turn)"
        print(f"{len(owner):>9,} {kernel:>14.0f} {whole:>6.0f}  {speed}", flush=True)
    print(f"{len(set(owner.stories().values())):,} stories")


class _Timed:
    """A function, and the processor time spent in it."""

    def __init__(self, function: Callable[..., int]) -> None:
        self._function, self.seconds = function, 0.0

    def __call__(self, *arguments: Any) -> int:
        started = time.thread_time()
        try:
            return self._function(*arguments)
        finally:
            self.seconds += time.thread_time() - started


def _plain() -> float:
    """Nanoseconds of a turn of a plain Python loop: how fast the machine is now."""
    started, total = time.thread_time(), 0
    for number in range(1_000_000):
        total += number
    return (time.thread_time() - started) * 1e3


if __name__ == "__main__":
    main()
