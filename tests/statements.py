"""Which statements does a block of a test send? Its own thread's: a service that is ending may ask, too."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine


@contextmanager
def listening_to(note: Callable[[Connection, str, Any], object]) -> Iterator[None]:
    """Tell `note` of each statement of this thread before it is sent, and of its values."""
    own = threading.get_ident()

    def tell(connection: Connection, _: Any, statement: str, values: Any, *__: Any) -> None:
        if threading.get_ident() == own:
            note(connection, statement, values)

    event.listen(Engine, "before_cursor_execute", tell)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", tell)
