"""Does anything grow while a fleet works for long and its processes are killed now and then?

    python bench/soak.py STREAM.jsonl[.gz] [--minutes 60] [--rate 100] [--kill-every 60] [--window 20000]

Sends the stream, grown where it is too short, at a steady rate over HTTP, and kills (-9) a random process now
and then. The window is small, so that it is full early. Prints for each tenth of the time what there was at
the most: memory by kind of process, open files, Redis' keys, PostgreSQL's connections, waiting articles; and
the age of the oldest one that waited. In the end all that was acknowledged must be placed, once.
"""

from __future__ import annotations

import argparse
import random
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import httpx2
from corpus import Corpus, Raw, read_stream
from faults import kill_some, lost_or_doubled, settle
from redis.exceptions import RedisError
from running import Running, family, running
from sqlalchemy import func, select

from service import fleet, pipeline
from service.broker import connect
from service.errors import SamestoryError
from service.store import Store
from service.store.schema import QUEUED, articles

AT_ONCE = 20
LOOK_SECONDS = 5.0
PARTS = 10
SERVERS = ("postgres", "redis")


class Steady:
    """Sends at a rate, from two clients, each batch until it is acknowledged."""

    def __init__(self, doors: list[str], raws: Iterator[Raw], rate: float) -> None:
        self.acknowledged: set[str] = set()
        self.refused = 0
        self._doors, self._raws, self._rate = doors, raws, rate
        self._lock, self._stopping = threading.Lock(), threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(door,)) for door in doors]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _run(self, door: str) -> None:
        due = time.monotonic()
        with httpx2.Client(timeout=20.0, trust_env=False) as client:
            while not self._stopping.is_set():
                with self._lock:
                    batch = list(islice(self._raws, AT_ONCE))
                while not self._sent(client, door, batch):
                    time.sleep(0.5)
                due += AT_ONCE * len(self._doors) / self._rate
                self._stopping.wait(max(0.0, due - time.monotonic()))

    def _sent(self, client: httpx2.Client, door: str, batch: list[Raw]) -> bool:
        try:
            answer = client.post(f"{door}/v1/articles", json=batch)
            answer.raise_for_status()
        except httpx2.HTTPError:
            self.refused += 1
            return False
        self.acknowledged.update(result["id"] for result in answer.json()["results"] if result.get("id"))
        return True


def look(up: Running, store: Store) -> dict[str, float]:
    """What there is now; what cannot be asked just now is left out."""
    found: dict[str, float] = defaultdict(float)
    for part in fleet.parts(up.settings):
        kind = str(part["name"]).partition("-")[0]
        for pid in family(int(part["pid"])) if kind != "supervisor" else [int(part["pid"])]:
            memory, files = held(pid)
            found[f"MiB {kind}"] += memory
            found["open files"] += 0 if kind in SERVERS else files  # PostgreSQL keeps those of tables open
    try:
        with connect(up.settings, 1, 1) as redis:
            found["Redis keys"] = redis.dbsize()
    except RedisError:
        pass
    try:
        with store.read() as connection:
            query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            found["connections"] = connection.exec_driver_sql(query).scalar_one()
            waiting = select(func.count(), func.min(articles.c.arrived_at)).where(QUEUED)
            number, oldest = connection.execute(waiting).one()
        found["waiting"], found["oldest, s"] = number, store.now() - oldest if oldest else 0.0
    except SamestoryError:
        pass
    return found


def held(pid: int) -> tuple[float, int]:
    """MiB of a process, its part of what it shares, and its open files; nothing of one that has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    except OSError:
        return 0.0, 0
    return sum(float(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024, files


def watch(up: Running, store: Store, seconds: float, rng: random.Random, every: float) -> Counter[str]:
    """Look and kill for so long; prints the most of each tenth. Returns what was killed."""
    killed: Counter[str] = Counter()
    began, next_kill, most, part, headed = time.monotonic(), every, dict[str, float](), 1, False
    while part <= PARTS:
        for name, value in look(up, store).items():
            most[name] = max(value, most.get(name, 0.0))
        time.sleep(LOOK_SECONDS)
        passed = time.monotonic() - began
        if passed >= next_kill:
            killed += kill_some(up.settings, 1, rng)
            next_kill += every
        if passed >= part * seconds / PARTS:
            if not headed:
                print(" ".join(f"{name:>12}" for name in ("minute", *sorted(most))), flush=True)
                headed = True
            values = (f"{most[name]:12,.0f}" for name in sorted(most))
            print(" ".join([f"{passed / 60:12.1f}", *values]), flush=True)
            most, part = {}, part + 1
    return killed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("stream", type=Path)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=100.0)
    parser.add_argument("--kill-every", type=float, default=60.0)
    parser.add_argument("--window", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    stream, wanted = read_stream(given.stream), int(1.2 * 60 * given.minutes * given.rate)
    raws = iter(stream) if len(stream) >= wanted else Corpus(stream).grown(wanted)
    settings = {"SAMESTORY_WINDOW_ARTICLES": str(given.window), "SAMESTORY_ANONYMOUS_PER_MINUTE": "0"}
    with running(settings) as up, pipeline.open_store(up.settings) as store:
        steady = Steady(up.doors, raws, given.rate)
        killed = watch(up, store, 60 * given.minutes, random.Random(given.seed), given.kill_every)
        steady.stop()
        left = settle(store, steady.acknowledged)
        wrong = lost_or_doubled(store, steady.acknowledged)
    print(f"{len(steady.acknowledged):,} acknowledged, {steady.refused} requests sent again; ", end="")
    print(f"killed: {dict(sorted(killed.items()))}; {len(left)} left; {'; '.join(wrong) or 'nothing wrong'}")
    sys.exit(bool(wrong or left))


if __name__ == "__main__":
    main()
