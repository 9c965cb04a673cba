"""What do the tests of the command line share? A command's outcome, a running server, files of JSON lines."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

START_SECONDS = 60.0


@dataclass(frozen=True)
class Outcome:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    def lines(self) -> list[Any]:
        """Standard output as JSON lines."""
        return [orjson.loads(line) for line in self.out.splitlines()]


Command = Callable[..., Outcome]


@dataclass(frozen=True)
class Server:
    """A running `samestory serve`."""

    process: subprocess.Popen[str]
    address: str
    data: Path


def address_of(process: subprocess.Popen[str]) -> str:
    """The address that a starting server prints."""
    assert process.stderr is not None
    deadline = time.monotonic() + START_SECONDS
    seen = ""
    while time.monotonic() < deadline:
        line = process.stderr.readline()
        seen += line
        if found := re.search(r"samestory is at (http://\S+)/", line):
            return found[1]
        if not line and process.poll() is not None:
            break
    raise AssertionError(f"serve did not start: {seen}")


def write_lines(path: Path, *articles: Any) -> Path:
    """A file of JSON lines; text stands as it is."""
    lines = [article if isinstance(article, str) else orjson.dumps(article).decode() for article in articles]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path
