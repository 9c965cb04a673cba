"""Which types have the API's documents? Written from the OpenAPI document.

See tests/api/test_client_documents.py. Times are text in ISO 8601. A key that may be missing is NotRequired.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict


class ArticleInput(TypedDict):
    """An article as it is sent, in our names or schema.org's; further fields are kept in `extra`."""

    id: NotRequired[str | None]
    url: NotRequired[str | None]
    outlet: NotRequired[str | None]
    title: NotRequired[str | None]
    text: NotRequired[str | None]
    html: NotRequired[str | None]
    published: NotRequired[str | None]
    lang: NotRequired[str | None]


class FieldError(TypedDict):
    """One wrong parameter."""

    where: str
    message: str


class Problem(TypedDict):
    """RFC 9457 problem document."""

    type: str
    title: str
    status: int
    detail: NotRequired[str | None]
    errors: NotRequired[list[FieldError] | None]


class Receipt(TypedDict):
    """What became of one article of a request."""

    index: int
    id: NotRequired[str | None]
    status: Literal["accepted", "updated", "unchanged", "rejected"]
    error: NotRequired[Problem | None]
    state: NotRequired[Literal["received", "prepared", "placed", "rejected", "deleted"] | None]
    story_id: NotRequired[str | None]


class Submission(TypedDict):
    """What became of all articles of a request, in its order."""

    accepted: int
    updated: int
    unchanged: int
    rejected: int
    results: list[Receipt]


class ArticleSummary(TypedDict):
    """An article in a list: everything but its text."""

    id: str
    version: int
    state: Literal["received", "prepared", "placed", "rejected", "deleted"]
    reason: NotRequired[str]
    url: str
    outlet: str
    title: str
    published: str
    published_at: str | None
    basis: Literal["given", "page", "unknown"]
    lang: str
    lang_certain: bool
    arrived_at: str
    notes: list[str]
    story_id: str | None


class ArticleDetail(TypedDict):
    """One article with its original text and what was made of it."""

    id: str
    version: int
    state: Literal["received", "prepared", "placed", "rejected", "deleted"]
    reason: NotRequired[str]
    url: str
    outlet: str
    title: str
    published: str
    published_at: str | None
    basis: Literal["given", "page", "unknown"]
    lang: str
    lang_certain: bool
    arrived_at: str
    notes: list[str]
    story_id: str | None
    text: str
    spans: list[list[int]]
    others: list[list[list[int]]]
    extra: dict[str, Any]


class StorySummary(TypedDict):
    """A story in a list."""

    id: str
    status: Literal["live", "merged", "closed"]
    life: Literal["active", "quiet", "closed"]
    merged_into: str | None
    title: str
    representative_article_id: str | None
    first_reported: str | None
    latest_reported: str | None
    first_published: str | None
    latest_published: str | None
    article_count: int
    outlet_count: int
    independent_outlet_count: int
    languages: list[str]


class EvidenceDocument(TypedDict):
    """Why two articles are (not) linked, in numbers."""

    kind: Literal["copy", "passage", "event"]
    linked: bool
    probability: float
    jaccard: float
    containment_a: float
    containment_b: float
    passages: NotRequired[list[list[int]]]
    features: NotRequired[dict[str, float]]
    contributions: NotRequired[dict[str, float]]


class Member(TypedDict):
    """One article's place in a story."""

    article_id: str
    outlet: str
    title: str
    lang: str
    url: str
    published_at: str | None
    relation: Literal["exact_copy", "near_duplicate", "shared_passages", "same_event", "update_of"] | None
    score: float
    linked_to: str | None
    evidence: NotRequired[EvidenceDocument | None]


class StoryDetail(TypedDict):
    """One story with its members; beyond the first hundred, `next` continues at `/stories/{id}/articles`."""

    id: str
    status: Literal["live", "merged", "closed"]
    life: Literal["active", "quiet", "closed"]
    merged_into: str | None
    title: str
    representative_article_id: str | None
    first_reported: str | None
    latest_reported: str | None
    first_published: str | None
    latest_published: str | None
    article_count: int
    outlet_count: int
    independent_outlet_count: int
    languages: list[str]
    split_from: str | None
    members: list[Member]
    next: NotRequired[str | None]


class LinkDocument(TypedDict):
    """A verified relation between two articles, or a near miss when `evidence.linked` is false."""

    a: str
    b: str
    evidence: EvidenceDocument


class Passage(TypedDict):
    """A run of words that both texts share."""

    a: list[int]
    b: list[int]
    text_a: str
    text_b: str


class Anchor(TypedDict):
    """A name, number or word that texts in two languages share."""

    a: list[int] | None
    b: list[int] | None
    text_a: str
    text_b: str
    weight: float


class PairDocument(TypedDict):
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
    anchors: list[Anchor]


class Match(TypedDict):
    """A story the sent text would join, or nearly."""

    story_id: str
    article_id: str
    evidence: EvidenceDocument


class LineageEntry(TypedDict):
    """One transition of a story, seen from the story that was asked about."""

    seq: int
    at: str
    story_id: str
    transition: Literal["emerged", "joined", "left", "merged", "split", "renamed", "closed"]
    article_ids: list[str]
    other_story_id: str | None
    cause: str
    cause_kind: Literal["evidence", "run", "decision", "undo", "version", "takedown", "time", "retention"]
    cause_id: str | None
    evidence: LinkDocument | None
    summary: str


class Lineage(TypedDict):
    """Everything that happened to a story, oldest first."""

    story_id: str
    status: Literal["live", "merged", "closed"]
    merged_into: str | None
    resolves_to: str
    split_from: str | None
    absorbed: list[str]
    split_off: list[str]
    lineage: list[LineageEntry]


class TracedSentence(TypedDict):
    """One sentence of a report, and where it comes from."""

    span: list[int]
    text: str
    origin: Literal["unique", "original", "copied", "common_source"]
    sources: list[str]
    confidence: float
    new: bool


class TracedArticle(TypedDict):
    """A report of a story, sentence by sentence."""

    article_id: str
    outlet: str
    sentences: list[TracedSentence]


class Provenance(TypedDict):
    """A story's reports in order of appearance."""

    articles: list[TracedArticle]
    left_out: int


class Change(TypedDict):
    """One entry of the ordered log."""

    seq: int
    at: str
    type: str
    article_id: str | None
    story_id: str | None
    data: dict[str, Any]


class MovedArticle(TypedDict):
    """An article that a decision moved."""

    article_id: str
    from_story_id: str
    to_story_id: str


class DecisionEffect(TypedDict):
    """What a decision changed at once."""

    moved: NotRequired[list[MovedArticle]]
    ended_story_ids: NotRequired[list[str]]
    corrects: NotRequired[Literal["copy", "passage", "event", "story", "missed", "nothing"]]


class Decision(TypedDict):
    """What a person decided."""

    id: str
    at: str
    by: str
    kind: Literal[
        "must_link", "cannot_link", "merge", "split", "move", "represent", "ignore_passage", "ignore_outlet"
    ]
    articles: list[str]
    others: list[str]
    stories: list[str]
    outlet: str
    passage: str
    note: str
    effect: DecisionEffect
    undone_at: str | None
    undone_by: str
