"""How does a store get elsewhere? To this version's schema, to a server, to a backup's file and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.options import Data, settings_from
from service.cli.output import say

if TYPE_CHECKING:
    from service.settings import Settings
    from service.store.database import Database

BackupFile = Annotated[Path, typer.Argument(metavar="FILE", help="The backup: a store in one file.")]


def migrate(data: Data = None) -> None:
    """Bring the store to this version's schema. Stop the processes of the version before first."""
    from service import pipeline
    from service.store.schema import HEAD

    with pipeline.open_store(settings_from(data), rebuilding=True, migrating=True) as store:
        say(f"{store.database.name} has schema {HEAD}.")


def migrate_store(data: Data = None) -> None:
    """Move everything from the file in the data directory to the empty database of SAMESTORY_STORE_URL."""
    from service.errors import InvalidSetting
    from service.opening import open_database
    from service.store.migrating import migrate as make_tables

    settings = settings_from(data)
    if settings.store_url is None:
        raise InvalidSetting("store_url names no database to move to: set SAMESTORY_STORE_URL.")
    file = settings.model_copy(update={"store_url": None, "store_password_file": None})
    with open_database(file, create=False) as source, held(settings), open_database(settings) as target:
        make_tables(target)
        move_all(source, target)
    say(f"{target.name} holds everything now; the file in {settings.data} stays as it was.")


def backup(file: BackupFile, data: Data = None) -> None:
    """Write a copy of the store as it is now into a new file; work goes on meanwhile."""
    from service.errors import UnreadableInput
    from service.fleet import with_its_servers
    from service.opening import open_database
    from service.store.sqlite import open_sqlite

    settings = with_its_servers(settings_from(data))
    if file.exists():
        raise UnreadableInput(f"{file} is there already.")
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)  # it holds every text, and the hash key
    with (
        open_database(settings, create=False) as source,
        open_sqlite(part, create=True, busy_seconds=settings.busy_seconds) as target,
    ):
        move_all(source, target)
    part.rename(file)
    say(f"{file} holds everything that was acknowledged when the backup began.")


def restore(file: BackupFile, data: Data = None) -> None:
    """Put a backup into an empty store: a new data directory, or the database of SAMESTORY_STORE_URL."""
    from service.errors import UnreadableInput
    from service.opening import open_database
    from service.store.migrating import migrate as make_tables
    from service.store.sqlite import open_sqlite

    settings = settings_from(data)
    if not file.is_file():
        raise UnreadableInput(f"{file} is no file.")
    with (
        open_sqlite(file, create=False, busy_seconds=settings.busy_seconds) as source,
        open_database(settings) as target,
        held(settings),
    ):
        make_tables(target)
        move_all(source, target)
    say(f"{target.name} holds what the backup held.")


@contextmanager
def held(settings: Settings) -> Iterator[None]:
    """Keep others away from the data directory. Raises StoreBusy."""
    from service.holding import Holding

    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    holding = Holding(settings.data)
    try:
        yield
    finally:
        holding.release()


def move_all(source: Database, target: Database) -> None:
    """Copy everything and say what was compared."""
    from service.store.moving import move

    for table, rows, digest in move(source, target):
        say(f"{table:<17} {rows:>10,} rows, the same in both: {digest}")
