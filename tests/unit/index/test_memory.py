"""Do arrays begin with a cache line, and does asking early for memory change nothing?"""

from __future__ import annotations

import os
from pathlib import Path

import numba
import numpy as np
import pytest

from service.index.memory import LINE, blank, prefetch, roomier


@numba.njit
def asked_and_read(array: np.ndarray, places: np.ndarray) -> int:
    total = 0
    for place in places:
        prefetch(array, place)
    for place in places:
        total += array.reshape(-1)[place]
    return total


@pytest.mark.parametrize("rows", [0, 1, 7, 5000])
def test_blank_arrays_are_zeros_that_begin_with_a_cache_line(rows: int) -> None:
    array = blank((rows, 16), np.uint32)
    assert array.ctypes.data % LINE == 0 or not rows  # nothing lies nowhere
    assert array.flags.c_contiguous
    assert array.flags.writeable
    assert not array.any()
    assert (array.dtype, array.shape) == (np.uint32, (rows, 16))


def test_a_roomier_copy_has_rows_of_zeros_behind() -> None:
    array = np.arange(12.0).reshape(3, 4)
    copy = roomier(array, 5)
    assert copy.ctypes.data % LINE == 0
    assert copy.tolist() == array.tolist() + [[0.0] * 4] * 2


def test_room_takes_no_memory_before_it_is_used() -> None:
    before = resident()
    array = roomier(np.ones(1024, np.int64), 1 << 24)
    assert resident() - before < array.nbytes / 4
    array[:] = 1
    assert resident() - before > array.nbytes / 2
    del array
    assert resident() - before < 1 << 24, "it is given back at once"


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


@pytest.mark.parametrize("rows", [1, 16])
def test_what_was_asked_for_is_read_as_ever(rows: int) -> None:
    rng = np.random.default_rng(1)
    array = rng.integers(0, 1000, (1000, rows), dtype=np.int32)
    places = rng.integers(0, array.size, 500)
    assert asked_and_read(array, places) == array.reshape(-1)[places].sum()
