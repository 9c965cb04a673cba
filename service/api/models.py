"""What does the public JSON look like? One model per document; OpenAPI is generated from these.

Times are ISO 8601 in UTC. Spans are half-open ranges of code points in an article's original text.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from service.api.cursors import MOST
from service.model import DecisionKind, Kind, ReclusterScope, Relation, State, Transition


def _from_unix(value: Any) -> Any:
    """Unix seconds, as the store keeps times, become an aware datetime."""
    return datetime.fromtimestamp(value, UTC) if isinstance(value, int | float) else value


Moment = Annotated[datetime, BeforeValidator(_from_unix)]


class Document(BaseModel):
    """Base of all documents: built from mappings or from attributes, nothing undeclared leaks out."""

    model_config = ConfigDict(from_attributes=True, extra="ignore")


class FieldError(Document):
    """One wrong parameter."""

    where: str
    message: str


class Problem(Document):
    """RFC 9457 problem document. `type` is a page of this server that explains it."""

    type: str
    title: str
    status: int
    detail: str | None = None
    errors: list[FieldError] | None = Field(default=None, description="Wrong parameters, one by one.")


class ArticleInput(BaseModel):
    """An article as it is sent, in our names or schema.org's; further fields are kept in `extra`."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "url": "https://example.org/news/1",
                    "outlet": "Example Daily",
                    "title": "Bridge reopens after repairs",
                    "text": "The old bridge reopened to traffic on Monday after eleven months of repairs.",
                    "published": "2024-06-17T08:30:00+02:00",
                    "lang": "en",
                }
            ]
        },
    )

    id: str | None = Field(
        default=None, max_length=256, description="Else derived from url, or outlet, title and text."
    )
    url: str | None = None
    outlet: str | None = Field(default=None, description="Who published it (schema.org: publisher).")
    title: str | None = Field(default=None, description="(schema.org: headline).")
    text: str | None = Field(default=None, description="Plain text (schema.org: articleBody).")
    html: str | None = Field(
        default=None, description="The page; its main text is extracted when `text` is absent."
    )
    published: str | None = Field(default=None, description="ISO 8601 (schema.org: datePublished).")
    lang: str | None = Field(default=None, description="BCP 47 language (schema.org: inLanguage).")


class Receipt(Document):
    """What became of one article of a request. `error` is a problem document when it was rejected."""

    index: int = Field(description="Position among the articles of the request, from 0.")
    id: str | None = Field(default=None, description="Given or derived; absent when it could not be read.")
    status: Literal["accepted", "updated", "unchanged", "rejected"]
    error: Problem | None = None
    state: State | None = Field(default=None, description="With `wait`: where the article is now.")
    story_id: str | None = Field(default=None, description="With `wait`: the story it was placed in.")


class Submission(Document):
    """What became of all articles of a request, in its order."""

    accepted: int
    updated: int
    unchanged: int
    rejected: int
    results: list[Receipt]


class ArticleSummary(Document):
    """An article in a list: everything but its text."""

    id: str
    version: int
    state: State
    reason: str = Field("", description="Why it was rejected, or why the last attempt to prepare it failed.")
    url: str
    outlet: str
    title: str
    published: str = Field(description="As the sender gave it.")
    published_at: Moment | None = Field(description="The published date where it can be trusted.")
    basis: Literal["given", "page", "unknown"] = Field(description="Where `published_at` comes from.")
    lang: str
    lang_certain: bool
    arrived_at: Moment
    notes: list[str] = Field(description="What was changed or doubted on the way in.")
    story_id: str | None


class ArticleDetail(ArticleSummary):
    """One article with its original text and what was made of it."""

    text: str
    spans: list[tuple[int, int]] = Field(description="The main story's parts of `text`.")
    others: list[list[tuple[int, int]]] = Field(description="Further stories on the same page.")
    extra: dict[str, Any]


