"""Is anything lost, doubled or grouped otherwise while a fleet's processes are killed at random?

    python bench/faults.py ARTICLES.jsonl[.gz] [--limit N] [--kills K] [--seed S] [--no-sweep]

Runs `samestory up` in a fresh directory. Four clients send the articles over HTTP and try again on errors,
while every 2 to 5 seconds a process is killed (-9): API, prepare worker, owner, beat, Redis or PostgreSQL.
In the end every article that was acknowledged must be placed or rejected with a reason, none twice, the log
without a gap, and the re-clustered stories those of one process that nobody disturbed. `--no-sweep` is the
control: messages that were lost then stay lost, and the drill must say so (exit code 1).
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from itertools import islice
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import httpx2
from running import running

from service import fleet, logs, pipeline
from service.desk import Desk
from service.settings import Settings
from service.store import Store

CLIENTS = 4
AT_ONCE = 50  # articles in one request
PATIENCE_SECONDS = 180.0  # after the last kill
NEVER = "1000000"

Groups = set[frozenset[str]]


class Sender:
    """Sends batches to whichever API answers, until each is acknowledged."""

    def __init__(self, doors: list[str], raws: list[dict[str, Any]], pause: float) -> None:
        self.acknowledged: set[str] = set()
        self.refused = 0
        self.answers: Counter[int] = Counter()
        self._doors = doors
        self._pause = pause  # between requests: the sending lasts as long as the killing
        self._batches: Queue[list[dict[str, Any]]] = Queue()
        for start in range(0, len(raws), AT_ONCE):
            self._batches.put(raws[start : start + AT_ONCE])
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    @property
    def sending(self) -> bool:
        """Whether there is something left to send."""
        return any(thread.is_alive() for thread in self._threads)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _run(self, number: int) -> None:
        with httpx2.Client(timeout=20.0, trust_env=False) as client:
            while True:
                try:
                    batch = self._batches.get_nowait()
                except Empty:
                    return
                while not self._sent(client, self._doors[number % len(self._doors)], batch):
                    number += 1  # another API
                    time.sleep(0.5)
                time.sleep(self._pause)

    def _sent(self, client: httpx2.Client, door: str, batch: list[dict[str, Any]]) -> bool:
        try:
            answer = client.post(f"{door}/v1/articles", json=batch)
        except httpx2.HTTPError:
            self.refused += 1
            return False
        self.answers[answer.status_code] += 1
        if answer.status_code >= 500 or answer.status_code == 429:
            self.refused += 1
            return False
        self.acknowledged.update(result["id"] for result in answer.json()["results"] if result.get("id"))
        return True


def kill_some(settings: Settings, kills: int, rng: random.Random) -> Counter[str]:
    """Kill a random process, so many times; returns which."""
    killed: Counter[str] = Counter()
    for _ in range(kills):
        time.sleep(rng.uniform(2.0, 5.0))
        parts = [part for part in fleet.parts(settings) if part["name"] != "supervisor"]
        part = rng.choice(sorted(parts, key=lambda part: str(part["name"])))
        try:
            os.kill(part["pid"], signal.SIGKILL)
        except ProcessLookupError:
            continue  # its supervisor has not noticed the last kill
        killed[part["name"].partition("-")[0]] += 1
    return killed


def settle(store: Store, ids: set[str]) -> set[str]:
    """Wait until nothing is on its way; returns what still is after that."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = store.articles.several(sorted(ids))
        waiting = {article.id for article in found if article.state in ("received", "prepared")}
        waiting |= ids - {article.id for article in found}
        if not waiting or time.monotonic() > deadline:
            return waiting
        time.sleep(1.0)


def faults(store: Store, ids: set[str], raws: list[dict[str, Any]]) -> list[str]:
    """What went wrong."""
    waiting = settle(store, ids)
    wrong = [f"{len(waiting)} acknowledged articles were not placed"] if waiting else []
    wrong += lost_or_doubled(store, ids)
    if not wrong:
        known = {article.id for article in store.articles.several(sorted(ids))}
        wrong += otherwise_grouped(store, [raw for raw in raws if raw["id"] in known])
    return wrong


