"""What do storing and placing cost beside text, sketch and decision? Prints microseconds per article.

    python bench/store.py ARTICLES.jsonl[.gz] [--limit N]

Decisions are made up (two articles in five join a story, with one link and one near miss), so that the store
alone is measured: hashes, rows, memberships, evidence, counts, log, commits with synchronous=FULL.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

from service import pipeline
from service.incoming import prepare_article, read_raws
from service.model import Evidence, Link, Placement, WindowArticle
from service.pipeline import story_ids
from service.settings import Settings
from service.store.rows import candidate, content_hash

BATCH = 500
NUMBERS = {f"feature_{n}": 0.1234 for n in range(16)}
EVIDENCE = Evidence("event", True, 0.9, 0.01, 0.02, 0.03, (), NUMBERS, NUMBERS)


class Dice:
    """An owner that decides by dice."""

    def __init__(self) -> None:
        self._rng = random.Random(1)
        self._new = story_ids()
        self._story_of: dict[str, str] = {}
        self._ids: list[str] = []

    def __contains__(self, article_id: str) -> bool:
        return article_id in self._story_of

    def place(self, item: WindowArticle) -> Placement:
        article_id, recent = item.article_id, self._ids[-BATCH:]
        if len(recent) > 1 and self._rng.random() < 0.4:
            friend, other = self._rng.sample(recent, 2)
            links = (Link(article_id, friend, EVIDENCE),), (Link(article_id, other, EVIDENCE),)
            decided = Placement(
                article_id, item.version, self._story_of[friend], False, "same_event", 0.9, friend, *links
            )
        else:
            decided = Placement(article_id, item.version, self._new(), True, None, 1.0, None, (), ())
        self._story_of[article_id] = decided.story_id
        self._ids.append(article_id)
        return decided


def measure(raws: list[dict[str, Any]]) -> None:
    """Store and place them; what comes before the store is done beforehand."""
    with (
        tempfile.TemporaryDirectory() as directory,
        pipeline.open_store(Settings(data=Path(directory))) as store,
    ):
        sketcher = pipeline.make_sketcher(store)
        readable, _ = read_raws(raws, store.settings.article_bytes)
        ready = [(index, item, prepare_article(sketcher, item, 0.0)) for index, item in readable.items()]
        owner: Any = Dice()
        taken, placed, began = 0.0, 0.0, time.perf_counter()
        for start in range(0, len(ready), BATCH):
            part = ready[start : start + BATCH]
            before = time.process_time()
            made = [(index, candidate(item, content_hash(item), prepared)) for index, item, prepared in part]
            pipeline.admit(store, made, [], 1.7e9 + start)
            between = time.process_time()
            pipeline.place(store, owner, BATCH, 1.7e9 + start)
            taken, placed = taken + between - before, placed + time.process_time() - between
        wall = time.perf_counter() - began
        number = len(ready)
        print(f"{'articles':>9} {'take in':>9} {'place':>9} {'both, CPU':>10} {'wall':>9} {'bytes':>7}")
        each = [1e6 * value / number for value in (taken, placed, taken + placed, wall)]
        size = store.database.bytes() / number
        print(
            f"{number:9} {each[0]:6.0f} us {each[1]:6.0f} us {each[2]:7.0f} us {each[3]:6.0f} us {size:7.0f}"
        )
        print("check:", store.check() or "ok")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("articles", type=Path)
    parser.add_argument("--limit", type=int)
    given = parser.parse_args()
    opened = gzip.open if given.articles.suffix == ".gz" else open
    with opened(given.articles, "rt", encoding="utf-8") as lines:
        measure([json.loads(line) for line in islice(lines, given.limit)])


if __name__ == "__main__":
    main()
