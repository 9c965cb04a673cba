"""How PostgreSQL keeps wide rows. SQLite has no such choices, and nothing that is there is written anew.

Sketches, which no compression makes smaller, stay within the row; texts are compressed by lz4, where the
server has it, at a tenth of the time; and beside an article's row there is room for its next states.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009_storage"
down_revision = "0008_uploads"
branch_labels = None
depends_on = None

LZ4 = "SELECT 'lz4' = ANY(enumvals) FROM pg_settings WHERE name = 'default_toast_compression'"


def upgrade() -> None:
    """Change how rows are laid out, not what they say."""
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    op.execute("ALTER TABLE sketches ALTER COLUMN sketch SET STORAGE EXTERNAL")
    op.execute("ALTER TABLE sketches SET (toast_tuple_target = 8160)")
    op.execute("ALTER TABLE articles SET (fillfactor = 70)")
    if connection.execute(sa.text(LZ4)).scalar():
        for column in ("text", "html", "extra"):
            op.execute(f"ALTER TABLE texts ALTER COLUMN {column} SET COMPRESSION lz4")
