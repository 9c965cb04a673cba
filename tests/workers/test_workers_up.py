"""Does `samestory up` run the whole fleet, keep it running, and leave nothing behind? Everything is real."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from calling import write_lines
from fleet import eventually
from reports import FERRY_COURIER, FERRY_LEDGER, LIBRARY

from service import fleet
from service.presence import present
from service.settings import Settings
from workers.up import born

SAMESTORY = [sys.executable, "-m", "service.cli"]


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """A data directory that PostgreSQL's user can reach, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="samestory-up-"))
    folder.chmod(0o711)
    yield folder / "data"
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def environment(data: Path) -> dict[str, str]:
    """No settings from outside; a short sweep."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("SAMESTORY_")}
    return {**bare, "SAMESTORY_DATA": str(data), "SAMESTORY_SWEEP_SECONDS": "1"}


@pytest.fixture(scope="module")
def running(data: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """`samestory up`, once it has said where it answers."""
    command = [*SAMESTORY, "up", "--port", "0", "--workers", "1"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        assert said.startswith("samestory is at http://127.0.0.1:"), said + process.stderr.read()
        yield process
        process.kill()
    subprocess.run([*SAMESTORY, "down"], env=environment, check=False)


def ask(environment: Mapping[str, str], *words: object) -> list[Any]:
    """The lines of JSON that a command answers with."""
    command = [*SAMESTORY, *map(str, words)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout or not done.returncode, done.stderr
    return [orjson.loads(line) for line in done.stdout.splitlines()]


def pids(data: Path) -> dict[str, int]:
    """The processes of the fleet by name."""
    return {part["name"]: part["pid"] for part in fleet.parts(Settings(data=data))}


def test_the_commands_find_it_and_all_parts_are_sound(
    running: subprocess.Popen[str], data: Path, environment: Mapping[str, str], tmp_path: Path
) -> None:
    file = write_lines(tmp_path / "a.jsonl", FERRY_COURIER, FERRY_LEDGER, LIBRARY)
    (summary,) = ask(environment, "import", file)
    assert summary["accepted"] == 3
    assert sorted(story["article_count"] for story in ask(environment, "stories")) == [1, 2]

    # Not as commands find them: other tests of this process have a broker of their own in its environment.
    settings = Settings(data=data, **orjson.loads((data / "fleet" / fleet.SETTINGS).read_bytes()))
    roles = {"beat", "caller", "owner", "standby", "worker"}
    eventually(lambda: roles <= present(settings).keys(), what="every part has done something")
    findings = {finding["check"]: finding for finding in ask(environment, "doctor")}
    assert [finding["detail"] for finding in findings.values() if not finding["ok"]] == []
    assert {"1 beat", "1 owner", "1 standby"} <= set(findings["parts"]["detail"].split(", "))
    secret = (data / "fleet" / "store_password").read_text()
    assert (data / "fleet" / "store_password").stat().st_mode & 0o077 == 0
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert secret not in listed


def test_what_is_killed_is_started_again(running: subprocess.Popen[str], data: Path) -> None:
    before = pids(data)
    for name in ("worker", "postgres"):
        os.kill(before[name], signal.SIGKILL)
    eventually(lambda: all(pids(data).get(name) != before[name] for name in ("worker", "postgres")))
    assert pids(data)["redis"] == before["redis"]


def test_a_second_one_is_refused(running: subprocess.Popen[str], environment: Mapping[str, str]) -> None:
    command = [*SAMESTORY, "up", "--port", "0"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "http://127.0.0.1:" in done.stderr
    assert running.poll() is None


def test_what_a_killed_one_left_is_ended_and_its_data_are_there(
    running: subprocess.Popen[str], data: Path, environment: Mapping[str, str]
) -> None:
    """Then `down` ends the next one in order, and nothing is left of either."""
    former = pids(data)
    running.kill()
    running.wait()
    command = [*SAMESTORY, "up", "--port", "0", "--apis", "1", "--workers", "1", "--owners", "1"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as again:
        assert again.stderr is not None
        assert again.stderr.readline().startswith("samestory is at")
        assert [name for name, pid in former.items() if born(pid)] == []
        assert len(ask(environment, "stories")) == 2
        known = pids(data)
        subprocess.run([*SAMESTORY, "down"], env=environment, check=True, capture_output=True)
        assert again.wait(60) == 0
        again.stderr.read()
    assert [name for name, pid in known.items() if born(pid)] == []
