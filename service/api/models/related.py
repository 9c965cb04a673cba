"""Which stories stand beside one, and why?"""

from __future__ import annotations

from pydantic import Field

from service.api.models.base import Document
from service.api.models.stories import StorySummary
from service.related import Kind


class RelatedReason(Document):
    """Why a story is related."""

    kind: Kind = Field(
        description="split_off, split_from: it was part of this story, or this one of it. moved: reports "
        "went from one to the other. compared: two of their reports were. words: their titles share some."
    )
    words: list[str] = Field(description="As they stand in this story's titles, the rarest first.")
    a: str | None = Field(description="The report of this story that was compared.")
    b: str | None = Field(description="The other story's.")
    probability: float | None = Field(description="That the two are about one event.")


class RelatedStory(Document):
    """A related story, and why."""

    story: StorySummary
    reasons: list[RelatedReason]


class RelatedList(Document):
    """The stories beside one, the surest first."""

    related: list[RelatedStory]
