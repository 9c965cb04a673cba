"""How long is nothing placed when the owner of decisions is killed, or stopped, with a full window?

    python bench/failover.py STREAM.jsonl[.gz] [--articles 200000] [--times 3]

Fills a window with the stream, grown as in `bench/corpus.py` where it is too short, then runs a fleet over it
while articles come in by HTTP all the time. The one who decides is killed (-9), the next time stopped
(SIGSTOP), and so on, each time once another stands by. Prints the longest time between two placed articles
around each, by the change log.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice, pairwise
from pathlib import Path

import httpx2
import orjson
from corpus import Corpus, Raw, read_stream
from running import place, running

from service import fleet, pipeline
from service.broker import connect
from service.presence import ALIVE
from service.settings import Settings
from service.store import Store

AT_ONCE = 5
FURTHER = 8_000  # that come in later, 25 a second
PAUSE_SECONDS = 0.2
SETTLED_SECONDS = 10.0
READY_SECONDS = 1800.0


def fill(directory: Path, raws: Iterator[Raw]) -> int:
    """Bring all in as an archive is brought in; returns how many were placed."""
    with running({}, directory, api=1, worker=0, owner=0, beat=0) as up:
        environment = {
            **os.environ,
            "SAMESTORY_DATA": str(directory / "import"),
            "SAMESTORY_STORE_URL": str(up.settings.store_url),
            "SAMESTORY_STORE_PASSWORD_FILE": str(up.settings.store_password_file),
            "SAMESTORY_RECLUSTER_MINUTES": "0",
        }
        command = [sys.executable, "-m", "service.cli", "import", "-"]
        with subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        ) as process:
            assert process.stdin is not None  # noqa: S101 it was asked for
            for raw in raws:
                process.stdin.write(orjson.dumps(raw) + b"\n")
            process.stdin.close()
        with pipeline.open_store(up.settings) as store:
            return store.counts().get("placed", 0)


def of_role(settings: Settings, role: str) -> list[int]:
    """Processes that said within the last minute that they are this, and still run."""
    with connect(settings, 2, 2) as redis:
        keys = [key.decode() for key in redis.scan_iter(match=f"{ALIVE}{role}:*", count=1000)]
    running_now = {int(part["pid"]) for part in fleet.parts(settings)}
    return [pid for key in keys if (pid := int(key.rpartition(":")[2])) in running_now]


def await_roles(settings: Settings) -> int:
    """Wait until one decides and another stands by; returns the one who decides."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        owners, standing = of_role(settings, "owner"), of_role(settings, "standby")
        if len(owners) == 1 and set(standing) - set(owners):
            return owners[0]
        time.sleep(1.0)
    raise SystemExit("No owner with a standby.")


@contextmanager
def arriving(door: str, raws: Iterator[Raw]) -> Iterator[None]:
    """Articles come in all the time."""
    stopping = threading.Event()

    def send() -> None:
        with httpx2.Client(timeout=60, trust_env=False) as client:
            while not stopping.wait(PAUSE_SECONDS):
                client.post(f"{door}/v1/articles", json=list(islice(raws, AT_ONCE)))

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def longest_gap(store: Store, since: int) -> float:
    """The longest time between two placed articles after a change."""
    times: list[float] = []
    while changes := store.changes(since, 5000):
        times += store.change_times([c.seq for c in changes if c.type == "article.placed"]).values()
        since = changes[-1].seq
    times = sorted(set(times))
    return max(later - earlier for earlier, later in pairwise(times))


def fail(up_settings: Settings, store: Store, how: signal.Signals) -> float:
    """Kill or stop the one who decides; returns the seconds in which nothing was placed."""
    owner = await_roles(up_settings)
    time.sleep(SETTLED_SECONDS)
    before = store.last_change()
    time.sleep(1.0)
    os.killpg(owner, how)
    time.sleep(3 * SETTLED_SECONDS)
    if how == signal.SIGSTOP:
        os.killpg(owner, signal.SIGCONT)  # it finds that it was robbed, and leaves
    return longest_gap(store, before)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("stream", type=Path)
    parser.add_argument("--articles", type=int, default=200_000)
    parser.add_argument("--times", type=int, default=3)
    given = parser.parse_args()
    stream = read_stream(given.stream)
    wanted = given.articles + FURTHER
    raws = iter(stream) if len(stream) >= wanted else Corpus(stream).grown(wanted)
    with place() as directory:
        began = time.monotonic()
        number = fill(directory, islice(raws, given.articles))
        print(f"{number:,} articles in the window after {time.monotonic() - began:,.0f} s", flush=True)
        with running({}, directory, api=1) as up, pipeline.open_store(up.settings) as store:
            await_roles(up.settings)
            print(f"owner and standby are ready after {time.monotonic() - began:,.0f} s", flush=True)
            with arriving(up.doors[0], raws):
                for turn in range(given.times):
                    how = signal.SIGSTOP if turn % 2 else signal.SIGKILL
                    print(f"{how.name}: nothing placed for {fail(up.settings, store, how):.1f} s", flush=True)


if __name__ == "__main__":
    main()
