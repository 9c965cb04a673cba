"""Who holds a data directory? A lock that ends with its process, and what the file says about the holder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from service.errors import StoreBusy
from service.holding import Holding, holder_address

CHILD = """
import sys, time
from pathlib import Path
from service.holding import Holding
holding = Holding(Path(sys.argv[1]), "the child")
holding.announce("http://127.0.0.1:1234")
print("held", flush=True)
time.sleep(60)
"""


def test_nobody_holds_a_new_directory(tmp_path: Path) -> None:
    assert holder_address(tmp_path) is None
    assert holder_address(tmp_path / "missing") is None


def test_only_one_holds_it(tmp_path: Path) -> None:
    first = Holding(tmp_path, "first")
    assert holder_address(tmp_path) == ""
    first.announce("http://127.0.0.1:8420")
    assert holder_address(tmp_path) == "http://127.0.0.1:8420"
    with pytest.raises(StoreBusy, match="8420"):
        Holding(tmp_path, "second")
    first.release()
    assert holder_address(tmp_path) is None
    second = Holding(tmp_path, "second")
    assert second.former == "first"
    second.release()


def test_who_takes_no_name_leaves_the_former_one(tmp_path: Path) -> None:
    Holding(tmp_path, "the owner").release()
    Holding(tmp_path).release()
    third = Holding(tmp_path, "third")
    assert third.former == "the owner"
    third.release()


def test_a_killed_holder_holds_no_more(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CHILD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        assert holder_address(tmp_path) == "http://127.0.0.1:1234"
        child.kill()
    assert holder_address(tmp_path) is None
    mine = Holding(tmp_path, "mine")
    assert mine.former == "the child"
    mine.release()
