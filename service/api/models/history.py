"""What became of a story, and where does each of its sentences come from?"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from service.api.models.base import Document, Moment
from service.api.models.links import LinkDocument
from service.model import Transition


class LineageEntry(Document):
    """One transition of a story, seen from the story that was asked about."""

    seq: int
    at: Moment
    story_id: str
    transition: Transition
    article_ids: list[str]
    other_story_id: str | None
    cause: str
    cause_kind: Literal["evidence", "run", "decision", "undo", "version", "takedown", "time", "retention"]
    cause_id: str | None = Field(description="The re-clustering or the decision, where one was the cause.")
    evidence: LinkDocument | None = Field(description="The strongest link known to have led there.")
    summary: str = Field(description="What happened and why, in a sentence.")


class Lineage(Document):
    """Everything that happened to a story, oldest first."""

    story_id: str
    status: Literal["live", "merged", "closed"]
    merged_into: str | None
    resolves_to: str = Field(description="The id that this one stands for today.")
    split_from: str | None = Field(description="The story that it was split off.")
    absorbed: list[str] = Field(description="Stories that merged into it.")
    split_off: list[str] = Field(description="Stories that were split off it.")
    lineage: list[LineageEntry]


class TracedSentence(Document):
    """One sentence of a report, and where it comes from."""

    span: tuple[int, int]
    text: str
    origin: Literal["unique", "original", "copied", "common_source"] = Field(
        description="original: others copied it. common_source: both quote somebody else, or nothing tells."
    )
    sources: list[str] = Field(
        description="Articles that have it, the first ones of many; of a copied one where it comes from."
    )
    confidence: float
    new: bool = Field(description="No report before has it.")


class TracedArticle(Document):
    """A report of a story, sentence by sentence."""

    article_id: str
    outlet: str
    sentences: list[TracedSentence]


class Provenance(Document):
    """A story's reports in order of appearance."""

    articles: list[TracedArticle]
    left_out: int = Field(description="Later reports, beyond the number that is traced.")
