"""What does a person at a terminal see? Tables in a real pseudo-terminal, and nothing that could steer it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from calling import Command, write_lines
from reports import FERRY_COURIER, FERRY_LEDGER, LIBRARY

from service.cli.output import safe


def at_a_terminal(*arguments: str) -> str:
    """What a command writes to a terminal, 100 columns wide."""
    leader, follower = pty.openpty()
    environment = {**os.environ, "COLUMNS": "100", "TERM": "dumb"}
    command = [sys.executable, "-m", "service.cli", *arguments]
    with subprocess.Popen(command, stdout=follower, stderr=follower, env=environment):
        os.close(follower)
        written = b""
        while True:
            try:
                part = os.read(leader, 65536)
            except OSError:  # Linux: the other end is closed
                break
            if not part:
                break
            written += part
    os.close(leader)
    return written.decode()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a\x1b[2Jb", "a [2Jb"),
        ("two\nlines\r", "two lines "),
        ("\x9b1m", " 1m"),
        (None, ""),
        (3, "3"),
        ("نص", "نص"),
    ],
)
def test_control_characters_never_reach_the_terminal(value: object, shown: str) -> None:
    assert safe(value) == shown


def test_stories_go_to_a_file_for_a_spreadsheet_or_a_program(samestory: Command, tmp_path: Path) -> None:
    hostile = {**FERRY_COURIER, "title": "=cmd|' /C calc'!A0"}
    assert samestory("import", write_lines(tmp_path / "a.jsonl", hostile, LIBRARY)).code == 0
    head, *rows = samestory("stories", "--format", "csv").out.splitlines()
    assert head.startswith("\ufeffid,title,")
    assert sum(",'=cmd" in row for row in rows) == 1
    assert len(rows) == len(samestory("stories", "--format", "jsonl").lines()) == 2
    assert samestory("stories", "--format", "xml").code == 2
    many = [{"id": f"m{n}", "outlet": "O", "text": f"{n} " + f"word{n}like " * 3} for n in range(30)]
    assert samestory("import", write_lines(tmp_path / "b.jsonl", *many)).code == 0
    assert len(samestory("stories", "--format", "csv").out.splitlines()) == 33  # a file has all
    assert len(samestory("stories", "--format", "csv", "-n", "5").out.splitlines()) == 6
    assert len(samestory("stories").lines()) == 25


def test_stories_are_a_table_and_an_explanation_is_prose(samestory: Command, tmp_path: Path) -> None:
    hostile = {**FERRY_COURIER, "title": "Ferry \x1b]0;owned\x07 aground [bold]x[/bold]"}
    assert samestory("import", write_lines(tmp_path / "a.jsonl", hostile, FERRY_LEDGER)).code == 0
    listed = at_a_terminal("stories")
    assert "outlets" in listed.splitlines()[0]
    assert "2024-03-05" in listed
    assert "\x1b]0" not in listed
    story = samestory("stories").lines()[0]["id"]
    shown = at_a_terminal("story", story)
    assert "Ledger" in shown
    assert "founded it" in shown
    told = at_a_terminal("explain", "ferry-courier", "ferry-ledger")
    assert told.startswith("One story: ferry-courier and ferry-ledger")
    assert "Shared passages" in told
    done = at_a_terminal("import", str(tmp_path / "a.jsonl"))
    assert "2 unchanged" in done
    assert at_a_terminal("doctor").splitlines()[0].startswith("ok ")
