"""Where is the truth kept? `Store` is an open data directory; nothing outside this package speaks SQL."""

from service.store.store import Store

__all__ = ["Store"]
