"""How many articles a second do the distributed mode and its stages bear, and which process takes the time?

    python bench/stages.py end     STREAM.jsonl[.gz] [--articles 20000]   everything, from HTTP to placed
    python bench/stages.py prepare STREAM.jsonl[.gz] [--articles 1000]    HTML, one process and two, in turn
    python bench/stages.py owner   STREAM.jsonl[.gz] [--articles 20000]   deciding and writing down, alone

Over PostgreSQL, with its fsync. Beside the rates there is the processor time of an article: on a machine that
others use too it says more, and both cores' seconds over it is the rate that they would bear.
"""

from __future__ import annotations

import argparse
import html
import multiprocessing
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import httpx2
import orjson
from corpus import Raw, read_stream
from running import Running, running

from service import collecting, logs, pipeline
from service.desk import Desk
from service.settings import Settings
from service.store import Store
from service.warming import warm_deciding

CLIENTS = 2
AT_ONCE = 500
BATCHES = 8  # the owner decides one while it writes another
CHUNK = 100  # articles in one message
LOOK_SECONDS = 0.25
PATIENCE_SECONDS = 900.0


def end_to_end(raws: Sequence[Raw]) -> None:
    """From the first request to the last article placed, with everything warm."""
    with running({}) as up, pipeline.open_store(up.settings) as store:
        first = len(raws) // 10
        send(up.doors, raws[:first])
        await_placed(store, first)
        before, began = up.processor_seconds(), time.perf_counter()
        send(up.doors, raws[first:])
        acknowledged = time.perf_counter() - began
        await_placed(store, len(raws))
        took, number = time.perf_counter() - began, len(raws) - first
        used = {name: seconds - before[name] for name, seconds in up.processor_seconds().items()}
    print(f"{number / took:,.0f} articles/s placed, {number / acknowledged:,.0f} acknowledged")
    print("processor, us an article:")
    for name, seconds in sorted(used.items(), key=lambda item: -item[1]):
        print(f"{name:>12} {1e6 * seconds / number:8,.0f}")
    print(f"{'all':>12} {1e6 * sum(used.values()) / number:8,.0f}")


