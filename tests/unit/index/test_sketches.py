"""Do kernels read the arrays of a sketch where they lie, as they are?"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
import pytest
from window_articles import SKETCHER, prose

from service.index import sketches
from service.index.sketches import BODY, PASSAGES, SIGNATURE, TITLE, WIDTH, array_of, flags_of
from service.model import Int64, Sketch, UInt8, UInt32
from service.sketch.sketch import pack, unpack

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """As `jit.kernel`, but no machine code is kept: it would not be made anew when this file changes."""
    return cast(Function, numba.njit(function))


@kernel
def copied(slot: int, column: int, rows: Int64) -> UInt32:
    return array_of(slot, column, rows).copy()


@kernel
def flags_copied(slot: int, rows: Int64) -> UInt8:
    return flags_of(slot, rows).copy()


@kernel
def written(slot: int, column: int, rows: Int64) -> None:
    array_of(slot, column, rows)[0] = 77


def sketch_of(seed: int, words: int = 200) -> Sketch:
    rng = random.Random(seed)
    return SKETCHER.sketch(prose(rng, 5), prose(rng, words))


def stored(sketch: Sketch) -> Sketch:
    """As it comes from the store: views of one buffer."""
    return unpack(pack(sketch))


def assert_read(slot: int, sketch: Sketch, rows: Int64) -> None:
    columns = {TITLE: sketch.title, BODY: sketch.body, SIGNATURE: sketch.signature, PASSAGES: sketch.passages}
    for column, array in columns.items():
        assert array.flags.c_contiguous
        assert array.flags.aligned
        found = copied(slot, column, rows)
        assert found.dtype == np.uint32
        assert found.tolist() == array.tolist()
    flags = flags_copied(slot, rows)
    assert flags.dtype == np.uint8
    assert flags.tolist() == sketch.flags.tolist()


@pytest.mark.parametrize("made", [lambda sketch: sketch, stored])
def test_every_array_of_every_article_is_read_as_it_is(made: Callable[[Sketch], Sketch]) -> None:
    """Also without a title, and of a text so short that it has neither a signature nor passages."""
    held = [made(sketch_of(seed, words)) for seed, words in enumerate((200, 1, 0, 3000, 12))]
    held.append(made(SKETCHER.sketch("", prose(random.Random(9), 50))))
    held.append(made(SKETCHER.sketch("", "")))
    for kind in ({bool(len(sketch.title)) for sketch in held}, {sketch.matchable for sketch in held}):
        assert kind == {True, False}
    rows = np.zeros((len(held) + 2, WIDTH), np.int64)
    for slot, sketch in enumerate(held, 1):
        sketches.put(slot, slot, sketch, rows)
    for slot, sketch in enumerate(held, 1):
        assert_read(slot, sketch, rows)
    assert not rows[[0, -1]].any()


def test_an_array_is_read_in_place() -> None:
    """It is no copy: what is written on either side is seen on the other."""
    sketch, rows = sketch_of(1), np.zeros((1, WIDTH), np.int64)
    sketches.put(0, 0, sketch, rows)
    for column, array in ((TITLE, sketch.title), (PASSAGES, sketch.passages)):
        array[-1] = 4_000_000_000
        assert copied(0, column, rows)[-1] == 4_000_000_000
        written(0, column, rows)
        assert array[0] == 77
    sketch.flags[:] = 255
    assert flags_copied(0, rows).tolist() == [255] * len(sketch.flags)


def test_an_article_that_takes_another_s_slot_is_read_there() -> None:
    """A staged article gives its slot to the next one."""
    rows = np.zeros((1, WIDTH), np.int64)
    one, other, nothing = sketch_of(1, 300), sketch_of(2, 40), SKETCHER.sketch("", "")
    for sketch in (one, other, nothing, one):
        sketches.put(0, 0, sketch, rows)
        assert_read(0, sketch, rows)
