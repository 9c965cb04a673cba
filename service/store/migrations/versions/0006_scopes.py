"""What a re-clustering is of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006_scopes"
down_revision = "0005_feeds"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Those that were asked for before were of the window."""
    op.add_column("reclusters", sa.Column("scope", TEXT, nullable=False, server_default="window"))
    op.add_column("reclusters", sa.Column("steady", sa.Boolean(), nullable=False, server_default=sa.false()))
