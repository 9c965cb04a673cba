"""How does a kernel not wait for memory? It asks early for what it will read, and reads whole cache lines.

In a window of 100,000 articles hardly anything that a decision reads is in a near cache, and one line after
the other takes a tenth of a microsecond each. Asked for together they come together.
"""

from __future__ import annotations

import contextlib
import math
import mmap
from typing import Any, TypeVar

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from service.sketch.jit import tight

Array = TypeVar("Array", bound="np.ndarray[Any, Any]")

LINE = 64  # bytes of a cache line
LARGE = 4 << 20  # bytes from which an array lies in large pages


def blank(shape: tuple[int, ...], kind: Any) -> Any:
    """Return zeros that begin with a cache line, so that rows of 16, 32 or 64 bytes lie in one each.

    They are pages of their own: what is not written takes no memory, and what is let go of goes back to the
    system. From the allocator, room is filled and leaves holes when an array has grown. Large arrays are read
    all over: in pages of 2 MB, where the system has them, a third of the time of a question to an index of
    400,000 articles is saved, which went by in finding out where pages of 4 kB lie.
    """
    size = math.prod(shape) * np.dtype(kind).itemsize
    pages = mmap.mmap(-1, max(1, size), mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if size >= LARGE and hasattr(mmap, "MADV_HUGEPAGE"):
        with contextlib.suppress(OSError):  # a system that was built without them
            pages.madvise(mmap.MADV_HUGEPAGE)
    return np.frombuffer(pages, np.uint8, size).view(kind).reshape(shape)


def roomier(array: Array, rows: int) -> Array:
    """Return a copy with room for so many rows, as `blank` makes it; what is added is zero."""
    result = blank((rows, *array.shape[1:]), array.dtype)
    result[: len(array)] = array
    return result  # type: ignore[no-any-return]


def _prefetch(_typing: Any, array: Any, _index: Any) -> Any:

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        items = context.make_array(signature.args[0])(context, builder, values[0])
        flag = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, flag, flag, flag])
        ask: Any = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")  # type: ignore[no-untyped-call]
        place = builder.bitcast(builder.gep(items.data, [values[1]]), cgutils.voidptr_t)
        builder.call(ask, [place, flag(0), flag(3), flag(1)])  # to read; into all caches; data
        return context.get_dummy_value()

    return types.void(array, types.intp), generate


# In a kernel, prefetch(array, i): ask for the cache line of an item, counted through all rows of a contiguous
# array, and do not wait for it.
prefetch: Any = intrinsic(_prefetch)


@tight
def ask_for(numbers: np.ndarray[Any, Any]) -> None:
    """Have all of an array of numbers of four bytes fetched."""
    for i in range(0, len(numbers), LINE // 4):
        prefetch(numbers, i)
