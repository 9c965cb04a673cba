"""What is deleted for good, and is work being done?"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.api.models.base import Document


class PruneRequest(BaseModel):
    """What to delete for good: 0 sets no limit; what is left out is as the settings say."""

    model_config = ConfigDict(extra="forbid")

    days: float | None = Field(default=None, ge=0, le=1_000_000, description="Older ones are deleted.")
    articles: int | None = Field(
        default=None, ge=0, le=2**53, description="Those beyond the newest so many, too."
    )


class Pruned(Document):
    """How many articles were deleted."""

    deleted: int


class Health(Document):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(Document):
    """Whether work is being done, and what was looked at."""

    ready: bool
    details: dict[str, Any]
