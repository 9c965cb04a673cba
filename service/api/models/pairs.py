"""Why are two articles (not) in one story, and which stories would a text join?"""

from __future__ import annotations

from pydantic import Field

from service.api.models.base import Document
from service.api.models.links import EvidenceDocument


class Passage(Document):
    """A run of words that both texts share."""

    a: tuple[int, int] = Field(description="Span in the original text of article a.")
    b: tuple[int, int] = Field(description="Span in the original text of article b.")
    text_a: str
    text_b: str


class Anchor(Document):
    """A name, number or word that texts in two languages share."""

    a: tuple[int, int] | None = Field(description="First span in article a; null if only in its title.")
    b: tuple[int, int] | None = Field(description="First span in article b; null if only in its title.")
    text_a: str
    text_b: str
    weight: float = Field(description="How rare it is in both languages, in nats.")


class PairDocument(Document):
    """Why two articles are (not) in one story, with the passages they share."""

    a: str
    b: str
    same_story: bool
    story_a: str | None
    story_b: str | None
    evidence: EvidenceDocument
    reasons: list[str]
    why_not: list[str]
    passages: list[Passage]
    anchors: list[Anchor] = Field(description="Only between languages, where `cross_language` is set.")


class Match(Document):
    """A story the sent text would join, or nearly."""

    story_id: str
    article_id: str
    evidence: EvidenceDocument


class MatchList(Document):
    """Matches, strongest first. Nothing was stored."""

    matches: list[Match]
