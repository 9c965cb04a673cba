"""How does a kernel not wait for memory? It asks early for what it will read, and reads whole cache lines.

In a window of 100,000 articles hardly anything that a decision reads is in a near cache, and one line after
the other takes a tenth of a microsecond each. Asked for together they come together.
"""

from __future__ import annotations

import math
import mmap
import os
import tempfile
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from service.sketch.jit import tight

Array = TypeVar("Array", bound="np.ndarray[Any, Any]")

LINE = 64  # bytes of a cache line


def blank(shape: tuple[int, ...], kind: Any) -> Any:
    """Return zeros that begin with a cache line, so that rows of 16, 32 or 64 bytes lie in one each.

    They are pages of their own: what is not written takes no memory, and what is let go of goes back to the
    system. From the allocator, room is filled and leaves holes when an array has grown.
    """
    size = math.prod(shape) * np.dtype(kind).itemsize
    pages = mmap.mmap(-1, max(1, size), mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    return np.frombuffer(pages, np.uint8, size).view(kind).reshape(shape)


def roomier(array: Array, rows: int) -> Array:
    """Return a copy with room for so many rows, as `blank` makes it; what is added is zero."""
    result = blank((rows, *array.shape[1:]), array.dtype)
    result[: len(array)] = array
    return result  # type: ignore[no-any-return]


class Filed:
    """Numbers of four bytes that the system may write to a file without a name, and take from memory.

    The file is made in this directory, or where temporary files are if there is none. Its room is taken at
    once, so that a full disk is found here; without room, or where no file can be made, they are in memory.
    """

    def __init__(self, count: int, directory: Path) -> None:
        self._pages: mmap.mmap | None = None
        try:
            with tempfile.TemporaryFile(dir=directory if directory.is_dir() else None) as file:
                os.posix_fallocate(file.fileno(), 0, 4 * count)
                self._pages = mmap.mmap(file.fileno(), 4 * count)
        except (OSError, AttributeError):  # AttributeError: a system that cannot promise room in a file
            self.numbers = blank((count,), np.uint32)
        else:
            self.numbers = np.frombuffer(self._pages, np.uint32)

    @property
    def in_file(self) -> bool:
        """Whether there is a file."""
        return self._pages is not None

    def rest(self) -> None:
        """Nothing more is written: what is not read is no part of the process any more, and the system keeps
        it in its cache of files as long as nothing else needs the memory."""
        if self._pages is not None:
            self._pages.madvise(mmap.MADV_DONTNEED)


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