def send(doors: Sequence[str], raws: Sequence[Raw]) -> None:
    """Post all articles, a batch after the other to each API."""
    batches: SimpleQueue[bytes | None] = SimpleQueue()
    for start in range(0, len(raws), AT_ONCE):
        batches.put(orjson.dumps(raws[start : start + AT_ONCE]))
    for _ in range(CLIENTS):
        batches.put(None)

    def post(door: str) -> None:
        with httpx2.Client(timeout=60, trust_env=False) as client:
            while (body := batches.get()) is not None:
                headers = {"content-type": "application/json"}
                client.post(f"{door}/v1/articles", content=body, headers=headers).raise_for_status()

    threads = [threading.Thread(target=post, args=(doors[n % len(doors)],)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def await_placed(store: Store, number: int) -> None:
    """Wait until so many are placed or rejected."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        counts = store.counts()
        if counts.get("placed", 0) + counts.get("rejected", 0) >= number:
            return
        if time.monotonic() > deadline:
            raise SystemExit(f"not placed within {PATIENCE_SECONDS} s: {counts}")
        time.sleep(LOOK_SECONDS)


def prepare(raws: Sequence[Raw]) -> None:
    """HTML pages to prepared rows, by one process and by two, three rounds in turn."""
    found: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    with running({}, api=1, worker=0, owner=0, beat=0) as up, pipeline.open_store(up.settings) as store:
        for turn in range(3):
            for processes in found:
                part = [page(raw, f"{turn}-{processes}") for raw in raws]
                found[processes].append(prepared(up, store, part, processes))
    for processes, turns in found.items():
        rates = " ".join(f"{rate:.1f}" for rate, _ in turns)
        used = " ".join(f"{1000 * seconds:.1f}" for _, seconds in turns)
        print(f"processes: {processes}; HTML articles/s: {rates}; processor, ms an article: {used}")
    best = {processes: max(rate for rate, _ in turns) for processes, turns in found.items()}
    least = {processes: min(used for _, used in turns) for processes, turns in found.items()}
    print(f"of the second process: {best[2] / best[1] / 2:.0%} by the clock, ", end="")
    print(f"{least[1] / least[2]:.0%} by processor time")


def page(raw: Raw, turn: str) -> Raw:
    """An article as a page of a site, with what surrounds it there."""
    body = "".join(f"<p>{html.escape(part)}</p>" for part in raw["text"].split("\n") if part.strip())
    menu = "".join(f"<li><a href='/{n}'>Section {n}</a></li>" for n in range(40))
    title = html.escape(raw.get("title") or "")
    told = f"<html><head><title>{title}</title></head><body><nav><ul>{menu}</ul></nav><main><article>"
    return {
        "id": f"{raw['id']}-{turn}",
        "html": f"{told}<h1>{title}</h1>{body}</article></main><footer>{menu}</footer></body></html>",
    }


def prepared(up: Running, store: Store, raws: Sequence[Raw], processes: int) -> tuple[float, float]:
    """Articles a second that so many processes prepare, and the processor's seconds for one."""
    ids = [receipt.id for receipt in pipeline.submit(store, raws, store.now())]
    context = multiprocessing.get_context("spawn")
    work: Any = context.Queue()
    spent: Any = context.Queue()
    barrier = context.Barrier(processes + 1)
    given = (up.settings, work, spent, barrier)
    workers = [context.Process(target=_work, args=given) for _ in range(processes)]
    for worker in workers:
        worker.start()
    for start in range(0, len(ids), CHUNK // 5):
        work.put(ids[start : start + CHUNK // 5])
    for _ in workers:
        work.put(None)
    barrier.wait()
    began = time.perf_counter()
    seconds = sum(spent.get() for _ in workers)
    took = time.perf_counter() - began
    for worker in workers:
        worker.join()
    return len(ids) / took, seconds / len(ids)


def _work(settings: Settings, work: Any, spent: Any, barrier: Any) -> None:
    collecting.seldom()  # as workers do
    with pipeline.open_store(settings) as store:
        sketcher = pipeline.make_sketcher(store)
        sample = {
            "id": f"warm-{os.getpid()}",
            "html": page({"id": "", "text": "A bridge fell. " * 50}, "")["html"],
        }
        pipeline.submit(store, [sample], store.now())
        pipeline.prepare(store, sketcher, store.now(), ids=[sample["id"]])
        barrier.wait()
        began = time.process_time()
        while (ids := work.get()) is not None:
            pipeline.prepare(store, sketcher, store.now(), ids=ids)
        spent.put(time.process_time() - began)


def owner(raws: Sequence[Raw]) -> None:
    """All articles wait, prepared; one process decides and writes down."""
    with running({}, api=1, worker=0, owner=0, beat=0) as up, Desk(up.settings) as desk:
        collecting.seldom()
        warm_deciding(up.settings)
        for start in range(0, len(raws), AT_ONCE):
            desk.ingest(raws[start : start + AT_ONCE])
        desk.claim()
        began, before = time.perf_counter(), time.process_time()
        number = 0
        while placed := desk.place(BATCHES):
            number += placed
        took, used = time.perf_counter() - began, time.process_time() - before
    print(f"{number / took:,.0f} decisions/s written down; processor {1e6 * used / number:,.0f} us each")


def main() -> None:
    logs.configure()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("stage", choices=("end", "prepare", "owner"))
    parser.add_argument("stream", type=Path)
    parser.add_argument("--articles", type=int)
    given = parser.parse_args()
    measures = {"end": (end_to_end, 20_000), "prepare": (prepare, 1_000), "owner": (owner, 20_000)}
    measure, number = measures[given.stage]
    measure(read_stream(given.stream, given.articles or number))


if __name__ == "__main__":
    main()
