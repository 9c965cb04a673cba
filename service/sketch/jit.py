"""How is a function compiled to a kernel?

In one way everywhere: lazily, without the interpreter's lock, and kept on disk where some directory lets us.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])

_KERNEL: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
_INNER = {**_KERNEL, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def kernel(function: Function) -> Function:
    """Compile `function` with numba at its first call. Nothing is compiled or read at import.

    The machine code is cached beside the source, or in the user's cache directory; a system with neither (a
    read-only container) compiles again in each process instead of refusing to start. Dividing by 0 gives
    what numpy gives.
    """
    return _compiled(function, **_KERNEL)


def inner(function: Function) -> Function:
    """Compile a function that only kernels call: without a door for Python, whose making takes a third of the
    time."""
    return _compiled(function, **_INNER)


def tight(function: Function) -> Function:
    """Compile a function that only kernels call, in their inner loops, and that neither makes nor returns an
    array: without counting who refers to arrays. A count is changed by a locked instruction, at every call
    and for every slice: that was a tenth of the time of a decision."""
    return _compiled(function, **_INNER, _nrt=False)


def door(function: Function, *like: Any) -> Function:
    """Return the kernel as compiled for arguments of the types of these, which callers keep to.

    numba asks at each call of a kernel what every argument is, which for a string takes longer than to read
    its first hundred words.
    """
    compiled: Any = function
    return cast(Function, compiled.compile(tuple(map(numba.typeof, like))))


def _compiled(function: Function, **options: Any) -> Function:
    try:
        compiled = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # numba: "no locator available"
        return cast(Function, numba.njit(**options)(function))
    # numba compares the kernel's own file alone, but the code has in it what the kernel calls.
    compiled._cache._cache_file._source_stamp = stamp()
    return cast(Function, compiled)


@cache
def stamp() -> str:
    """A digest of all files that kernels stand in."""
    digest = hashlib.sha256()
    for package in ("sketch", "index", "stories"):
        for path in sorted((Path(__file__).parents[1] / package).glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()
