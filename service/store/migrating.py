"""Which schema does a database have, and how does it get today's? Older ones are brought up, newer refused.

A server's schema moves only when asked: other processes may still run the version before.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from service.errors import StoreMismatch
from service.store.database import Database
from service.store.schema import HEAD

NEWER = (
    "{name} was written by a newer samestory (schema {found}, this one knows {head}): "
    "install that version, for example with `pip install --upgrade samestory`."
)
OLDER = (
    "{name} has the schema of an older samestory ({found}, this one needs {head}): stop all processes of "
    "that version, then run `samestory migrate`."
)
EMPTY = "Nothing is in {name} yet: run `samestory import` or `samestory serve`."
FOREIGN = "{name} is not samestory's: choose another one with --data or SAMESTORY_STORE_URL."


def migrate(database: Database, *, create: bool = True, older: bool = False) -> None:
    """Run what migrations are missing, in one transaction; alembic is only imported when there are some.

    `create`: whether an empty database becomes samestory's; `older`: whether data of an older schema may be
    brought up. Raises StoreMismatch.
    """
    with database.read() as connection:
        if schema_version(connection) == HEAD:
            return
    with database.write(thinking=True) as connection:
        found = schema_version(connection)
        said = {"name": database.name, "found": found, "head": HEAD}
        if found is None and inspect(connection).get_table_names():
            raise StoreMismatch(FOREIGN.format(**said))
        if found is None and not create:
            raise StoreMismatch(EMPTY.format(**said))
        if found is not None and found not in known_versions():
            raise StoreMismatch(NEWER.format(**said))
        if found not in (None, HEAD) and not older:
            raise StoreMismatch(OLDER.format(**said))
        upgrade(connection)


def schema_version(connection: Connection) -> str | None:
    """The last migration that ran here; None in an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def known_versions() -> set[str]:
    """Every migration of this version of samestory."""
    from alembic.script import ScriptDirectory

    return {script.revision for script in ScriptDirectory(_scripts()).walk_revisions()}


def upgrade(connection: Connection, version: str = "head") -> None:
    """Run the migrations up to a version."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", _scripts())
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, version)


def _scripts() -> str:
    return str(Path(__file__).parent / "migrations")
