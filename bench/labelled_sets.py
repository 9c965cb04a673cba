"""Which labelled sets are there, and where do their articles lie?"""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import orjson

from service.labelled import read_set
from service.stories.examples import LabelledSet

ARRIVED = 1_700_000_000.0  # later than every article of the sets; only its being later matters
_ECB = "ecbplus_train", "ecbplus_dev"
_STREAM = Path("streams") / "saudinewsnet.jsonl.gz"


def read_sets(data: Path) -> dict[str, LabelledSet]:
    """Read all sets, by name."""
    if not data.is_dir():
        raise SystemExit(f"There is no evaluation data at {data}; name its directory with --data.")
    ecb = [_read_named(data, name) for name in _ECB]
    stories = {id: f"{part.name} {story}" for part in ecb for id, story in part.stories.items()}
    pairs = data / "same_event" / "arabic_pairs_dev.jsonl"
    return {
        "allsides": replace(_read_named(data, "allsides_dev"), name="allsides"),
        "ecb": LabelledSet("ecb", [item for part in ecb for item in part.items], stories),
        "arabic": read_set("arabic", data / _STREAM, pairs, ARRIVED),
    }


def read_texts(data: Path, name: str) -> Mapping[str, tuple[str, str]]:
    """Title and text of each article of a set, by id, as they came."""
    texts = {}
    for path in _files(data)[name]:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
            for article in map(orjson.loads, file):
                texts[article["id"]] = article["title"] or "", article["text"] or ""
    return texts


def _files(data: Path) -> Mapping[str, Sequence[Path]]:
    events = data / "same_event"
    return {
        "allsides": [events / "allsides_dev.jsonl"],
        "ecb": [events / f"{name}.jsonl" for name in _ECB],
        "arabic": [data / _STREAM],
    }


def _read_named(data: Path, name: str) -> LabelledSet:
    events = data / "same_event"
    return read_set(name, events / f"{name}.jsonl", events / f"{name}.gold.jsonl", ARRIVED)
