"""Is an acknowledged article ever lost or doubled? Real processes, killed with SIGKILL at random moments."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from corpus import events
from rig import Rig

NUMBER = 400  # events, of three copies each
KILLS, KILLS_LONG = 10, 50

WORKER = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from corpus import events
from rig import Rig
from service import pipeline

rig = Rig(Path(sys.argv[1]))
raws = events(int(sys.argv[3]))
print("ready", flush=True)
for start in range(0, len(raws), 20):
    send = rig.ingest if start % 40 else rig.submit
    receipts = send(*raws[start : start + 20])
    print(json.dumps([receipt.id for receipt in receipts]), flush=True)
    rig.prepare()
    rig.place(15)
while rig.prepare() or rig.place(15):
    pass
print("done", flush=True)
"""


def run_and_kill(directory: Path, seconds: float | None) -> tuple[set[str], bool]:
    """The ids acknowledged before the end, and whether the worker ended by itself."""
    here = str(Path(__file__).parent)
    command = [sys.executable, "-W", "error", "-c", WORKER, str(directory), here, str(NUMBER)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        first = worker.stdout.readline()
        if seconds is not None:
            time.sleep(seconds)
            worker.kill()
        out, err = worker.communicate()
    assert "Traceback" not in err, err
    assert first == "ready\n"
    lines = out.splitlines()
    # The last line of a killed worker may be cut: what it named may still have been acknowledged.
    told = [line for line in lines if line.endswith("]")]
    return {id for line in told for id in json.loads(line)}, "done" in lines


@pytest.mark.timeout(600)
def test_kills_lose_and_double_nothing(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    rng = random.Random(11)
    directory = tmp_path / "data"
    acknowledged: set[str] = set()
    for _ in range(KILLS_LONG if pytestconfig.getoption("--long") else KILLS):
        told, _ = run_and_kill(directory, rng.uniform(0.05, 1.2))
        acknowledged |= told
        rig = Rig(directory)
        assert rig.store.check() == []
        stored = {record.id for record in rig.store.articles.several(sorted(acknowledged))}
        assert acknowledged <= stored
        rig.store.close()
    assert run_and_kill(directory, None)[1]
    rig = Rig(directory)
    assert rig.store.check() == []
    assert rig.store.counts() == {"placed": 3 * NUMBER}
    assert set(rig.store.stories.assignments()) == {str(raw["id"]) for raw in events(NUMBER)}
    assert rig.stories() == {frozenset(f"e{n}-{copy}" for copy in range(3)) for n in range(NUMBER)}
    placed = [
        change.article_id for change in rig.store.changes(0, 100_000) if change.type == "article.placed"
    ]
    assert sorted(placed) == sorted(set(placed))
    rig.store.close()


def test_a_full_disk_stops_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """In the midst of all stages; with room again the same process goes on."""
    code = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from corpus import events
from rig import Rig
from service.errors import StoreFull

rig = Rig(Path(sys.argv[1]))
raws = events(100)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, resource.RLIM_INFINITY))
acknowledged, refused = 0, 0
for start in range(0, len(raws), 10):
    try:
        rig.submit(*raws[start : start + 10])
        acknowledged += 10
        rig.prepare()
        rig.place()
    except StoreFull:
        refused += 1
        rig.rebuild_owner()
assert acknowledged and refused, (acknowledged, refused)
assert sum(rig.store.counts().values()) == acknowledged, (rig.store.counts(), acknowledged)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
rig.submit(*raws)
while rig.prepare() or rig.place():
    pass
"""
    command = [sys.executable, "-W", "error", "-c", code, str(tmp_path / "data"), str(Path(__file__).parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rig = Rig(tmp_path / "data")
    assert rig.store.check() == []
    assert rig.store.counts() == {"placed": 300}
    assert rig.stories() == {frozenset(f"e{n}-{copy}" for copy in range(3)) for n in range(100)}
    rig.store.close()
