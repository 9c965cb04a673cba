"""How is a function compiled to a kernel?

In one way everywhere: lazily, without the interpreter's lock, and kept on disk where some directory lets us.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compile `function` with numba at its first call. Nothing is compiled or read at import.

    The machine code is cached beside the source, or in the user's cache directory; a system with neither (a
    read-only container) compiles again in each process instead of refusing to start.
    """
    try:
        return cast(Function, numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:  # numba: "no locator available"
        return cast(Function, numba.njit(nogil=True)(function))
