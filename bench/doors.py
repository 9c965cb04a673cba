"""How many articles a second come in through the server's doors, placed and on disk?

    python bench/doors.py ARTICLES.jsonl[.gz] [--limit 5000]

Two doors, each into a fresh store: NDJSON posts of 500 articles one after the other, and single posts on
eight keep-alive connections. An article is accepted when its answer came: then it is on disk (SQLite's
`synchronous = FULL`: an fsync for every transaction). It is searchable once it is placed. Printed are
articles a second until the last answer and until the last is placed, the server's processor time for each
article, its memory, and the median and 99th percentile of the answers; a fifth of the articles came in
before. Beside either door, in turns, runs a bare loop over datasketch (`bench/bare.py`); the ratio says what
a calm machine would reach. Kernels should be compiled.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from bare import Bare
from ingest import first_lines
from lean_serving import Connection, Server, request, serving

CONNECTIONS, LINES = 8, 500
WARMING = 5  # of so many requests one is sent before the clock runs
PLACED_SECONDS = 600.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("articles", type=Path)
    parser.add_argument("--limit", type=int, default=5000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "articles.jsonl"
        first_lines(given.articles, given.limit, file)
        lines = file.read_bytes().splitlines()
        print(f"{'door':<34} {'accepted/s':>10} {'placed/s':>9} {'us of processor':>16} {'MiB':>6}")
        many = [
            request("POST", "/v1/articles", b"\n".join(some), "application/x-ndjson")
            for some in _batched(lines, LINES)
        ]
        single = [request("POST", "/v1/articles", line) for line in lines]
        bare = Bare(file)
        bare.round()
        one = measure("NDJSON, 500 a request", Path(directory) / "many", many, len(lines), 1)
        bare.round()
        two = measure("single, 8 connections", Path(directory) / "single", single, len(lines), CONNECTIONS)
        bare.round()
        bare.beside("NDJSON, 500 a request: placed", *one)
        bare.beside("single, 8 connections: accepted", *two)


def _batched(lines: Sequence[bytes], size: int) -> list[Sequence[bytes]]:
    return [lines[at : at + size] for at in range(0, len(lines), size)]


def measure(
    door: str, data: Path, requests: Sequence[bytes], articles: int, connections: int
) -> tuple[list[float], list[float]]:
    """Send all into a fresh store, wait until they are placed, and print a row. Returns the articles a second
    that were placed, or where they were sent singly accepted, and the processor's microseconds for each."""
    with serving(data) as server:
        first = len(requests) // WARMING
        send_all(server, requests[:first], connections)
        wait_placed(server, articles * first // len(requests))
        before, began = server.processor_seconds(), time.perf_counter()
        times = send_all(server, requests[first:], connections)
        accepted = time.perf_counter() - began
        wait_placed(server, articles)
        articles -= articles * first // len(requests)
        placed = time.perf_counter() - began
        processor = (server.processor_seconds() - before) / articles * 1e6
        memory = server.resident_mib()
    said = f"answers {quantile(times, 0.5) * 1e3:.1f} ms, p99 {quantile(times, 0.99) * 1e3:.1f} ms"
    rates = f"{articles / accepted:>10,.0f} {articles / placed:>9,.0f}"
    print(f"{door:<34} {rates} {processor:>16,.0f} {memory:>6,.0f}  {said}", flush=True)
    return [articles / (accepted if connections > 1 else placed)], [processor]


def send_all(server: Server, requests: Sequence[bytes], connections: int) -> list[float]:
    """Send requests over so many connections; the seconds that each answer took."""
    numbers, times = count(), [0.0] * len(requests)

    def run() -> None:
        connection = Connection(server.port)
        while (number := next(numbers)) < len(requests):
            began = time.perf_counter()
            answer = connection.send(requests[number])
            times[number] = time.perf_counter() - began
            if answer.status not in (200, 202):
                raise SystemExit(f"{answer.status}: {answer.body.decode()}")
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def wait_placed(server: Server, articles: int) -> None:
    """Wait until so many articles are placed."""
    connection, deadline = Connection(server.port), time.monotonic() + PLACED_SECONDS
    while time.monotonic() < deadline:
        found = connection.get("/readyz").json()
        if found.get("details", found).get("placed", 0) >= articles:
            return
        time.sleep(0.05)
    raise SystemExit("not all articles were placed in time")


def quantile(times: Sequence[float], part: float) -> float:
    """The value that so large a part of the values does not exceed."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


if __name__ == "__main__":
    main()
