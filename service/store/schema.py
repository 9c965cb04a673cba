"""Which tables hold the truth? Every column with its meaning; no SQL elsewhere than in this package.

Narrow rows that are searched and updated (`articles`) are kept apart from wide ones that are written once
(`texts`, `sketches`), so that placing an article rewrites some 300 bytes and not its text.
"""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    literal_column,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from service.store.evidence import unpack_evidence
from service.store.rows import to_json

# The migration that makes exactly these tables; a test compares the two.
HEAD = "0002_web"
AT_COMMIT: dict[str, Any] = {"deferrable": True, "initially": "DEFERRED"}


class Json(TypeDecorator[Any]):
    """JSON as text, written by orjson: faster than the standard library, the same on every database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else to_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else orjson.loads(value)


class PackedEvidence(TypeDecorator[Any]):
    """Evidence as `store.evidence` packs it; what is read is its JSON."""

    impl = LargeBinary
    cache_ok = True

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else unpack_evidence(value)


metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),  # hash_key, fingerprint
    Column("value", Text, nullable=False),
)

articles = Table(
    "articles",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),  # order of arrival; a new version is last
    Column("id", Text, nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),  # received, prepared, placed, rejected, deleted
    Column("attempts", Integer, nullable=False, default=0),  # how often preparing was begun
    Column("reason", Text, nullable=False, default=""),  # why rejected, or why the last attempt failed
    Column("content_hash", LargeBinary, nullable=False),
    Column("arrived_at", Float, nullable=False),  # of this version; all times are Unix seconds
    Column("first_arrived_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),  # when the state last moved: the sweep looks at it
    Column("forget", Boolean, nullable=False, default=False),  # deleted, and the owner does not know yet
    # as the sender gave them, untouched
    Column("url", Text, nullable=False, default=""),
    Column("outlet", Text, nullable=False, default=""),
    Column("given_title", Text, nullable=False, default=""),
    Column("given_lang", Text, nullable=False, default=""),
    Column("published", Text, nullable=False, default=""),
    # as prepared
    Column("title", Text, nullable=False, default=""),
    Column("search", Text, nullable=False, default=""),  # the folded title
    Column("lang", Text, nullable=False, default=""),
    Column("lang_certain", Boolean, nullable=False, default=False),
    Column("published_at", Float),
    Column("basis", Text, nullable=False, default="unknown"),
    Column("words", Integer, nullable=False, default=0),
    Column("notes", Json, nullable=False, default=()),
)
# Written out, not bound: SQLite takes a partial index only for a query that says its very words.
FORGOTTEN = text("articles.forget")
QUEUED = articles.c.state.in_([literal_column("'received'"), literal_column("'prepared'")])
Index("articles_queue", articles.c.state, articles.c.seq, sqlite_where=QUEUED, postgresql_where=QUEUED)
Index("articles_forget", articles.c.seq, sqlite_where=articles.c.forget, postgresql_where=articles.c.forget)
Index("articles_arrived", articles.c.arrived_at)
Index("articles_outlet", articles.c.outlet)

texts = Table(
    "texts",
    metadata,
    Column(
        "seq",
        ForeignKey("articles.seq"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("text", Text, nullable=False),  # the original that every span refers to
    Column("html", Text, nullable=False, default=""),
    Column("extra", Json, nullable=False),  # fields of the sender's that samestory does not know
)

sketches = Table(
    "sketches",
    metadata,
    Column(
        "seq",
        ForeignKey("articles.seq"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("spans", Json, nullable=False),  # the main story's parts of the text
    Column("others", Json, nullable=False),  # further stories on the same page
    Column("sketch", LargeBinary, nullable=False),
)

article_versions = Table(
    "article_versions",
    metadata,
    Column("article_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("content_hash", LargeBinary, nullable=False),
    Column("title", Text, nullable=False),
    Column("arrived_at", Float, nullable=False),
    Column("replaced_at", Float, nullable=False),
    sqlite_with_rowid=False,
)

stories = Table(
    "stories",
    metadata,
    Column("id", Text, primary_key=True),
    Column("status", Text, nullable=False),  # live, merged (see merged_into), closed (no article left)
    # deferred: it may have merged into one that is new in the same transaction
    Column("merged_into", ForeignKey("stories.id", **AT_COMMIT)),
    Column("title", Text, nullable=False, default=""),
    Column("representative_article_id", Text),
    Column("first_reported", Float),  # earliest arrival
    Column("first_published", Float),
    Column("latest_published", Float),
    Column("first_at", Float),  # published where trusted, else arrived: what lists are sorted by
    Column("latest_at", Float),
    Column("hot", Float),
    Column("article_count", Integer, nullable=False, default=0),
    Column("outlet_count", Integer, nullable=False, default=0),
    Column("independent_outlet_count", Integer, nullable=False, default=0),
    Column("languages", Json, nullable=False, default=()),
    Column("search", Text, nullable=False, default=""),
    Column("updated_change", Integer, nullable=False),  # the last change that touched it: its ETag
    Column("created_at", Float, nullable=False),
)
LIVE = stories.c.status == "live"
MERGED = stories.c.merged_into.is_not(None)
Index("stories_merged_into", stories.c.merged_into, sqlite_where=MERGED, postgresql_where=MERGED)
for _order in ("latest_at", "first_at", "article_count", "hot"):
    Index(f"stories_{_order}", stories.c[_order], stories.c.id, sqlite_where=LIVE, postgresql_where=LIVE)

members = Table(
    "members",
    metadata,
    Column("article_id", ForeignKey("articles.id"), primary_key=True),
    # deferred: a new story is written once, counted, after its members
    Column("story_id", ForeignKey("stories.id", **AT_COMMIT), nullable=False, index=True),
    Column("relation", Text),  # to `linked_to`; null for a founder
    Column("score", Float, nullable=False),
    Column("linked_to", Text),  # the strongest link into the story
)

links = Table(
    "links",
    metadata,
    Column("a", ForeignKey("articles.id"), primary_key=True),  # the article that was placed
    Column("b", ForeignKey("articles.id"), primary_key=True, index=True),  # the one it was compared with
    Column("kind", Text, nullable=False),
    Column("linked", Boolean, nullable=False),  # false for a near miss
    Column("probability", Float, nullable=False),
    Column("evidence", PackedEvidence, nullable=False),  # numbers and token offsets, never text
)

lineage = Table(
    "lineage",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Float, nullable=False),
    Column("story_id", Text, nullable=False, index=True),
    Column("transition", Text, nullable=False),
    Column("article_ids", Json, nullable=False),
    Column("other_story_id", Text),
    Column("cause", Text, nullable=False),  # placed, reversioned, deleted, recluster:ID
)

OTHER = lineage.c.other_story_id.is_not(None)
Index("lineage_other", lineage.c.other_story_id, sqlite_where=OTHER, postgresql_where=OTHER)

changes = Table(
    "changes",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),  # 1, 2, 3 ... without gaps
    Column("at", Float, nullable=False),
    Column("type", Text, nullable=False),
    Column("article_id", Text),
    Column("story_id", Text),
    Column("data", Json, nullable=False),
)

reclusters = Table(
    "reclusters",
    metadata,
    Column("id", Text, primary_key=True),
    Column("state", Text, nullable=False),  # requested, computing, ready, held, applied, failed
    Column("dry_run", Boolean, nullable=False),
    Column("requested_at", Float, nullable=False),
    Column("started_at", Float),
    Column("finished_at", Float),
    Column("reason", Text, nullable=False, default=""),
    Column("clusters", Json),  # of the snapshot: article ids with versions, and the links within
    Column("diff", Json),  # what applying changes, or changed
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False),  # to sign with, so it cannot be kept as a digest
    Column("types", Json, nullable=False),  # of changes it wants; none: all
    Column("state", Text, nullable=False),  # active, disabled
    Column("reason", Text, nullable=False),  # why disabled
    Column("created_at", Float, nullable=False),
    Column("cursor", Integer, nullable=False),  # the last change that is done
    Column("failures", Integer, nullable=False),  # tries in a row
    Column("claimed_until", Float, nullable=False),  # somebody is sending until then, or died while doing so
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("webhook_id", ForeignKey("webhooks.id"), nullable=False),
    Column("first", Integer, nullable=False),  # of the changes in it
    Column("last", Integer, nullable=False),
    Column("changes", Integer, nullable=False),
    Column("state", Text, nullable=False),  # waiting, delivered, failed
    Column("again", Integer),  # the delivery that it repeats on request
    Column("attempts", Integer, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("due_at", Float, nullable=False),
    Column("tried_at", Float),
    Column("seconds", Float),
    Column("status", Integer),
    Column("error", Text, nullable=False),
)
Index("deliveries_webhook", deliveries.c.webhook_id, deliveries.c.seq)
Index("deliveries_state", deliveries.c.webhook_id, deliveries.c.state, deliveries.c.seq)

idempotency = Table(
    "idempotency",
    metadata,
    Column("key", Text, primary_key=True),
    Column("request_digest", LargeBinary, nullable=False),
    Column("response", Json, nullable=False),
    Column("at", Float, nullable=False, index=True),
)

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("token", Integer, nullable=False),  # grows with each new holder: the fence
    Column("expires_at", Float, nullable=False),
)