def lost_or_doubled(store: Store, ids: set[str]) -> list[str]:
    """What was rejected without a reason, or placed more than once, and what the store's own check finds."""
    wrong = [
        f"{article.id} was rejected without a reason"
        for article in store.articles.several(sorted(ids))
        if article.state == "rejected" and not article.reason
    ]
    placed: Counter[str | None] = Counter()
    since = 0
    while changes := store.changes(since, 10_000):
        placed.update(change.article_id for change in changes if change.type == "article.placed")
        since = changes[-1].seq
    wrong += [f"{id} was placed {number} times" for id, number in placed.items() if number > 1]
    return wrong + store.check()


def otherwise_grouped(store: Store, raws: list[dict[str, Any]]) -> list[str]:
    """The re-clustered stories that one undisturbed process does not have."""
    recluster(store)
    different = groups(store) ^ alone(store.key, raws)[1]
    return [f"{len(different)} stories differ"] if different else []


def recluster(store: Store) -> None:
    """Have the fleet group everything anew."""
    request = pipeline.request_recluster(store, False, store.now())
    while (record := store.recluster(request)).state not in ("applied", "failed"):
        time.sleep(1.0)
    if record.state == "failed":
        sys.exit(f"re-clustering failed: {record.reason}")


def alone(key: bytes, raws: list[dict[str, Any]]) -> tuple[Groups, Groups]:
    """What one undisturbed process makes of the articles in this order: as they come, and re-clustered."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), recluster_minutes=0)
        with Desk(settings, key=key) as desk:
            for start in range(0, len(raws), 500):
                desk.ingest(raws[start : start + 500])
                while desk.place():
                    pass
            online = groups(desk.store)
            request = desk.request_recluster(dry_run=False)
            pipeline.compute_recluster(settings, request)
            desk.follow_reclusters()
            return online, groups(desk.store)


def groups(store: Store) -> Groups:
    """Stories as sets of article ids."""
    members: dict[str, set[str]] = {}
    for article, story in store.stories.assignments().items():
        members.setdefault(story, set()).add(article)
    return {frozenset(ids) for ids in members.values()}


def drill(raws: list[dict[str, Any]], kills: int, rng: random.Random, *, sweep: bool) -> list[str]:
    """The whole of it, in a fresh directory."""
    given = {"SAMESTORY_STUCK_SECONDS": "5", "SAMESTORY_SWEEP_SECONDS": "2" if sweep else NEVER}
    with running(given) as up:
        return disturbed(up.doors, up.settings, raws, kills, rng)


def disturbed(
    doors: list[str], settings: Settings, raws: list[dict[str, Any]], kills: int, rng: random.Random
) -> list[str]:
    """Send and kill at the same time, then look."""
    began = time.monotonic()
    pause = 3.5 * kills * CLIENTS * AT_ONCE / max(1, len(raws))
    sender = Sender(doors, raws, pause)
    killed = kill_some(settings, kills, rng)
    sender.join()
    took = time.monotonic() - began
    print(f"{len(sender.acknowledged):,} of {len(raws):,} articles acknowledged in {took:.0f} s, ", end="")
    print(f"{sender.refused} requests refused and sent again; killed: {dict(sorted(killed.items()))}")
    with pipeline.open_store(settings) as store:
        return faults(store, sender.acknowledged, raws)


def main() -> None:
    logs.configure()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("articles", type=Path)
    parser.add_argument("--limit", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-sweep", action="store_true")
    given = parser.parse_args()
    opened = gzip.open if given.articles.suffix == ".gz" else open
    with opened(given.articles, "rt", encoding="utf-8") as lines:
        raws = [json.loads(line) for line in islice(lines, given.limit)]
    wrong = drill(raws, given.kills, random.Random(given.seed), sweep=not given.no_sweep)
    print("in the end:", "; ".join(wrong[:20]) or "nothing lost, nothing doubled, the same stories")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
