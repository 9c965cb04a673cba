"""What is a story, with its members?"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from service.api.models.base import Document, Moment
from service.api.models.links import EvidenceDocument
from service.model import Relation


class Member(Document):
    """One article's place in a story."""

    article_id: str
    outlet: str
    title: str
    lang: str
    url: str
    published_at: Moment | None
    relation: Relation | None = Field(
        description="To `linked_to`; null for the article that founded the story."
    )
    score: float
    linked_to: str | None
    evidence: EvidenceDocument | None = None


class StorySummary(Document):
    """A story in a list."""

    id: str
    status: Literal["live", "merged", "closed"] = Field(description="closed: no article is left.")
    life: Literal["active", "quiet", "closed"] = Field(
        description="quiet: without news for some time; closed: for so long that nothing joins it any more."
    )
    merged_into: str | None
    title: str
    representative_article_id: str | None
    first_reported: Moment | None
    latest_reported: Moment | None
    first_published: Moment | None
    latest_published: Moment | None
    article_count: int
    outlet_count: int
    independent_outlet_count: int
    languages: list[str]


class StoryDetail(StorySummary):
    """One story with its members; beyond the first hundred, `next` continues at `/stories/{id}/articles`."""

    split_from: str | None = Field(description="The story that it was split off.")
    members: list[Member]
    next: str | None = None


class StoryList(Document):
    """A page of stories."""

    stories: list[StorySummary]
    next: str | None = Field(default=None, description="Cursor of the next page.")


class MemberList(Document):
    """A page of a story's members."""

    members: list[Member]
    next: str | None = Field(default=None, description="Cursor of the next page.")
