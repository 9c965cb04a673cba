"""What does a decision cost, candidates, evidence and placing, and does a fuller window make it dearer?

    python bench/deciding.py [--articles 100000] [--data DIR]

Places the Arabic stream, grown to any size, on one core, and prints the processor time of an article as the
window fills: of the kernel that decides, and of all that placing takes. A further copy of the stream keeps
its dates, its events and its common words, while all words that fewer than one in a hundred articles use
become others, the same ones throughout the copy: names, numbers and places of another world's news.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from labelled_sets import read_sets

from service.model import Sketch, UInt32, WindowArticle
from service.settings import Settings
from service.sketch import kernels
from service.sketch.sketch import Sketcher
from service.stories import place
from service.stories.place import Owner

COMMON = 0.01  # of the articles: a word that more of them use is of the language, not of an event
BATCH = 500
_ODD = 0x9E3779B1


def main() -> None:
    shared = Path(os.environ.get("SAMESTORY_SHARED", Path(__file__).parents[2] / "shared"))
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--data", type=Path, default=shared / "data")
    options = parser.parse_args()
    items = [item for item in read_sets(options.data)["arabic"].items if item.sketch.matchable]
    numbers = itertools.count()
    owner = Owner(Settings(), new_story_id=lambda: str(next(numbers)))
    owner.place(*grown(items[:BATCH], 1, len(items)))  # compiled and warm
    gc.set_threshold(100_000, 20, 20)  # as the command line has it
    decide = _Timed(place.decide)
    place.decide = decide  # type: ignore[assignment]
    print(f"{'window':>9} {'us, deciding':>14} {'all':>6}  (thread time of an article)")
    placed = grown(items, 2, options.articles)
    while True:
        chunk = list(itertools.islice(placed, 20 * BATCH))
        if not chunk:
            break
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


def grown(items: Sequence[WindowArticle], first_copy: int, articles: int) -> Iterator[WindowArticle]:
    """The stream again and again, each time as another world's news."""
    used: Counter[int] = Counter()
    for item in items:
        used.update({*item.sketch.title.tolist(), *item.sketch.body.tolist()})
    common = np.array([word for word, count in used.items() if count > COMMON * len(items)], np.uint32)
    shape = Sketcher()._shape
    copies = ((copy, item) for copy in itertools.count(first_copy) for item in items)
    for copy, item in itertools.islice(copies, articles):
        title, body = (_renamed(words, common, copy) for words in (item.sketch.title, item.sketch.body))
        signature, passages = kernels.summarise(body, *shape[1:])
        sketch = Sketch(title, body, item.sketch.flags, signature, passages)
        yield replace(item, article_id=f"{item.article_id} {copy}", sketch=sketch)


def _renamed(words: UInt32, common: UInt32, copy: int) -> UInt32:
    other = (words * np.uint32(_ODD)) ^ np.uint32(copy * _ODD & 0xFFFFFFFF)
    return np.where(np.isin(words, common), words, other).astype(np.uint32)


if __name__ == "__main__":
    main()
