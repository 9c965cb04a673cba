"""What does the store answer with? Frozen rows, named like the public JSON; times are Unix seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from service.model import DecisionKind, Kind, ReclusterScope, Relation, Scope, Span, State, Transition

StoryStatus = Literal["live", "merged", "closed"]
ReclusterState = Literal["requested", "computing", "ready", "held", "applied", "failed"]
WebhookState = Literal["active", "disabled"]
FeedState = Literal["active", "failing", "dead"]
DeliveryState = Literal["waiting", "delivered", "failed"]
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a list; `after` is what to pass for the next one, None on the last page."""

    items: tuple[Row, ...]
    after: list[Any] | None


@dataclass(frozen=True, slots=True)
class ArticleRecord:
    """An article without its text."""

    id: str
    version: int
    state: State
    reason: str
    url: str
    outlet: str
    title: str
    published: str
    published_at: float | None
    basis: Literal["given", "page", "unknown"]
    lang: str
    lang_certain: bool
    arrived_at: float
    notes: list[str]
    story_id: str | None


@dataclass(frozen=True, slots=True)
class ArticleText:
    """The original text that every span refers to, and the fields that samestory does not know."""

    text: str
    html: str
    extra: Mapping[str, Any]
    spans: tuple[Span, ...]
    others: tuple[tuple[Span, ...], ...]


@dataclass(frozen=True, slots=True)
class StoryRecord:
    """A story without its members."""

    id: str
    status: StoryStatus
    merged_into: str | None
    title: str
    representative_article_id: str | None
    first_reported: float | None
    latest_reported: float | None
    first_published: float | None
    latest_published: float | None
    article_count: int
    outlet_count: int
    independent_outlet_count: int
    languages: list[str]
    updated_change: int
    created_at: float
    closed_at: float | None


@dataclass(frozen=True, slots=True)
class MemberRecord:
    """One article's place in a story; `evidence` is that of its link to `linked_to`, when decided."""

    article_id: str
    story_id: str
    outlet: str
    title: str
    lang: str
    url: str
    published_at: float | None
    arrived_at: float
    relation: Relation | None
    score: float
    linked_to: str | None
    evidence: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class LinkRecord:
    """A link, or a near miss when it is not `linked`, with its evidence as it was when decided."""

    a: str
    b: str
    kind: Kind
    linked: bool
    probability: float
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LineageRecord:
    """One transition of a story."""

    seq: int
    at: float
    story_id: str
    transition: Transition
    article_ids: list[str]
    other_story_id: str | None
    cause: str


@dataclass(frozen=True, slots=True)
class ChangeRecord:
    """One entry of the ordered log."""

    seq: int
    at: float
    type: str
    article_id: str | None
    story_id: str | None
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ReclusterRecord:
    """A requested re-clustering; `diff` is there once it was computed."""

    id: str
    state: ReclusterState
    dry_run: bool
    scope: ReclusterScope
    steady: bool
    requested_at: float
    started_at: float | None
    finished_at: float | None
    reason: str
    diff: Mapping[str, Any] | None = field(default=None)


@dataclass(frozen=True, slots=True)
class OutletRecord:
    """What a person said of an outlet: the name under which it counts, and who owns it; empty where not
    said."""

    name: str
    alias_of: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """What a person decided. `articles` are those it names (a story by its representative), `others` further
    members of the stories it is about, `outlet` or `passage` what is ignored; `effect` says what it changed
    at once."""

    seq: int
    id: str
    at: float
    by: str
    kind: DecisionKind
    articles: list[str]
    others: list[str]
    stories: list[str]
    note: str
    effect: Mapping[str, Any]
    outlet: str = ""
    passage: str = ""
    undone_at: float | None = None
    undone_by: str = ""


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What is known of an API key; the key itself is kept nowhere. `expires_at`: None for never."""

    id: str
    name: str
    scopes: list[Scope]
    created_at: float
    expires_at: float | None
    revoked_at: float | None


@dataclass(frozen=True, slots=True)
class WebhookRecord:
    """Whom changes are pushed to; its secret is kept apart. `cursor`: the last change that is done."""

    id: str
    url: str
    types: list[str]
    state: WebhookState
    reason: str
    created_at: float
    cursor: int
    failures: int


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A stretch of the log on its way to a webhook, or what became of it."""

    seq: int
    webhook_id: str
    first: int
    last: int
    changes: int
    state: DeliveryState
    again: int | None
    attempts: int
    created_at: float
    due_at: float
    tried_at: float | None = None
    seconds: float | None = None
    status: int | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class FeedRecord:
    """A feed that is polled. `page` named it, where a page was asked for; `reason` says why it is failing."""

    id: str
    url: str
    page: str
    title: str
    home: str
    outlet: str
    full_text: bool
    state: FeedState
    reason: str
    status: int | None
    etag: str
    last_modified: str
    created_at: float
    polled_at: float | None
    news_at: float | None
    due_at: float
    pause_seconds: float
    failures: int
    items: int


@dataclass(frozen=True, slots=True)
class SearchRecord:
    """A saved search. An empty `q`, `lang` or `outlet` and a number of 1 ask for nothing."""

    id: str
    name: str
    q: str
    lang: str
    outlet: str
    min_independent: int
    min_reports: int
    created_at: float


@dataclass(frozen=True, slots=True)
class MatchRecord:
    """A story that matches, or once matched, a saved search. `told`: change number `change` said so; else
    it was there already, or a part of one that was told of."""

    search_id: str
    story_id: str
    at: float
    change: int
    told: bool


@dataclass(frozen=True, slots=True)
class FeedItemRecord:
    """An item of a feed, known by digests. `waiting`: the article, as long as its page is to be read."""

    key: str
    article_id: str
    title: str
    content: str
    waiting: Mapping[str, Any] | None = None
