"""Do kernels work where no machine code can be kept on disk?"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

from service.sketch.jit import kernel, tight


def test_a_system_without_a_cache_directory_compiles_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    njit = numba.njit
    njit(lambda: None)()  # its first compilation loads parts of numba that must see the real one

    def read_only(cache: bool = False, **options: Any) -> Callable[..., Any]:
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        compiler: Callable[..., Any] = njit(**options)
        return compiler

    monkeypatch.setattr(numba, "njit", read_only)

    @kernel
    def twice(number: int) -> int:
        return 2 * number

    assert twice(21) == 42


def test_nothing_is_compiled_before_the_first_call() -> None:
    @kernel
    def never_called(number: int) -> int:
        return number

    assert never_called.signatures == []  # type: ignore[attr-defined]


ASK = """
import numba
import numpy as np
from service.stories.shared_text import _rarity
one = np.array([7], np.uint32)
rarity = numba.njit(lambda a, b, carriers, counted: _rarity(a, b, carriers, counted))
print(round(rarity(one, one, np.array([6], np.uint8), 2), 3))
"""


def test_a_tight_function_reads_and_writes_slices_of_what_a_kernel_makes() -> None:
    @tight
    def add_up(values: np.ndarray, out: np.ndarray) -> None:
        for at in range(len(values)):
            out[at:][0] += values[: at + 1].sum()

    @kernel
    def running(count: int) -> np.ndarray:
        values, out = np.arange(count), np.zeros(count, np.int64)
        add_up(values, out)
        add_up(values[1:], out[1:])
        return out

    one, two = (running(200) for _ in range(2))
    assert one.tolist() == two.tolist() == [n * (n + 1) for n in range(200)]
    assert sys.getrefcount(one) == sys.getrefcount(two)


def test_machine_code_is_made_anew_when_another_file_changes(tmp_path: Path) -> None:
    """numba looks at a kernel's own file only, but COMMON comes from the passages index."""
    root = Path(__file__).parents[3]
    shutil.copytree(root / "service", tmp_path / "service", ignore=shutil.ignore_patterns("__pycache__"))

    def answer() -> float:
        environment = {**os.environ, "PYTHONPATH": str(tmp_path), "NUMBA_CACHE_DIR": ""}
        command = [sys.executable, "-c", ASK]
        ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
        return float(ran.stdout)

    assert answer() == answer() == round(1 - 4 / 7, 3)
    passages = tmp_path / "service" / "index" / "passages.py"
    passages.write_text(passages.read_text().replace("KEPT = 9", "KEPT = 6"))
    assert answer() == 0.0
