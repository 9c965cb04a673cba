"""Feeds that are polled, their items, and the hosts that are called."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005_feeds"
down_revision = "0004_keys"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "feeds",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("url", TEXT, nullable=False),
        sa.Column("page", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("home", TEXT, nullable=False),
        sa.Column("outlet", TEXT, nullable=False),
        sa.Column("full_text", sa.Boolean(), nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("etag", TEXT, nullable=False),
        sa.Column("last_modified", TEXT, nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("polled_at", sa.Float(), nullable=True),
        sa.Column("news_at", sa.Float(), nullable=True),
        sa.Column("due_at", sa.Float(), nullable=False),
        sa.Column("claimed_until", sa.Float(), nullable=False),
        sa.Column("pause_seconds", sa.Float(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("url"),
    )
    op.create_index("ix_feeds_due_at", "feeds", ["due_at"], unique=False)
    op.create_table(
        "feed_items",
        sa.Column("feed_id", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("article_id", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("content", TEXT, nullable=False),
        sa.Column("seen_at", sa.Float(), nullable=False),
        sa.Column("waiting", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"]),
        sa.PrimaryKeyConstraint("feed_id", "key"),
    )
    op.create_index("ix_feed_items_article_id", "feed_items", ["article_id"], unique=False)
    op.create_index("feed_items_seen", "feed_items", ["feed_id", "seen_at"], unique=False)
    waiting = sa.text("waiting IS NOT NULL")
    op.create_index(
        "feed_items_waiting",
        "feed_items",
        ["feed_id"],
        unique=False,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_table(
        "hosts",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("free_at", sa.Float(), nullable=False),
        sa.Column("queue_at", sa.Float(), nullable=False),
        sa.Column("robots", TEXT, nullable=True),
        sa.Column("robots_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
