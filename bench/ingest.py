"""How fast does `samestory import` bring an archive in, in how much memory, and does a kill lose anything?

    python bench/ingest.py ARTICLES.jsonl[.gz] [--limit N] [--rounds R] [--kills K] [--seed S]

Prints articles per second, the processor time of each stage, and the most memory that the processes had at
one time, pages that they share counted once. Each round is an import into a fresh store after a round of a
bare loop over datasketch (`bench/bare.py`): a signature and an index in memory, without a store, stories or
evidence; at the end are the medians of both and their ratio, start-up included. With --kills the import runs
again into a fresh store and is killed K times, each time at a random moment after it has begun to place; in
the end each article must be there as the file has it, placed once. Kernels should be compiled before.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from bare import Bare

from service import pipeline, relay
from service.cli import importing, main
from service.desk import Desk
from service.settings import Settings
from service.store import Store, articles
from service.store.rows import content_hash
from service.text.intake import read_article

LOOK_SECONDS = 0.2
START_SECONDS = 3.0  # until the first article is stored, or more
# Not this file as the main program: the process that prepares would load it as well.
INSIDE = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import ingest; ingest.inside()"
COMMAND = [sys.executable, "-m", "service.cli", "import"]

# Stage, its thread, and the function that a batch goes through there.
STAGES: dict[str, tuple[str, Any, str]] = {
    "read lines": ("storing", importing, "batches"),
    "store (take)": ("storing", Desk, "take"),
    "prepare and store": ("storing", Desk, "ingest"),
    "read the queue": ("deciding", relay, "next_turn"),
    "decide": ("deciding", relay, "decide_all"),
    "record": ("recording", relay, "_keep"),
}


class Clock:
    """Adds up what the functions of the stages take: seconds of the processor, and seconds."""

    def __init__(self) -> None:
        self.spent = {stage: [0.0, 0.0] for stage in STAGES}
        for stage, (_, owner, name) in STAGES.items():
            timed = self._each if name == "batches" else self._whole
            setattr(owner, name, timed(stage, getattr(owner, name)))

    def _whole(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any, **named: Any) -> Any:
            before = time.thread_time(), time.perf_counter()
            try:
                return function(*given, **named)
            finally:
                self._add(stage, before)

        return run

    def _each(self, stage: str, function: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
        def run(*given: Any) -> Iterator[Any]:
            take = self._whole(stage, function(*given).__next__)
            while True:
                try:
                    made = take()
                except StopIteration:
                    return
                yield made

        return run

    def _add(self, stage: str, before: tuple[float, float]) -> None:
        spent = self.spent[stage]
        spent[0] += time.thread_time() - before[0]
        spent[1] += time.perf_counter() - before[1]


def inside() -> None:
    """The process that imports: the command itself, with a clock at each stage."""
    clock = Clock()
    began = time.perf_counter()
    told, *sys.argv[1:] = sys.argv[1:]
    try:
        main()
    finally:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        found = {"spent": clock.spent, "wall": time.perf_counter() - began, "own": time.process_time()}
        found["children"] = children.ru_utime + children.ru_stime
        Path(told).write_text(json.dumps(found))


class Memory:
    """The most that a process and its children had in memory at one time, in MiB, and the most of either."""

    def __init__(self, process: subprocess.Popen[Any]) -> None:
        self._process = process
        self.together = self.parent = self.children = 0.0
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while self._process.poll() is None:
            parent = resident(self._process.pid)
            children = sum(map(resident, children_of(self._process.pid)))
            self.together = max(self.together, parent + children)
            self.parent, self.children = max(self.parent, parent), max(self.children, children)
            time.sleep(LOOK_SECONDS)

    def end(self) -> None:
        self._thread.join()


def resident(pid: int) -> float:
    """MiB that a process has in memory, its part of what it shares with others; 0 when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(float(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def children_of(pid: int) -> list[int]:
    """The processes that a process has started from any thread."""
    found: list[int] = []
    for told in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, told.read_text().split())
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def measure(file: Path, folder: Path, number: int) -> tuple[float, float]:
    """Import into a fresh store and print what it took. Returns its seconds, start-up included, and the
    processor's."""
    told = folder / "told.json"
    data = str(folder / "measured")
    command = [sys.executable, "-c", INSIDE, str(told), "import", str(file), "--data", data, "--json"]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        memory = Memory(process)
        said, _ = process.communicate()
    took = time.perf_counter() - began
    memory.end()
    shutil.rmtree(data)
    counts, found = json.loads(said), json.loads(told.read_text())
    each = 1e6 / number
    seconds = counts["seconds"]
    print(f"{number:,} articles in {seconds:.1f} s: {number / seconds:,.0f} a second ({counts})")
    print(f"{'stage':<20} {'thread':<10} {'processor':>10} {'wall':>10}  us an article")
    for stage, (thread, *_) in STAGES.items():
        processor, wall = found["spent"][stage]
        print(f"{stage:<20} {thread:<10} {processor * each:10.0f} {wall * each:10.0f}")
    print(f"{'all of the parent':<31} {found['own'] * each:10.0f} {found['wall'] * each:10.0f}")
    print(f"{'all of the children':<31} {found['children'] * each:10.0f}")
    print(
        f"most memory at one time: {memory.together:.0f} MiB "
        f"(parent {memory.parent:.0f}, children {memory.children:.0f})"
    )
    return took, found["own"] + found["children"]


def survive(file: Path, folder: Path, kills: int, seconds: float, rng: random.Random) -> list[str]:
    """Import into a fresh store, killed so often on the way. Returns what is wrong in the end."""
    data = folder / "killed"
    command = [*COMMAND, str(file), "--data", str(data)]
    stored: list[int] = []
    with pipeline.open_store(Settings(data=data)) as store:
        for _ in range(kills):
            done = store.last_change()
            with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                while store.last_change() == done and process.poll() is None:
                    time.sleep(LOOK_SECONDS)
                time.sleep(rng.uniform(0.0, 2.0) * (seconds - START_SECONDS) / (kills + 1))
                process.kill()
            stored.append(sum(store.counts().values()))
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        print(f"{kills} kills, when so many articles were stored: {', '.join(map(str, stored))}")
        return differences(store, file)


def differences(store: Store, file: Path) -> list[str]:
    """What is in the store other than in the file: articles lost, doubled, or of other content."""
    sent = [read_article(json.loads(line)) for line in file.read_bytes().splitlines()]
    hashes = {article.id: content_hash(article) for article in sent}
    with store.read() as connection:
        known = articles.known(connection, hashes)
    assigned = store.stories.assignments()
    placed: Counter[str | None] = Counter()
    since = 0
    while changes := store.changes(since, 10_000):
        placed.update(change.article_id for change in changes if change.type == "article.placed")
        since = changes[-1].seq
    wrong = store.check()
    wrong += [f"{id} is lost" for id in hashes if id not in known or id not in assigned]
    wrong += [f"{id} is another" for id, old in known.items() if old.content_hash != hashes[id]]
    wrong += [f"{id} is not in the file" for id in assigned if id not in hashes]
    wrong += [
        f"{id} was placed {placed[id]} times, in {old.version} versions"
        for id, old in known.items()
        if placed[id] != old.version
    ]
    return wrong


def first_lines(file: Path, limit: int | None, to: Path) -> int:
    """Write the file's first lines to another one; returns how many."""
    opened: Any = gzip.open if file.suffix == ".gz" else open
    with opened(file, "rb") as lines, to.open("wb") as out:
        number = 0
        for number, line in enumerate(islice(lines, limit), 1):  # noqa: B007 the number is counted
            out.write(line)
    return number


def run() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("articles", type=Path)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        file = folder / "articles.jsonl"
        number = first_lines(given.articles, given.limit, file)
        bare, took = Bare(file), list[tuple[float, float]]()
        for _ in range(given.rounds):
            bare.round()
            took.append(measure(file, folder, number))
        bare.round()
        rates = [number / seconds for seconds, _ in took]
        bare.beside("import, durable, placed", rates, [used / number * 1e6 for _, used in took])
        seconds = took[-1][0]
        if given.kills:
            wrong = survive(file, folder, given.kills, seconds, random.Random(given.seed))
            print("in the end:", "; ".join(wrong[:20]) or f"all {number:,} as in the file, each placed once")
            sys.exit(bool(wrong))


if __name__ == "__main__":
    run()
