"""What people decide about stories and know of outlets, and when stories close."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002_decisions"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of decisions; let stories know their latest news."""
    op.add_column("stories", sa.Column("latest_reported", sa.Float(), nullable=True))
    op.add_column("stories", sa.Column("closed_at", sa.Float(), nullable=True))
    op.execute(
        "UPDATE stories SET latest_reported = (SELECT max(articles.first_arrived_at) FROM members "
        "JOIN articles ON articles.id = members.article_id WHERE members.story_id = stories.id)"
    )
    still_open = sa.text("status = 'live' AND closed_at IS NULL")
    op.create_index(
        "stories_open",
        "stories",
        ["latest_reported"],
        unique=False,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
    op.create_table(
        "decisions",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("articles", sa.Text(), nullable=False),
        sa.Column("undone_at", sa.Float(), nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("stories", sa.Text(), nullable=False),
        sa.Column("others", sa.Text(), nullable=False),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("id"),
    )
    op.create_table(
        "outlets",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("alias_of", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    speakers = sa.text("kind = 'represent' AND undone_at IS NULL")
    op.create_index(
        "decisions_represent",
        "decisions",
        ["seq"],
        unique=False,
        sqlite_where=speakers,
        postgresql_where=speakers,
    )
