"""Which tables hold the truth? Every column with its meaning; no SQL elsewhere than in this package.

Narrow rows that are searched and updated (`articles`) are kept apart from wide ones that are written once
(`texts`, `sketches`), so that placing an article rewrites some 300 bytes and not its text.
"""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
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
    false,
    literal_column,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from service.store.evidence import unpack_evidence
from service.store.rows import to_json

# The migration that makes exactly these tables; a test compares the two.
HEAD = "0010_ignored"
# Compared byte by byte on every database: one order everywhere, and indexes that need no rules of a language.
TEXT = Text().with_variant(Text(collation="C"), "postgresql")
# Grows without end. SQLite's INTEGER holds 64 bits, and only under that name is it the table's own key.
NUMBER = BigInteger().with_variant(Integer(), "sqlite")
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
    Column("key", TEXT, primary_key=True),  # hash_key, fingerprint
    Column("value", TEXT, nullable=False),
)

articles = Table(
    "articles",
    metadata,
    Column("seq", NUMBER, primary_key=True, autoincrement=False),  # order of arrival; a new version is last
    Column("id", TEXT, nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    Column("state", TEXT, nullable=False),  # received, prepared, placed, rejected, deleted
    Column("attempts", Integer, nullable=False, default=0),  # how often preparing was begun
    Column("reason", TEXT, nullable=False, default=""),  # why rejected, or why the last attempt failed
    Column("content_hash", LargeBinary, nullable=False),
    Column("arrived_at", Float, nullable=False),  # of this version; all times are Unix seconds
    Column("first_arrived_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),  # when the state last moved: the sweep looks at it
    Column("forget", Boolean, nullable=False, default=False),  # deleted, and the owner does not know yet
    # as the sender gave them, untouched
    Column("url", TEXT, nullable=False, default=""),
    Column("outlet", TEXT, nullable=False, default=""),
    Column("given_title", TEXT, nullable=False, default=""),
    Column("given_lang", TEXT, nullable=False, default=""),
    Column("published", TEXT, nullable=False, default=""),
    # as prepared
    Column("title", TEXT, nullable=False, default=""),
    Column("search", TEXT, nullable=False, default=""),  # the folded title
    Column("lang", TEXT, nullable=False, default=""),
    Column("lang_certain", Boolean, nullable=False, default=False),
    Column("published_at", Float),
    Column("basis", TEXT, nullable=False, default="unknown"),
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
    Column("text", TEXT, nullable=False),  # the original that every span refers to
    Column("html", TEXT, nullable=False, default=""),
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
    Column("article_id", TEXT, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("content_hash", LargeBinary, nullable=False),
    Column("title", TEXT, nullable=False),
    Column("arrived_at", Float, nullable=False),
    Column("replaced_at", Float, nullable=False),
    sqlite_with_rowid=False,
)

stories = Table(
    "stories",
    metadata,
    Column("id", TEXT, primary_key=True),
    Column("status", TEXT, nullable=False),  # live, merged (see merged_into), closed (no article left)
    # deferred: it may have merged into one that is new in the same transaction
    Column("merged_into", ForeignKey("stories.id", **AT_COMMIT)),
    Column("title", TEXT, nullable=False, default=""),
    Column("representative_article_id", TEXT),
    Column("first_reported", Float),  # earliest arrival
    Column("latest_reported", Float),  # latest first arrival of an article: without news a story closes
    Column("first_published", Float),
    Column("latest_published", Float),
    Column("first_at", Float),  # published where trusted, else arrived: what lists are sorted by
    Column("latest_at", Float),
    Column("hot", Float),
    Column("article_count", Integer, nullable=False, default=0),
    Column("outlet_count", Integer, nullable=False, default=0),
    Column("independent_outlet_count", Integer, nullable=False, default=0),
    Column("languages", Json, nullable=False, default=()),
    Column("search", TEXT, nullable=False, default=""),
    Column("updated_change", NUMBER, nullable=False),  # the last change that touched it: its ETag
    Column("created_at", Float, nullable=False),
    Column("closed_at", Float),  # when it closed for want of news; it is still live: readable, listed
)
OPEN = text("status = 'live' AND closed_at IS NULL")
Index("stories_open", stories.c.latest_reported, sqlite_where=OPEN, postgresql_where=OPEN)
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
    Column("relation", TEXT),  # to `linked_to`; null for a founder
    Column("score", Float, nullable=False),
    Column("linked_to", TEXT),  # the strongest link into the story
)

links = Table(
    "links",
    metadata,
    Column("a", ForeignKey("articles.id"), primary_key=True),  # the article that was placed
    Column("b", ForeignKey("articles.id"), primary_key=True, index=True),  # the one it was compared with
    Column("kind", TEXT, nullable=False),
    Column("linked", Boolean, nullable=False),  # false for a near miss
    Column("probability", Float, nullable=False),
    Column("evidence", PackedEvidence, nullable=False),  # numbers and token offsets, never text
)

lineage = Table(
    "lineage",
    metadata,
    Column("seq", NUMBER, primary_key=True, autoincrement=False),
    Column("at", Float, nullable=False),
    Column("story_id", TEXT, nullable=False, index=True),
    Column("transition", TEXT, nullable=False),
    Column("article_ids", Json, nullable=False),
    Column("other_story_id", TEXT),
    # placed, reversioned, deleted, time, recluster:ID, decision:ID ...
    Column("cause", TEXT, nullable=False),
)

OTHER = lineage.c.other_story_id.is_not(None)
Index("lineage_other", lineage.c.other_story_id, sqlite_where=OTHER, postgresql_where=OTHER)

changes = Table(
    "changes",
    metadata,
    Column("seq", NUMBER, primary_key=True, autoincrement=False),  # 1, 2, 3 ... without gaps
    Column("at", Float, nullable=False),
    Column("type", TEXT, nullable=False),
    Column("article_id", TEXT),
    Column("story_id", TEXT),
    Column("data", Json, nullable=False),
)

reclusters = Table(
    "reclusters",
    metadata,
    Column("id", TEXT, primary_key=True),
    Column("state", TEXT, nullable=False),  # requested, computing, ready, held, applied, failed
    Column("dry_run", Boolean, nullable=False),
    Column("scope", TEXT, nullable=False, server_default="window"),  # changes, window, archive
    Column("steady", Boolean, nullable=False, server_default=false()),
    Column("requested_at", Float, nullable=False),
    Column("started_at", Float),
    Column("finished_at", Float),
    Column("reason", TEXT, nullable=False, default=""),
    Column("clusters", Json),  # of the snapshot: article ids with versions, and the links within
    Column("diff", Json),  # what applying changes, or changed
)

decisions = Table(
    "decisions",
    metadata,
    # A later decision outranks what an earlier one implies.
    Column("seq", NUMBER, primary_key=True, autoincrement=False),
    Column("id", TEXT, nullable=False, unique=True),
    Column("at", Float, nullable=False),
    Column("by", TEXT, nullable=False, default=""),  # who, as they said
    Column("kind", TEXT, nullable=False),
    Column("articles", Json, nullable=False),  # that it names; a story is named by its representative
    Column("undone_at", Float),
    Column("undone_by", TEXT, nullable=False, default=""),
    Column("note", TEXT, nullable=False, default=""),
    Column("stories", Json, nullable=False),  # as they were named when it was made
    Column("others", Json, nullable=False),  # further members of these stories
    Column("outlet", TEXT, nullable=False, server_default=""),  # that is ignored
    Column("passage", TEXT, nullable=False, server_default=""),
    Column("effect", Json, nullable=False),  # articles it moved, and from where to where; stories it ended
)
SPEAKERS = text("kind = 'represent' AND undone_at IS NULL")
Index("decisions_represent", decisions.c.seq, sqlite_where=SPEAKERS, postgresql_where=SPEAKERS)

outlets = Table(
    "outlets",
    metadata,
    Column("name", TEXT, primary_key=True),  # as articles give it
    Column("alias_of", TEXT, nullable=False, default=""),  # the name under which it counts
    Column("owner", TEXT, nullable=False, default=""),  # outlets of one owner are one independent voice
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", TEXT, primary_key=True),
    Column("url", TEXT, nullable=False),
    Column("secret", TEXT, nullable=False),  # to sign with, so it cannot be kept as a digest
    Column("types", Json, nullable=False),  # of changes it wants; none: all
    Column("state", TEXT, nullable=False),  # active, disabled
    Column("reason", TEXT, nullable=False),  # why disabled
    Column("created_at", Float, nullable=False),
    Column("cursor", NUMBER, nullable=False),  # the last change that is done
    Column("failures", Integer, nullable=False),  # tries in a row
    Column("claimed_until", Float, nullable=False),  # somebody is sending until then, or died while doing so
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("seq", NUMBER, primary_key=True, autoincrement=False),
    Column("webhook_id", ForeignKey("webhooks.id"), nullable=False),
    Column("first", NUMBER, nullable=False),  # of the changes in it
    Column("last", NUMBER, nullable=False),
    Column("changes", NUMBER, nullable=False),
    Column("state", TEXT, nullable=False),  # waiting, delivered, failed
    Column("again", NUMBER),  # the delivery that it repeats on request
    Column("attempts", Integer, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("due_at", Float, nullable=False),
    Column("tried_at", Float),
    Column("seconds", Float),
    Column("status", Integer),
    Column("error", TEXT, nullable=False),
)
Index("deliveries_webhook", deliveries.c.webhook_id, deliveries.c.seq)
Index("deliveries_state", deliveries.c.webhook_id, deliveries.c.state, deliveries.c.seq)

feeds = Table(
    "feeds",
    metadata,
    Column("id", TEXT, primary_key=True),
    Column("url", TEXT, nullable=False, unique=True),
    Column("page", TEXT, nullable=False),  # the web page that named it, where a page was asked for
    Column("title", TEXT, nullable=False),  # as the feed says
    Column("home", TEXT, nullable=False),
    Column("outlet", TEXT, nullable=False),  # under which its articles come in; the feed's title when empty
    Column("full_text", Boolean, nullable=False),  # whether its articles are read from their pages
    Column("state", TEXT, nullable=False),  # active, failing, dead
    Column("reason", TEXT, nullable=False),  # why it is failing or dead
    Column("status", Integer),  # that the last poll was answered with
    Column("etag", TEXT, nullable=False),
    Column("last_modified", TEXT, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("polled_at", Float),
    Column("news_at", Float),  # when a poll last brought something new
    Column("due_at", Float, nullable=False, index=True),
    Column("claimed_until", Float, nullable=False),  # somebody is polling until then, or died while doing so
    Column("pause_seconds", Float, nullable=False),  # between two polls
    Column("failures", Integer, nullable=False),  # polls in a row
    Column("items", Integer, nullable=False),  # that it ever brought
)

feed_items = Table(
    "feed_items",
    metadata,
    Column("feed_id", ForeignKey("feeds.id"), primary_key=True),
    Column("key", TEXT, primary_key=True),  # digest of what the feed calls it
    Column("article_id", TEXT, nullable=False, index=True),
    Column("title", TEXT, nullable=False),  # digest
    Column("content", TEXT, nullable=False),  # digest
    Column("seen_at", Float, nullable=False),
    Column("waiting", Json),  # the article, as long as its page is to be read
)
WAITING = text("waiting IS NOT NULL")
Index("feed_items_seen", feed_items.c.feed_id, feed_items.c.seen_at)
Index("feed_items_waiting", feed_items.c.feed_id, sqlite_where=WAITING, postgresql_where=WAITING)

searches = Table(
    "searches",
    metadata,
    Column("id", TEXT, primary_key=True),
    Column("name", TEXT, nullable=False),
    Column("q", TEXT, nullable=False),  # as it was typed; none of these wants nothing
    Column("lang", TEXT, nullable=False),
    Column("outlet", TEXT, nullable=False),
    Column("min_independent", Integer, nullable=False),
    Column("min_reports", Integer, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("cursor", NUMBER, nullable=False),  # up to this change the log was looked through
)

search_matches = Table(
    "search_matches",
    metadata,
    Column("story_id", ForeignKey("stories.id"), primary_key=True),
    Column("search_id", ForeignKey("searches.id"), primary_key=True),
    Column("at", Float, nullable=False),
    Column("change", NUMBER, nullable=False),  # that told of it, or the newest when it was found
    Column("told", Boolean, nullable=False),
)
Index("search_matches_newest", search_matches.c.search_id, search_matches.c.at, search_matches.c.story_id)

hosts = Table(
    "hosts",
    metadata,
    Column("name", TEXT, primary_key=True),
    Column("free_at", Float, nullable=False),  # when it may be called next
    Column("queue_at", Float, nullable=False),  # when who comes now is told to come again, if it is not free
    Column("robots", TEXT),  # its robots.txt; empty where it has none
    Column("robots_at", Float),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", TEXT, primary_key=True),
    Column("name", TEXT, nullable=False),  # of the file, as its sender calls it
    Column("data", LargeBinary, nullable=False),
    Column("at", Float, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", TEXT, primary_key=True),  # what the key begins with: it is looked up by that
    Column("name", TEXT, nullable=False),
    Column("digest", LargeBinary, nullable=False),  # SHA-256 of the key, which itself is kept nowhere
    Column("scopes", Json, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float),
    Column("revoked_at", Float),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("key", TEXT, primary_key=True),
    Column("request_digest", LargeBinary, nullable=False),
    Column("response", Json, nullable=False),
    Column("at", Float, nullable=False, index=True),
)

leases = Table(
    "leases",
    metadata,
    Column("name", TEXT, primary_key=True),
    Column("holder", TEXT, nullable=False),
    Column("token", NUMBER, nullable=False),  # grows with each new holder: the fence
    Column("expires_at", Float, nullable=False),
)
