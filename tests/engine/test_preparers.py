"""Do child processes prepare as the parent would, in order, and is nothing lost when one dies?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from service import pipeline
from service.preparers import Preparers
from service.sketch.sketch import Sketcher

TEXT = "The harbour bridge was opened for traffic this morning, the ministry said in a statement. "
SKETCHER = Sketcher(key=b"0123456789abcdef")
Batch = tuple[int, list[pipeline.Raw]]


def raws(number: int) -> list[pipeline.Raw]:
    """Three articles, one of them broken."""
    good = [{"id": f"{number}-{n}", "text": f"{TEXT} Number {number} of {n}."} for n in range(2)]
    return [good[0], {"id": f"{number}-bad", "text": 7}, good[1]]


def batches(count: int) -> Iterator[Batch]:
    return ((number, raws(number)) for number in range(count))


def test_children_make_what_the_parent_would_in_order() -> None:
    with Preparers(processes=1) as preparers:
        found = list(preparers.prepared(batches(9), SKETCHER, 1 << 20, 5.0))
    assert [number for number, _ in found] == list(range(9))
    for number, one in found:
        assert one is not None
        assert one == pipeline.make(SKETCHER, raws(number), 1 << 20, 5.0)
        assert [receipt.index for receipt in one.refused] == [1]


def test_without_processes_every_batch_is_the_caller_s() -> None:
    with Preparers(processes=0) as preparers:
        found = list(preparers.prepared(batches(3), SKETCHER, 1 << 20, 5.0))
    assert found == [(0, None), (1, None), (2, None)]


def test_no_process_is_started_for_one_batch() -> None:
    with Preparers(processes=1) as preparers:
        assert list(preparers.prepared(batches(1), SKETCHER, 1 << 20, 5.0)) == [(0, None)]
        assert preparers._pool is None


def test_a_child_that_dies_loses_no_batch() -> None:
    def killing(preparers: Preparers) -> Iterator[Batch]:
        for number, made in batches(12):
            if number == 6:
                assert preparers._pool is not None
                for child in list(preparers._pool._processes.values()):
                    os.kill(child.pid, signal.SIGKILL)
                    child.join()
            yield number, made

    with Preparers(processes=1) as preparers:
        found = list(preparers.prepared(killing(preparers), SKETCHER, 1 << 20, 5.0))
    assert [number for number, _ in found] == list(range(12))
    assert [made for number, made in found if number >= 8] == [None] * 4
    assert preparers.broken


PARENT = """
import sys, time
from service.preparers import Preparers
if __name__ == "__main__":
    with Preparers(processes=1) as preparers:
        preparers.start()
        preparers._pool.submit(int).result(60)
        print(*(child.pid for child in preparers._pool._processes.values()), flush=True)
        time.sleep(60)
"""


def test_children_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and alive(child):
        time.sleep(0.05)
    assert not alive(child)


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody has asked about does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
