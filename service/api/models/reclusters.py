"""What is a re-clustering, and what does it change?"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from service.api.models.base import Document, Moment
from service.api.models.links import LinkSummary
from service.model import ReclusterScope, Transition


class ReclusterRequest(BaseModel):
    """How to re-cluster: a dry run waits for `apply`."""

    model_config = ConfigDict(extra="forbid")

    dry_run: bool = False
    scope: ReclusterScope = Field(
        "window",
        description="The window; its changes since the last run of another scope; or the archive: all that "
        "is kept in stories that have not closed.",
    )


class Recluster(Document):
    """A requested re-clustering."""

    id: str
    state: Literal["requested", "computing", "ready", "held", "applied", "failed"]
    dry_run: bool
    scope: ReclusterScope
    requested_at: Moment
    started_at: Moment | None = None
    finished_at: Moment | None = None
    reason: str = ""


class ReclusterList(Document):
    """Re-clusterings, newest first."""

    reclusters: list[Recluster]


class TransitionDocument(Document):
    """One change to a story, with the articles concerned and the other story where there is one."""

    story_id: str
    transition: Transition
    article_ids: list[str]
    other_story_id: str | None
    evidence: LinkSummary | None


class Renaming(Document):
    """A story that gets another title."""

    story_id: str
    title_before: str
    title_after: str


class Difference(Document):
    """What a regrouping changes: counts, and every change one by one."""

    articles: int
    stories_before: int
    stories_after: int
    moved: int = Field(description="Articles that get another story.")
    waiting: int = Field(0, description="Articles that are to move in a later re-clustering by the clock.")
    transitions: list[TransitionDocument]
    renamed: list[Renaming]


class ReclusterDiff(Document):
    """What applying a re-clustering changes, or changed."""

    id: str
    state: str
    diff: Difference
