"""Do stories keep their ids while they are re-clustered, and does the lineage know of every change?

    python bench/identity.py [--every-hours 2] [--thin 1] [--data DIR]

Replays the Arabic stream by its dates, articles arriving when they were published, and re-clusters what
changed every so many hours of the stream's time, and all that is kept once a night. Prints for each day the
runs, the articles they looked at, how many got another story id (merges included), the least share of a run
that kept theirs, and how many articles are to move in the next runs. At the end: whether every id ever served
resolves, whether every change is in the lineage with its run, and whether the lineage, replayed from empty,
gives the stories. `--thin N` takes every Nth article.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import os
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from service import pipeline
from service.model import ReclusterScope
from service.settings import Settings
from service.store import Store
from service.stories.place import Owner

HOUR, DAY = 3600.0, 86_400.0
Raw = dict[str, Any]


def main() -> None:
    shared = Path(os.environ.get("SAMESTORY_SHARED", Path(__file__).parents[2] / "shared"))
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--every-hours", type=float, default=2.0)
    parser.add_argument("--thin", type=int, default=1)
    parser.add_argument("--data", type=Path, default=shared / "data")
    options = parser.parse_args()
    stream = itertools.islice(read(options.data / "streams" / "saudinewsnet.jsonl.gz"), 0, None, options.thin)
    with tempfile.TemporaryDirectory() as folder:
        replayed = Replay(Settings(data=Path(folder), recluster_share=1.0))
        replayed.run(sorted(stream, key=arrival), options.every_hours * HOUR)
        replayed.report()


def read(path: Path) -> Iterator[Raw]:
    """The articles of a stream that have a date."""
    with gzip.open(path) as lines:
        yield from (raw for raw in map(orjson.loads, lines) if raw.get("published"))


def arrival(raw: Mapping[str, Any]) -> float:
    """When it was published, in Unix seconds."""
    return datetime.fromisoformat(raw["published"]).replace(tzinfo=UTC).timestamp()


class Replay:
    """A store that lives through the stream, and what was seen of it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store: Store = pipeline.open_store(settings, key=b"sixteen bytes ..")
        self.sketcher = pipeline.make_sketcher(self.store)
        self.owner: Owner = pipeline.rebuild_owner(self.store, settings, 0.0)
        self.served: set[str] = set()
        self.untold = self.runs = self.moved = self.seen = 0
        self.least = 1.0
        self.night: float | None = None
        self.now = self.waiting = 0.0
        print(f"{'day':<11} {'runs':>5} {'articles':>9} {'moved':>6} {'least kept':>11} {'waiting':>8}")

    def run(self, raws: list[Raw], every: float) -> None:
        """Let the articles arrive, and re-cluster after each stretch that brought some."""
        for day, of_day in itertools.groupby(raws, lambda raw: raw["published"][:10]):
            for stretch, arrived in itertools.groupby(of_day, lambda raw: arrival(raw) // every):
                now = (stretch + 1) * every
                while self.waiting and self.now + every < now:  # the clock goes on where nothing arrives
                    self.recluster(self.now + every)
                pipeline.ingest(self.store, self.sketcher, list(arrived), now)
                while pipeline.place(self.store, self.owner, self.settings.place_batch, now):
                    pass
                pipeline.expire(self.owner, now)
                while pipeline.close_stories(self.store, self.owner, now):
                    pass
                self.served |= set(self.store.stories.assignments().values())
                self.recluster(now)
            print(
                f"{day:<11} {self.runs:>5} {self.seen:>9,} {self.moved:>6,} {self.least:>11.4f} "
                f"{self.waiting:>8,.0f}",
                flush=True,
            )
            self.runs = self.moved = self.seen = 0
            self.least = 1.0

    def recluster(self, now: float) -> None:
        """One run; counts whose id changed, and looks for each in the lineage."""
        before = self.store.stories.assignments()
        self.now = now
        request = pipeline.request_recluster(self.store, False, now, scope=self.scope(now), steady=True)
        pipeline.compute_recluster(self.settings, request, lambda: now)
        pipeline.apply_recluster(self.store, self.owner, request, now)
        after = self.store.stories.assignments()
        self.served |= set(after.values())
        changed = {article_id for article_id, story_id in after.items() if before[article_id] != story_id}
        diff = self.store.recluster(request).diff or {}
        self.waiting = diff["waiting"]
        told = {id for one in diff["transitions"] for id in one["article_ids"]}
        lineage = {id for story in {before[id] for id in changed} for id in self.told_by(story, request)}
        self.untold += len(changed - (told & lineage))
        self.runs, self.moved, self.seen = (
            self.runs + 1,
            self.moved + len(changed),
            self.seen + diff["articles"],
        )
        self.least = min(self.least, 1 - len(changed) / max(1, diff["articles"]))

    def scope(self, now: float) -> ReclusterScope:
        """As by the clock: the archive once a night, else what changed."""
        night, self.night = self.night, now // DAY
        return "archive" if night is not None and night < now // DAY else "changes"

    def told_by(self, story_id: str, request: str) -> Iterator[str]:
        """The articles that the lineage of a story names for this run."""
        for entry in self.store.stories.lineage(story_id):
            if entry.cause == f"recluster:{request}":
                yield from entry.article_ids

    def report(self) -> None:
        """What must hold at the end."""
        lost = [story for story in self.served if self.store.stories.resolve(story) is None]
        print(f"{len(self.served):,} ids served, {len(lost)} do not resolve")
        print(f"{self.untold} changes are not in the lineage")
        print(f"promises broken: {self.store.check() or 'none'}")


if __name__ == "__main__":
    main()
