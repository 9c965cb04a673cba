"""What does re-clustering a large window cost, and what of it where little has changed?

    python bench/reclustering.py [--articles 100000] [--new 1000] [--data DIR] [--live SECONDS]

Fills a store with the Arabic stream, grown as in bench/corpus.py (or takes --data, filled so before), and
computes re-clusterings as the service does, each in a process of its own: all of the window, the window as it
was, with --new articles more, and as that was. Prints for each the processor time and the seconds of the
process, the most memory it had, and the seconds that the owner took to apply it.

--live: then all of the window again,
while articles are offered at 500 a second for so long and stories are read in another thread; before it, the
same without re-clustering.
"""

from __future__ import annotations

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from corpus import ARABIC, ARRIVED, Corpus, Raw, read_stream

from service import pipeline
from service.model import ReclusterScope
from service.settings import Settings
from service.store import Store
from service.store.sqlite import FILE_NAME
from service.stories.place import Owner

BATCH = 500
OFFERED = 500  # articles a second
READ_EVERY = 0.02
LOOK_SECONDS = 0.1


class Cost(NamedTuple):
    """What a process took."""

    processor: float
    seconds: float
    mebibytes: float


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--new", type=int, default=1_000)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--live", type=float, default=0.0)
    options = parser.parse_args()
    raws = Corpus(read_stream(ARABIC)).grown(10**9)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=options.data or Path(folder), recluster_share=1.0)
        filled = (settings.data / FILE_NAME).exists()
        with pipeline.open_store(settings) as store:
            owner = pipeline.rebuild_owner(store, settings, ARRIVED)
            wanted = itertools.islice(raws, options.articles)
            if filled:
                deque(wanted, maxlen=0)
            else:
                take_in(store, owner, wanted)
            report(store, owner, raws, options.new)
            if options.live:
                live(store, owner, raws, options.live)


def take_in(store: Store, owner: Owner, raws: Iterator[Raw]) -> None:
    """Take articles in and place them."""
    sketcher = pipeline.make_sketcher(store)
    while batch := list(itertools.islice(raws, BATCH)):
        pipeline.ingest(store, sketcher, batch, ARRIVED)
        while pipeline.place(store, owner, BATCH, ARRIVED):
            pass


def report(store: Store, owner: Owner, raws: Iterator[Raw], new: int) -> None:
    """The table."""
    print(f"{'':<26} {'articles':>9} {'moved':>7} {'processor':>10} {'seconds':>8} {'MiB':>7} {'apply':>7}")
    run(store, owner, "all of the window", "window")
    run(store, owner, "the window as it was", "changes")
    take_in(store, owner, itertools.islice(raws, new))
    run(store, owner, f"{new:,} articles more", "changes")
    run(store, owner, "the window as that was", "changes")


def run(store: Store, owner: Owner, name: str, scope: ReclusterScope) -> None:
    """One re-clustering, as a row of the table."""
    request, cost = compute(store, scope)
    began = time.perf_counter()
    pipeline.apply_recluster(store, owner, request, ARRIVED)
    applied = time.perf_counter() - began
    diff = store.recluster(request).diff or {}
    said = f"{cost.processor:>10.1f} {cost.seconds:>8.1f} {cost.mebibytes:>7.0f} {applied:>7.2f}"
    print(f"{name:<26} {diff['articles']:>9,} {diff['moved']:>7,} {said}", flush=True)


def compute(store: Store, scope: ReclusterScope) -> tuple[str, Cost]:
    """Compute a re-clustering in a process of its own."""
    request = pipeline.request_recluster(store, False, ARRIVED, scope=scope)
    began = time.perf_counter()
    command = [sys.executable, "-m", "service.computing", request]
    with tempfile.TemporaryFile() as given, subprocess.Popen(command, stdin=_settings(store, given)) as child:
        most = 0.0
        while not (ended := os.wait4(child.pid, os.WNOHANG))[0]:
            most = max(most, most_memory(child.pid))
            time.sleep(LOOK_SECONDS)
        _, status, used = ended
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit("The re-clustering failed.")
    return request, Cost(used.ru_utime + used.ru_stime, time.perf_counter() - began, most)


def most_memory(pid: int) -> float:
    """The most MiB that a process has had since it began; what it was forked from does not count."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(float(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def _settings(store: Store, file: BinaryIO) -> BinaryIO:
    """The settings in a file, to be read."""
    file.write(store.settings.model_dump_json().encode())
    file.seek(0)
    return file


def live(store: Store, owner: Owner, raws: Iterator[Raw], seconds: float) -> None:
    """Articles offered and stories read, without re-clustering and with it."""
    print(f"{'':<26} {'offered':>9} {'placed':>9} {'part':>7} {'reads':>8} {'longest read, ms':>17}")
    offer(store, owner, raws, seconds, "without re-clustering")
    computing = threading.Thread(target=compute, args=(store, "window"))
    computing.start()
    offer(store, owner, raws, seconds, "beside re-clustering")
    computing.join()
    [record] = store.reclusters("ready")
    applying = threading.Thread(
        target=pipeline.apply_recluster, args=(store, owner, record.id, ARRIVED), daemon=True
    )
    reads = Reads(store)
    applying.start()
    applying.join()
    print(f"{'while it is applied':<26} {'':>9} {'':>9} {'':>7} {reads.end()}")


def offer(store: Store, owner: Owner, raws: Iterator[Raw], seconds: float, name: str) -> None:
    """Offer articles at a steady rate; a row of the table."""
    sketcher, reads = pipeline.make_sketcher(store), Reads(store)
    began, offered, placed = time.perf_counter(), 0, 0
    while (passed := time.perf_counter() - began) < seconds:
        due = int(passed * OFFERED) - offered
        if due <= 0:
            time.sleep(0.005)
            continue
        batch = list(itertools.islice(raws, min(due, BATCH)))
        offered += due
        pipeline.ingest(store, sketcher, batch, ARRIVED)
        placed += len(pipeline.place(store, owner, BATCH, ARRIVED))
    print(f"{name:<26} {offered:>9,} {placed:>9,} {placed / max(1, offered):>7.1%} {reads.end()}", flush=True)


class Reads:
    """Lists of stories read in a thread, until the end; and how long the longest took."""

    def __init__(self, store: Store) -> None:
        self._store, self._ended = store, threading.Event()
        self.seconds: list[float] = []
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        while not self._ended.wait(READ_EVERY):
            began = time.perf_counter()
            self._store.stories.list(limit=20)
            self.seconds.append(time.perf_counter() - began)

    def end(self) -> str:
        """Stop reading; the last two columns."""
        self._ended.set()
        self._thread.join()
        return f"{len(self.seconds):>8,} {1000 * max(self.seconds, default=0.0):>17.1f}"


if __name__ == "__main__":
    main()
