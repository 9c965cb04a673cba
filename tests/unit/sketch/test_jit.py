"""Do kernels work where no machine code can be kept on disk?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import pytest

from service.sketch.jit import kernel


def test_a_system_without_a_cache_directory_compiles_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    njit = numba.njit

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
