"""Saved searches, and the stories that each has matched."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007_searches"
down_revision = "0006_scopes"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "searches",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("q", TEXT, nullable=False),
        sa.Column("lang", TEXT, nullable=False),
        sa.Column("outlet", TEXT, nullable=False),
        sa.Column("min_independent", sa.Integer(), nullable=False),
        sa.Column("min_reports", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("cursor", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "search_matches",
        sa.Column("story_id", TEXT, nullable=False),
        sa.Column("search_id", TEXT, nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("change", NUMBER, nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"]),
        sa.ForeignKeyConstraint(["search_id"], ["searches.id"]),
        sa.PrimaryKeyConstraint("story_id", "search_id"),
    )
    op.create_index("search_matches_newest", "search_matches", ["search_id", "at", "story_id"], unique=False)
