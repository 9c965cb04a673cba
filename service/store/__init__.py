"""Where is the truth kept? `Store` is an open data directory; nothing outside this package speaks SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from service.store.store import Store

__all__ = ["Store"]


def __getattr__(name: str) -> Any:
    """Load the store on first use: who only prepares rows (`service.store.rows`) needs no database."""
    if name != "Store":
        raise AttributeError(f"module 'service.store' has no attribute {name!r}")
    from service.store.store import Store

    return Store
