"""Do the same articles give the same stories, whatever their order, batches and restarts?

    python bench/order.py [--articles 10000] [--orders 5] [--all] [--stream english|arabic]

Takes a stream into a store in several random orders, in batches of several sizes, with and without a restart
in the middle (store closed, window read again), and re-clusters. Prints for each run how many stories there
were as the articles came and how many after, and whether these are those of the first run, as sets of
article ids. Each order has another size of batch, and every second one a restart; with --all each order has
each of both. Ends with 1 where any run differs.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from corpus import ARABIC, ARRIVED, SHARED, Raw, read_stream

from service import pipeline
from service.settings import Settings
from service.store import Store

# The English stream of full texts is too short for 10,000 articles; Reuters' goes on.
STREAMS = {
    "english": ("english_fulltext", "reuters21578"),
    "arabic": (ARABIC.name.partition(".")[0],),
}
BATCHES = (37, 500, 2500)
KEY = b"sixteen bytes .."

Partition = set[frozenset[str]]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--orders", type=int, default=5)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--stream", choices=STREAMS)
    options = parser.parse_args()
    print(f"{'stream':<8} {'order':>5} {'batch':>6} {'restart':>8} {'online':>8} {'after':>8} {'seconds':>8}")
    wrong = [
        name
        for name in ([options.stream] if options.stream else STREAMS)
        if not same(name, read(name, options.articles), list(runs(options.orders, whole=options.all)))
    ]
    print("the stories differ: " + ", ".join(wrong) if wrong else "the same stories in all runs")
    sys.exit(bool(wrong))


def read(name: str, number: int) -> list[Raw]:
    """A stream's first articles."""
    files = [SHARED / "data" / "streams" / f"{part}.jsonl.gz" for part in STREAMS[name]]
    return list(itertools.islice((raw for file in files for raw in read_stream(file)), number))


def runs(orders: int, *, whole: bool) -> Iterator[tuple[int, int, bool]]:
    """The order, the size of batches, and whether there is a restart."""
    for order in range(orders):
        if whole:
            yield from ((order, batch, restart) for batch in BATCHES for restart in (False, True))
        else:
            yield order, BATCHES[order % len(BATCHES)], bool(order % 2)


def same(name: str, raws: Sequence[Raw], each: Sequence[tuple[int, int, bool]]) -> bool:
    """Whether all runs give the same stories."""
    first: Partition | None = None
    agreed = True
    for order, batch, restart in each:
        began = time.perf_counter()
        shuffled = random.Random(order).sample(raws, len(raws)) if order else raws
        online, after = stories_of(shuffled, batch, restart=restart)
        first = first or after
        equal = after == first
        agreed &= equal
        said = "" if equal else f"  {len(after ^ first)} stories differ"
        counts = f"{len(online):>8,} {len(after):>8,} {time.perf_counter() - began:>8.0f}"
        print(f"{name:<8} {order:>5} {batch:>6,} {'yes' if restart else 'no':>8} {counts}{said}", flush=True)
    return agreed


def stories_of(raws: Sequence[Raw], batch: int, *, restart: bool) -> tuple[Partition, Partition]:
    """The stories as articles come, and re-clustered."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), recluster_share=1.0, place_batch=batch)
        store = pipeline.open_store(settings, key=KEY)
        half = len(raws) // 2 if restart else len(raws)
        take_in(store, raws[:half], batch)
        if restart:
            store.close()
            store = pipeline.open_store(settings)
            take_in(store, raws[half:], batch)
        with store:
            online = partition(store)
            request = pipeline.request_recluster(store, False, ARRIVED)
            pipeline.compute_recluster(settings, request, lambda: ARRIVED)
            owner = pipeline.rebuild_owner(store, settings, ARRIVED)
            pipeline.apply_recluster(store, owner, request, ARRIVED)
            return online, partition(store)


def take_in(store: Store, raws: Sequence[Raw], batch: int) -> None:
    """Take articles in, with the window as the store has it."""
    sketcher, owner = pipeline.make_sketcher(store), pipeline.rebuild_owner(store, store.settings, ARRIVED)
    for start in range(0, len(raws), batch):
        pipeline.ingest(store, sketcher, raws[start : start + batch], ARRIVED)
        while pipeline.place(store, owner, batch, ARRIVED):
            pass


def partition(store: Store) -> Partition:
    """The stories as sets of article ids."""
    groups: dict[str, set[str]] = {}
    for article_id, story_id in store.stories.assignments().items():
        groups.setdefault(story_id, set()).add(article_id)
    return {frozenset(group) for group in groups.values()}


if __name__ == "__main__":
    main()
