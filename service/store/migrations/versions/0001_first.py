"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "article_versions",
        sa.Column("article_id", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("arrived_at", sa.Float(), nullable=False),
        sa.Column("replaced_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("article_id", "version"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "articles",
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("arrived_at", sa.Float(), nullable=False),
        sa.Column("first_arrived_at", sa.Float(), nullable=False),
        sa.Column("changed_at", sa.Float(), nullable=False),
        sa.Column("forget", sa.Boolean(), nullable=False),
        sa.Column("url", TEXT, nullable=False),
        sa.Column("outlet", TEXT, nullable=False),
        sa.Column("given_title", TEXT, nullable=False),
        sa.Column("given_lang", TEXT, nullable=False),
        sa.Column("published", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("search", TEXT, nullable=False),
        sa.Column("lang", TEXT, nullable=False),
        sa.Column("lang_certain", sa.Boolean(), nullable=False),
        sa.Column("published_at", sa.Float(), nullable=True),
        sa.Column("basis", TEXT, nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("notes", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("articles_arrived", "articles", ["arrived_at"], unique=False)
    op.create_index(
        "articles_forget",
        "articles",
        ["seq"],
        unique=False,
        sqlite_where=sa.text("forget"),
        postgresql_where=sa.text("forget"),
    )
    op.create_index(
        "articles_queue",
        "articles",
        ["state", "seq"],
        unique=False,
        sqlite_where=sa.text("state IN ('received', 'prepared')"),
        postgresql_where=sa.text("state IN ('received', 'prepared')"),
    )
    op.create_table(
        "changes",
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("article_id", TEXT, nullable=True),
        sa.Column("story_id", TEXT, nullable=True),
        sa.Column("data", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_table(
        "idempotency",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("request_digest", sa.LargeBinary(), nullable=False),
        sa.Column("response", TEXT, nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_idempotency_at", "idempotency", ["at"], unique=False)
    op.create_table(
        "leases",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("holder", TEXT, nullable=False),
        sa.Column("token", NUMBER, nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "lineage",
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("story_id", TEXT, nullable=False),
        sa.Column("transition", TEXT, nullable=False),
        sa.Column("article_ids", TEXT, nullable=False),
        sa.Column("other_story_id", TEXT, nullable=True),
        sa.Column("cause", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("ix_lineage_story_id", "lineage", ["story_id"], unique=False)
    op.create_index(
        "lineage_other",
        "lineage",
        ["other_story_id"],
        unique=False,
        sqlite_where=sa.text("other_story_id IS NOT NULL"),
        postgresql_where=sa.text("other_story_id IS NOT NULL"),
    )
    op.create_table(
        "meta",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "reclusters",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("requested_at", sa.Float(), nullable=False),
        sa.Column("started_at", sa.Float(), nullable=True),
        sa.Column("finished_at", sa.Float(), nullable=True),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("clusters", TEXT, nullable=True),
        sa.Column("diff", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "stories",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("merged_into", TEXT, nullable=True),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("representative_article_id", TEXT, nullable=True),
        sa.Column("first_reported", sa.Float(), nullable=True),
        sa.Column("first_published", sa.Float(), nullable=True),
        sa.Column("latest_published", sa.Float(), nullable=True),
        sa.Column("first_at", sa.Float(), nullable=True),
        sa.Column("latest_at", sa.Float(), nullable=True),
        sa.Column("hot", sa.Float(), nullable=True),
        sa.Column("article_count", sa.Integer(), nullable=False),
        sa.Column("outlet_count", sa.Integer(), nullable=False),
        sa.Column("independent_outlet_count", sa.Integer(), nullable=False),
        sa.Column("languages", TEXT, nullable=False),
        sa.Column("search", TEXT, nullable=False),
        sa.Column("updated_change", NUMBER, nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["merged_into"], ["stories.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "stories_article_count",
        "stories",
        ["article_count", "id"],
        unique=False,
        sqlite_where=sa.text("status = 'live'"),
        postgresql_where=sa.text("status = 'live'"),
    )
    op.create_index(
        "stories_first_at",
        "stories",
        ["first_at", "id"],
        unique=False,
        sqlite_where=sa.text("status = 'live'"),
        postgresql_where=sa.text("status = 'live'"),
    )
    op.create_index(
        "stories_hot",
        "stories",
        ["hot", "id"],
        unique=False,
        sqlite_where=sa.text("status = 'live'"),
        postgresql_where=sa.text("status = 'live'"),
    )
    op.create_index(
        "stories_latest_at",
        "stories",
        ["latest_at", "id"],
        unique=False,
        sqlite_where=sa.text("status = 'live'"),
        postgresql_where=sa.text("status = 'live'"),
    )
    op.create_index(
        "stories_merged_into",
        "stories",
        ["merged_into"],
        unique=False,
        sqlite_where=sa.text("merged_into IS NOT NULL"),
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_table(
        "links",
        sa.Column("a", TEXT, nullable=False),
        sa.Column("b", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("linked", sa.Boolean(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["a"],
            ["articles.id"],
        ),
        sa.ForeignKeyConstraint(
            ["b"],
            ["articles.id"],
        ),
        sa.PrimaryKeyConstraint("a", "b"),
    )
    op.create_index("ix_links_b", "links", ["b"], unique=False)
    op.create_table(
        "members",
        sa.Column("article_id", TEXT, nullable=False),
        sa.Column("story_id", TEXT, nullable=False),
        sa.Column("relation", TEXT, nullable=True),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("linked_to", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
        ),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("article_id"),
    )
    op.create_index("ix_members_story_id", "members", ["story_id"], unique=False)
    op.create_table(
        "sketches",
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("spans", TEXT, nullable=False),
        sa.Column("others", TEXT, nullable=False),
        sa.Column("sketch", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["seq"],
            ["articles.seq"],
        ),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_table(
        "texts",
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("html", TEXT, nullable=False),
        sa.Column("extra", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["seq"],
            ["articles.seq"],
        ),
        sa.PrimaryKeyConstraint("seq"),
    )
