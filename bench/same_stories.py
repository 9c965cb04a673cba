"""Does a whole fleet group articles as one process does that is given them in the order the owner committed?

    python bench/same_stories.py [--stream 20000] [--shared DIR]

Three workers, two APIs, an owner with a standby, PostgreSQL and Redis; four clients send the seed pages, the
labelled sets and the Arabic stream at once. Compares the stories as they came, and re-clustered.
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path

from corpus import SHARED, Raw, read_stream
from faults import Sender, alone, groups, recluster, settle
from running import running

from service import logs, pipeline
from service.store import Store

SETS = ("allsides_dev", "ecbplus_dev", "ecbplus_train")


def everything(shared: Path, stream: int) -> list[Raw]:
    """The articles, each once, in no order."""
    found = [{"id": page.stem, "text": page.read_text()} for page in sorted((shared / "seeds").glob("*.txt"))]
    for name in SETS:
        found += read_stream(shared / "data" / "same_event" / f"{name}.jsonl")
    found += read_stream(shared / "data" / "streams" / "saudinewsnet.jsonl.gz", stream)
    known = {raw["id"]: {name: value for name, value in raw.items() if value is not None} for raw in found}
    raws = list(known.values())
    random.Random(1).shuffle(raws)
    return raws


def committed(store: Store) -> list[str]:
    """The articles in the order in which the owner placed them."""
    order: list[str] = []
    since = 0
    while changes := store.changes(since, 10_000):
        order += [c.article_id for c in changes if c.type == "article.placed" and c.article_id]
        since = changes[-1].seq
    return order


def main() -> None:
    logs.configure()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--stream", type=int, default=20_000)
    parser.add_argument("--shared", type=Path, default=SHARED)
    given = parser.parse_args()
    raws = everything(given.shared, given.stream)
    with running({}, worker=3) as up, pipeline.open_store(up.settings) as store:
        sender = Sender(up.doors, raws, 0.0)
        sender.join()
        left = settle(store, sender.acknowledged)
        order, found, key = committed(store), groups(store), store.key
        recluster(store)
        regrouped = groups(store)
    by_id = {raw["id"]: raw for raw in raws}
    online, anew = alone(key, [by_id[id] for id in order])
    print(f"{len(raws):,} articles sent, {len(left)} left, {len(order):,} placed, {len(found):,} stories")
    print(f"stories that differ: {len(found ^ online)} as they came, {len(regrouped ^ anew)} re-clustered")
    sys.exit(bool(left or found ^ online or regrouped ^ anew))


if __name__ == "__main__":
    main()
