"""Is anything lost, or promised in vain, when the disk of a whole fleet is full? And does it go on by itself?

    python bench/full_disk.py STREAM.jsonl[.gz] [--megabytes 160] [--full 60] [--articles 20000]

Runs `samestory up` on a small file system of its own (tmpfs, which takes root: `unshare -Urm` makes one of
anybody), with PostgreSQL, its log, Redis' and all temporary files in it. Sends articles until there is no
room, goes on trying for `--full` seconds, and makes the file system ten times as large. Every request must be
answered 202, 429 or 503; all that was acknowledged must be placed, once, without anybody's help.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from corpus import Corpus, read_stream
from faults import Sender, lost_or_doubled, settle
from running import place, running

from service import pipeline

PAUSE_SECONDS = 0.05
CLIENTS_SECONDS = 300.0


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A file system of so many megabytes."""
    with place() as directory:
        mounted = directory / "disk"
        mounted.mkdir()
        size = f"size={megabytes}m,mode=711"
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "samestory", str(mounted)], check=True)
        try:
            yield mounted
        finally:
            subprocess.run(["umount", "--lazy", str(mounted)], check=True)


def grow(mounted: Path, megabytes: int) -> None:
    """Give it more room."""
    subprocess.run(["mount", "-o", f"remount,size={megabytes}m", str(mounted)], check=True)


def await_refusal(sender: Sender) -> None:
    """Wait until a request is turned away."""
    deadline = time.monotonic() + CLIENTS_SECONDS
    while not sender.refused:
        if time.monotonic() > deadline or not sender.sending:
            sys.exit("All articles found room: send more, or make the disk smaller.")
        time.sleep(PAUSE_SECONDS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("stream", type=Path)
    parser.add_argument("--megabytes", type=int, default=160)
    parser.add_argument("--full", type=float, default=60.0)
    parser.add_argument("--articles", type=int, default=20_000)
    given = parser.parse_args()
    stream = read_stream(given.stream, given.articles)
    raws = stream if len(stream) == given.articles else list(Corpus(stream).grown(given.articles))
    settings = {"SAMESTORY_STUCK_SECONDS": "5", "SAMESTORY_SWEEP_SECONDS": "2"}
    with small_disk(given.megabytes) as disk, running(settings | {"TMPDIR": str(disk)}, disk) as up:
        sender = Sender(up.doors, raws, PAUSE_SECONDS)
        await_refusal(sender)
        before = len(sender.acknowledged)
        print(f"full after {before:,} articles were acknowledged", flush=True)
        time.sleep(given.full)
        during = len(sender.acknowledged)
        grow(disk, 10 * given.megabytes)
        began = time.monotonic()
        sender.join()
        took = time.monotonic() - began
        print(f"{during - before:,} more while it was full; ", end="")
        print(f"{sender.refused} requests refused and sent again; ", end="")
        print(f"all {len(sender.acknowledged):,} acknowledged {took:.0f} s after there was room")
        print(f"answers: {dict(sorted(sender.answers.items()))}")
        with pipeline.open_store(up.settings) as store:
            left = settle(store, sender.acknowledged)
            wrong = lost_or_doubled(store, sender.acknowledged)
    unknown = sender.answers.keys() - {202, 429, 503}
    print(f"in the end: {len(left)} left; {'; '.join(wrong) or 'nothing lost, nothing doubled'}")
    sys.exit(bool(left or wrong or unknown))


if __name__ == "__main__":
    main()
