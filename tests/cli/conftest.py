"""How do the tests call the command line? In this process for speed, as a real one where processes matter."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from calling import Command, Outcome, Server, address_of

from service.cli import main


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory of each test's own, and no settings from outside."""
    for name in [name for name in os.environ if name.startswith("SAMESTORY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SAMESTORY_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def samestory(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    """Runs one command in this process."""

    def run(*arguments: object) -> Outcome:
        capfd.readouterr()
        monkeypatch.setattr(sys, "argv", ["samestory", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capfd.readouterr()
        return Outcome(int(ended.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture
def serve(data: Path) -> Iterator[Callable[..., Server]]:
    """Starts `samestory serve` as a process of its own, on a free port, and ends it after the test."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: object) -> Server:
        command = [sys.executable, "-m", "service.cli", "serve", "--port", "0", *map(str, arguments)]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return Server(process, address_of(process), data)

    yield start
    for process in started:
        process.kill()
        process.communicate()
