"""Outlets and passages that people want ignored."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010_ignored"
down_revision = "0009_storage"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Decisions of before ignore nothing."""
    op.add_column("decisions", sa.Column("outlet", TEXT, nullable=False, server_default=""))
    op.add_column("decisions", sa.Column("passage", TEXT, nullable=False, server_default=""))
