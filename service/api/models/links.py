"""What relates two articles? The evidence of a link or of a near miss."""

from __future__ import annotations

from pydantic import Field

from service.api.models.base import Document
from service.model import Kind


class EvidenceDocument(Document):
    """Why two articles are (not) linked, in numbers."""

    kind: Kind
    linked: bool
    probability: float
    jaccard: float
    containment_a: float
    containment_b: float
    passages: list[tuple[int, int, int]] = Field(
        default=[], description="Shared runs of words: the first one's number in a, in b, and how many."
    )
    features: dict[str, float] = Field(default={}, description="What the same-event model looked at.")
    contributions: dict[str, float] = Field(
        default={}, description="What each feature added to the log-odds."
    )


class LinkDocument(Document):
    """A verified relation between two articles, or a near miss when `evidence.linked` is false."""

    a: str
    b: str
    evidence: EvidenceDocument


class LinkList(Document):
    """The links and near misses of one article or story, strongest first."""

    links: list[LinkDocument]


class LinkSummary(Document):
    """The strongest link behind a transition; of a split, the strongest that still held."""

    a: str
    b: str
    kind: Kind
    probability: float
