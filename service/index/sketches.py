"""Where do the sketches of the window's articles lie? Their addresses, so that kernels read them in place.

The arrays belong to the articles' `Sketch` objects. Whoever writes an address here keeps the object alive for
as long as a kernel may ask for it.
"""

from __future__ import annotations

from typing import Any

import numba
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

from service.model import Int64, Sketch, UInt8, UInt32
from service.sketch.exact import distinct_shingles
from service.sketch.jit import inner, kernel

# Columns of a row: an address and a number of items for each array of a sketch; the slot where the article
# itself lies: another one for a version of it that is only asked about; and one more than the number of its
# different shingles, 0 until somebody has asked.
TITLE, BODY, FLAGS, SIGNATURE, PASSAGES, ITSELF, SHINGLES = 0, 2, 4, 6, 8, 10, 11
WIDTH = 12


def put(slot: int, itself: int, sketch: Sketch, rows: Int64) -> None:
    """Write where the arrays of a sketch lie. They must be contiguous, as those of every sketch are."""
    rows[slot, ITSELF], rows[slot, SHINGLES] = itself, 0
    _write(slot, sketch.title, sketch.body, sketch.flags, sketch.signature, sketch.passages, rows)


@kernel
def put_signature(slot: int, signature: UInt32, rows: Int64) -> None:
    """Write where a signature lies that is asked for after the rest of its sketch has moved."""
    rows[slot, SIGNATURE], rows[slot, SIGNATURE + 1] = signature.ctypes.data, len(signature)


@kernel
def _write(
    slot: int,
    title: UInt32,
    body: UInt32,
    flags: UInt8,
    signature: UInt32,
    passages: UInt32,
    rows: Int64,
) -> None:
    rows[slot, TITLE], rows[slot, TITLE + 1] = title.ctypes.data, len(title)
    rows[slot, BODY], rows[slot, BODY + 1] = body.ctypes.data, len(body)
    rows[slot, FLAGS], rows[slot, FLAGS + 1] = flags.ctypes.data, len(flags)
    rows[slot, SIGNATURE], rows[slot, SIGNATURE + 1] = signature.ctypes.data, len(signature)
    rows[slot, PASSAGES], rows[slot, PASSAGES + 1] = passages.ctypes.data, len(passages)


def _pointer_to(items: Any, bits: int) -> Any:
    """What takes an address for a pointer to items of a type, in a kernel."""

    def as_pointer(_typing: Any, _address: Any) -> Any:
        def generate(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
            return builder.inttoptr(values[0], ir.IntType(bits).as_pointer())

        pointer: Any = types.CPointer
        return pointer(items)(types.int64), generate

    return intrinsic(as_pointer)


_words_at, _bytes_at = _pointer_to(types.uint32, 32), _pointer_to(types.uint8, 8)


@inner
def array_of(slot: int, column: int, rows: Int64) -> UInt32:
    """Return the TITLE, BODY, SIGNATURE or PASSAGES of the article in a slot."""
    return numba.carray(_words_at(rows[slot, column]), (rows[slot, column + 1],))  # type: ignore


@inner
def flags_of(slot: int, rows: Int64) -> UInt8:
    """Return the FLAGS of the article in a slot."""
    return numba.carray(_bytes_at(rows[slot, FLAGS]), (rows[slot, FLAGS + 1],))  # type: ignore


@inner
def shingles_of(slot: int, rows: Int64) -> int:
    """Return how many different shingles the body of the article in a slot has: counted once."""
    if rows[slot, SHINGLES] == 0:
        rows[slot, SHINGLES] = 1 + distinct_shingles(array_of(slot, BODY, rows))
    return rows[slot, SHINGLES] - 1  # type: ignore[no-any-return]
