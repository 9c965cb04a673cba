"""What is an entry of the ordered log?"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from service.api.models.base import Document, Moment


class Change(Document):
    """One entry of the ordered log."""

    seq: int
    at: Moment
    type: str
    article_id: str | None
    story_id: str | None
    data: dict[str, Any]


class ChangeList(Document):
    """A stretch of the log; ask again with `since` = `next`."""

    changes: list[Change]
    next: int
    newest: int = Field(description="The number of the newest change; 0 before the first.")
