"""Is a log line one JSON object with the ids that one looks for, whoever wrote it?"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
import structlog
from structlog.testing import capture_logs

from service.desk import Desk
from service.settings import Settings

BEGIN = """
import logging, structlog
from service import logs
from service.settings import Settings
settings = Settings()
logs.configure(settings)
logging.getLogger("uvicorn.error").warning("of %s", "another package")
logging.getLogger("alembic").info("what nobody needs")
"""
OURS = """
for level in ("debug", "info", "warning"):
    getattr(structlog.get_logger(), level)(level, article="a")
"""
TEXT = "The old bridge reopened on Monday after eleven months."


def logged(tmp_path: Path, code: str, **environment: str) -> bytes:
    """What a process with these settings logs."""
    known = {"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path), "SAMESTORY_DATA": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + code], capture_output=True, check=True, env=known | environment
    )
    assert done.stdout == b""
    return done.stderr


def test_each_line_is_json(tmp_path: Path) -> None:
    found = [orjson.loads(line) for line in logged(tmp_path, OURS, SAMESTORY_LOG_LEVEL="debug").splitlines()]
    assert all({"event", "level", "timestamp"} <= line.keys() for line in found)
    assert [line["event"] for line in found] == ["of another package", "debug", "info", "warning"]
    assert {line.get("article") for line in found[1:]} == {"a"}


@pytest.fixture
def every_level() -> Iterator[None]:
    """Logging as nobody has set it up: commands run earlier in this process let warnings pass alone."""
    before = structlog.get_config()
    structlog.reset_defaults()
    yield
    structlog.configure(**before)


@pytest.mark.usefixtures("every_level")
def test_articles_and_their_stories_are_logged(tmp_path: Path) -> None:
    with Desk(Settings(data=tmp_path)) as desk, capture_logs() as found:
        desk.submit([{"id": "a", "text": TEXT}, {"id": "b", "text": "Ships may dock again."}])
        desk.prepare()
        desk.place()
    first, second, batch = [line for line in found if line["event"] in ("placed", "batch placed")]
    assert (first["log_level"], batch["log_level"]) == ("debug", "info")
    assert (first["article"], second["article"], batch["articles"]) == ("a", "b", 2)
    assert (first["story"], second["story"]) == (batch["first_story"], batch["last_story"])


@pytest.mark.parametrize("level", ["info", "warning"])
def test_the_level_says_how_much(tmp_path: Path, level: str) -> None:
    lines = logged(tmp_path, OURS, SAMESTORY_LOG_LEVEL=level).splitlines()
    expected = ["info", "warning"] if level == "info" else ["warning"]
    assert [orjson.loads(line)["event"] for line in lines] == ["of another package", *expected]


def test_text_is_for_people(tmp_path: Path) -> None:
    text = logged(tmp_path, OURS, SAMESTORY_LOG_FORMAT="text").decode()
    assert "article" in text
    assert "{" not in text


def test_a_full_disk_costs_lines_and_nothing_else(tmp_path: Path) -> None:
    """An owner that could not log what it had placed read its whole window anew; an API answered 500."""
    known = {"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path), "SAMESTORY_DATA": str(tmp_path)}
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", BEGIN + OURS * 3 + "print('went on')"],
            stdout=subprocess.PIPE, stderr=full, check=False, env=known,
        )  # fmt: skip
    assert done.stdout == b"went on\n"
