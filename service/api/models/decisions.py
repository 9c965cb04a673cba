"""What did a person decide, what did that change, and how often was the algorithm corrected?"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.api.models.base import Document, Moment
from service.model import DecisionKind, Kind

Name = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^\x00]*$")]


Remark = Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")]


Passage = Annotated[str, Field(max_length=10_000, pattern=r"^[^\x00]*$")]


Names = Annotated[list[Name], Field(max_length=1000)]


class DecisionRequest(BaseModel):
    """What a person decides. `must_link`, `cannot_link`: two articles or more. `merge`: two stories or more.
    `split`: articles of one story that are to be a story of their own. `move`: articles of one story, and the
    story to move to. `represent`: the article that is to speak for its story. `ignore_outlet`: an outlet, as
    articles give its name, whose reports are to stand alone. `ignore_passage`: a text of five words or more,
    word for word, that says nothing about what a report is about; what stands is mended by the next
    re-clustering."""

    model_config = ConfigDict(extra="forbid")

    kind: DecisionKind
    articles: Names = []
    stories: Names = []
    outlet: Remark = Field(default="", description="For `ignore_outlet`.")
    passage: Passage = Field(default="", description="For `ignore_passage`.")
    note: Remark = ""
    by: Remark = Field(default="", description="Who decides.")


class ExportedDecision(BaseModel):
    """A decision as `GET /v1/decisions` shows it; what it did elsewhere is left out of account."""

    model_config = ConfigDict(extra="ignore")

    kind: DecisionKind
    articles: Names
    others: list[Name] = []
    stories: Names = []
    outlet: Remark = ""
    passage: Passage = ""
    note: Remark = ""
    by: Remark = ""
    at: datetime


class UndoRequest(BaseModel):
    """Who takes a decision back."""

    model_config = ConfigDict(extra="forbid")

    by: Remark = ""


class MovedArticle(Document):
    """An article that a decision moved."""

    article_id: str
    from_story_id: str
    to_story_id: str


class DecisionEffect(Document):
    """What a decision changed at once."""

    moved: list[MovedArticle] = Field(default=[])
    ended_story_ids: list[str] = Field(default=[], description="Stories that merged into others.")
    corrects: Literal["copy", "passage", "event", "story", "missed", "nothing"] = Field(
        default="nothing",
        description="The kind of link that had joined what is parted; story: only others linked them; "
        "missed: they were apart.",
    )


class Decision(Document):
    """What a person decided. It holds until it is undone."""

    id: str
    at: Moment
    by: str
    kind: DecisionKind
    articles: list[str] = Field(description="Those it names; a story by its representative.")
    others: list[str] = Field(description="Further members of the stories it is about.")
    stories: list[str]
    outlet: str = Field(description="That is ignored.")
    passage: str = Field(description="That is ignored.")
    note: str
    effect: DecisionEffect
    undone_at: Moment | None
    undone_by: str


class CorrectedKind(Document):
    """One kind of evidence, and how often people parted what it had joined."""

    kind: Kind
    members: int = Field(description="Members that are in their story by it.")
    corrected: int
    undone: int = Field(description="Corrections that were taken back.")


class Drift(Document):
    """How often people corrected the algorithm."""

    kinds: list[CorrectedKind]
    missed: int = Field(description="Decisions that put together what had been apart.")
    indirect: int = Field(description="That parted what no link had joined directly.")
    agreed: int = Field(description="That found the stories as they wanted them.")
    undone: int = Field(description="Decisions that were taken back.")


class DecisionList(Document):
    """A page of decisions, newest first."""

    decisions: list[Decision]
    next: str | None = Field(default=None, description="Cursor of the next page.")
