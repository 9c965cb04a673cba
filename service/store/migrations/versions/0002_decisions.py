"""What people decide about stories and know of outlets, and when stories close."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002_decisions"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


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
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("articles", TEXT, nullable=False),
        sa.Column("undone_at", sa.Float(), nullable=True),
        sa.Column("undone_by", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("stories", TEXT, nullable=False),
        sa.Column("others", TEXT, nullable=False),
        sa.Column("effect", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("id"),
    )
    op.create_table(
        "outlets",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("alias_of", TEXT, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
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
