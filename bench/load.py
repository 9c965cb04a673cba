"""How long do readers wait while articles stream in? Prints the quantiles of GETs, and errors.

    python bench/load.py STREAM.jsonl[.gz] [--stored 20000] [--rate 500] [--seconds 30] [--readers 4]
        [--scaled]

Imports so many articles of the stream, grown as `bench/corpus.py` does, starts the server on them, and says
how long it took to be ready. Then articles come in, single posts of so many a second on eight connections,
while readers ask, one request after the other: pages of `GET /v1/stories` (half of them with a cursor) and
single stories that those pages named. Before and after, a bare loop over datasketch says how fast the machine
is (`bench/bare.py`): with --scaled, articles come in by so many fewer as it is slower than a calm one. The
last column is what the 99th percentile would be on a calm one. Kernels should be compiled before.
"""

from __future__ import annotations

import argparse
import itertools
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
from bare import Bare
from corpus import Corpus, Raw, read_stream
from doors import CONNECTIONS, quantile
from lean_serving import Connection, Server, request, serving

READ_PAUSE = 0.01  # seconds between a reader's requests, so that readers are not the whole load


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("stream", type=Path)
    parser.add_argument("--stored", type=int, default=20_000)
    parser.add_argument("--rate", type=float, default=500.0)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--readers", type=int, default=4)
    parser.add_argument("--scaled", action="store_true")
    given = parser.parse_args()
    articles = Corpus(read_stream(given.stream)).grown(given.stored + int(given.rate * given.seconds))
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory) / "data"
        first = Path(directory) / "first.jsonl"
        bring_in(itertools.islice(articles, given.stored), first, data)
        waiting = [request("POST", "/v1/articles", orjson.dumps(raw)) for raw in articles]
        bare = Bare(first)
        bare.round()
        rate = given.rate / bare.slowness if given.scaled else given.rate
        with serving(data) as server:
            said = f"{server.seconds:.1f} s, {server.seconds / bare.slowness:.1f} on a calm machine"
            print(f"{given.stored:,} articles in the window: ready after {said}", flush=True)
            load = Load(server, waiting, rate, given.seconds)
            load.run(given.readers)
            bare.round()
            load.tell(bare)


def bring_in(articles: Iterator[Raw], file: Path, data: Path) -> None:
    """Import articles into a fresh store."""
    with file.open("wb") as out:
        out.writelines(orjson.dumps(raw) + b"\n" for raw in articles)
    command = [sys.executable, "-m", "service.cli", "import", str(file), "--data", str(data)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Load:
    """Posts at a steady rate, and readers beside them."""

    def __init__(self, server: Server, waiting: list[bytes], rate: float, seconds: float) -> None:
        self._server, self._waiting, self._rate, self._seconds = server, waiting, rate, seconds
        self._times: dict[str, list[float]] = {"a page of stories": [], "one story": [], "a post": []}
        self._errors: list[str] = []
        self._numbers = itertools.count()

    def run(self, readers: int) -> None:
        """Run until the time is over."""
        self._began = time.perf_counter()
        threads = [threading.Thread(target=self._post) for _ in range(CONNECTIONS)]
        threads += [threading.Thread(target=self._read, args=(seed,)) for seed in range(readers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._took = time.perf_counter() - self._began

    def tell(self, bare: Bare) -> None:
        """Print what was seen, and end with an error where there was one."""
        posts = len(self._times["a post"]) / self._took
        print(f"{posts:,.0f} posts a second, {len(self._errors)} errors")
        calm = f"{posts * bare.slowness:,.0f} posts a second there"
        print(f"a calm machine is {bare.slowness:.1f} times as fast: {calm}")
        print(f"{'ms':<20} {'number':>8} {'p50':>8} {'p95':>8} {'p99':>8} {'p99, calm':>10}")
        for name, times in self._times.items():
            found = [quantile(times, part) * 1e3 for part in (0.5, 0.95, 0.99)]
            figures = " ".join(f"{one:>8.1f}" for one in found)
            print(f"{name:<20} {len(times):>8,} {figures} {found[-1] / bare.slowness:>10.1f}")
        if self._errors:
            print(f"the first error: {self._errors[0]}")
            sys.exit(1)

    def _left(self) -> float:
        return self._began + self._seconds - time.perf_counter()

    def _post(self) -> None:
        connection = Connection(self._server.port)
        while self._left() > 0 and (number := next(self._numbers)) < len(self._waiting):
            time.sleep(max(0.0, self._began + number / self._rate - time.perf_counter()))
            began = time.perf_counter()
            answer = connection.send(self._waiting[number])
            self._note("a post", began, answer.status, (200, 202))
        connection.close()

    def _read(self, seed: int) -> None:
        rng, connection = random.Random(seed), Connection(self._server.port)
        cursor, known = "", list[str]()
        while self._left() > 0:
            began = time.perf_counter()
            answer = connection.get(f"/v1/stories?limit=20{cursor}")
            self._note("a page of stories", began, answer.status, (200,))
            page = answer.json()
            known = [story["id"] for story in page["stories"]]
            cursor = f"&cursor={page['next']}" if page.get("next") and rng.random() < 0.5 else ""
            for story_id in rng.sample(known, min(3, len(known))):
                time.sleep(READ_PAUSE)
                began = time.perf_counter()
                answer = connection.get(f"/v1/stories/{story_id}")
                self._note("one story", began, answer.status, (200,))
        connection.close()

    def _note(self, name: str, began: float, status: int, wanted: tuple[int, ...]) -> None:
        self._times[name].append(time.perf_counter() - began)
        if status not in wanted:
            self._errors.append(f"{name}: {status}")


if __name__ == "__main__":
    main()
