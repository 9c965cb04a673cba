"""What do two engines make of the same articles? Stories as sets of ids, to be compared."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
from fleet import Fleet

from service import cluster, pipeline
from service.settings import Settings

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("SAMESTORY_SHARED", ROOT.parent / "shared"))
SEEDS = ROOT / "seeds" / "articles.jsonl"
STREAM = SHARED / "data" / "streams" / "saudinewsnet.jsonl.gz"
PAGES = SHARED / "seeds"

Groups = set[frozenset[str]]


def few_articles() -> list[dict[str, Any]]:
    """Our seeds, and where the evaluation data is at hand the five pages."""
    found = [orjson.loads(line) for line in SEEDS.read_bytes().splitlines()]
    return found + [{"id": page.stem, "text": page.read_text()} for page in sorted(PAGES.glob("*.txt"))]


def articles() -> list[dict[str, Any]]:
    """The same, and where the evaluation data is at hand 5,000 articles of the stream."""
    found = few_articles()
    if STREAM.exists():
        with gzip.open(STREAM) as lines:
            found += [orjson.loads(line) for line in islice(lines, 5000)]
    return found


def groups(stories: Mapping[str, str]) -> Groups:
    """Stories as sets of article ids."""
    members: dict[str, set[str]] = {}
    for article, story in stories.items():
        members.setdefault(story, set()).add(article)
    return {frozenset(ids) for ids in members.values()}


def embedded(raws: Iterable[Mapping[str, Any]], *, online_only: bool) -> Groups:
    """What one process makes of them."""
    found = cluster(raws, online_only=online_only, settings=Settings())
    return groups({one.id: one.story for one in found if one.id and one.story})


def differences(found: Groups, expected: Groups) -> tuple[Groups, Groups]:
    """What is there and should not be, and the reverse."""
    return found - expected, expected - found


def send(to: Fleet, raws: list[dict[str, Any]], at_once: int = 500) -> None:
    """Submit as the API does, and wait for the placing."""
    ids: list[str] = []
    for start in range(0, len(raws), at_once):
        receipts = pipeline.submit(to.engine.store, raws[start : start + at_once], to.engine.store.now())
        fresh = [receipt.id for receipt in receipts if receipt.id and receipt.status == "accepted"]
        to.engine.nudge(fresh)
        ids += fresh
    assert to.engine.wait_placed(ids, seconds=180)
