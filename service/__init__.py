"""What does a Python user import? `from service import cluster`; what is heavy loads when first used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from service.oneshot import Assignment, cluster

__version__ = "0.1.0"
__all__ = ["Assignment", "__version__", "cluster"]


def __getattr__(name: str) -> Any:
    """Load `cluster` and `Assignment` on first use, so that `samestory --help` stays fast."""
    if name not in ("Assignment", "cluster"):
        raise AttributeError(f"module 'service' has no attribute {name!r}")
    from service import oneshot

    return getattr(oneshot, name)