class ArticleList(Document):
    """A page of articles, newest arrival first."""

    articles: list[ArticleSummary]
    next: str | None = Field(default=None, description="Cursor of the next page.")


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
    sources: list[str] = Field(description="Articles that have it; of a copied one where it comes from.")
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
    left_out: int = Field(description="Later reports, beyond the number that is compared.")


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


class LinkSummary(Document):
    """The strongest link behind a transition; of a split, the strongest that still held."""

    a: str
    b: str
    kind: Kind
    probability: float


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


Name = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^\x00]*$")]
Remark = Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")]
Names = Annotated[list[Name], Field(max_length=1000)]


class DecisionRequest(BaseModel):
    """What a person decides. `must_link`, `cannot_link`: two articles or more. `merge`: two stories or more.
    `split`: articles of one story that are to be a story of their own. `move`: articles of one story, and the
    story to move to. `represent`: the article that is to speak for its story."""

    model_config = ConfigDict(extra="forbid")

    kind: DecisionKind
    articles: Names = []
    stories: Names = []
    note: Remark = ""
    by: Remark = Field(default="", description="Who decides.")


class ExportedDecision(BaseModel):
    """A decision as `GET /v1/decisions` shows it; what it did elsewhere is left out of account."""

    model_config = ConfigDict(extra="ignore")

    kind: DecisionKind
    articles: Annotated[list[Name], Field(min_length=1, max_length=1000)]
    others: list[Name] = []
    stories: Names = []
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

    moved: list[MovedArticle] = []
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


class OutletRequest(BaseModel):
    """What is said of an outlet; empty where nothing is."""

    model_config = ConfigDict(extra="forbid")

    alias_of: Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")] = Field(
        default="", description="The name under which it counts."
    )
    owner: Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")] = Field(
        default="", description="Outlets of one owner are one independent voice."
    )


class Outlet(Document):
    """What a person said of an outlet."""

    name: str
    alias_of: str
    owner: str


class OutletList(Document):
    """What people said of outlets, by name."""

    outlets: list[Outlet]


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


class WebhookRequest(BaseModel):
    """Where to push changes."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=2000, description="http(s); private addresses only where that is allowed.")
    types: list[Annotated[str, Field(pattern=r"^[a-z]+\.[a-z_]+$", max_length=50)]] = Field(
        default=[], max_length=20, description="Only changes of these types, such as story.emerged; else all."
    )
    since: int | None = Field(
        default=None, ge=0, le=MOST, description="Begin after this change; else with what comes next."
    )


class Webhook(Document):
    """Whom changes are pushed to."""

    id: str
    url: str
    types: list[str]
    state: Literal["active", "disabled"]
    reason: str = Field(description="Why it was disabled.")
    created_at: Moment
    cursor: int = Field(description="The last change that is done.")
    failures: int = Field(description="Tries in a row that failed.")


class NewWebhook(Webhook):
    """A webhook that was just made."""

    secret: str = Field(description="Deliveries are signed with it; it is not said again.")


class WebhookList(Document):
    """A page of webhooks."""

    webhooks: list[Webhook]
    next: str | None = Field(default=None, description="Cursor of the next page.")


class Delivery(Document):
    """A stretch of the log on its way to a webhook, or what became of it."""

    seq: int
    webhook_id: str
    first: int = Field(description="The first change in it.")
    last: int = Field(description="The change that it reaches to.")
    changes: int = Field(description="How many changes are in it.")
    state: Literal["waiting", "delivered", "failed"]
    again: int | None = Field(description="The delivery that it repeats on request.")
    attempts: int
    created_at: Moment
    due_at: Moment = Field(description="When it is tried next, while it waits.")
    tried_at: Moment | None
    seconds: float | None = Field(description="How long the last try took.")
    status: int | None = Field(description="What the last try was answered.")
    error: str = Field(description="Why the last try failed.")


class DeliveryList(Document):
    """A page of deliveries, newest first."""

    deliveries: list[Delivery]
    next: str | None = Field(default=None, description="Cursor of the next page.")


class Health(Document):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(Document):
    """Whether work is being done, and what was looked at."""

    ready: bool
    details: dict[str, Any]
