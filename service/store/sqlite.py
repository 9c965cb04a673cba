"""How does a SQLite file keep the store? Engine, pragmas, and its errors by our names.

Every write is BEGIN IMMEDIATE: with four writers a deferred BEGIN gave 3,205 "database is locked" in 4,000.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from service.errors import SamestoryError, StoreBusy, StoreCorrupt, StoreFull, StoreMismatch, Unavailable
from service.store.database import Database
from service.store.migrating import EMPTY, migrate

FILE_NAME = "samestory.sqlite3"

# Texts of 2 kB and sketches of 1 kB overflow a 4 KiB page and waste a part of it.
PAGE_BYTES = 8192

PRAGMAS = (
    f"PRAGMA page_size = {PAGE_BYTES}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # an acknowledged article survives a power cut, as far as fsync is honest
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # what was deleted on request is zeroed, not only unlinked
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -16384",  # KiB for each connection
    "PRAGMA wal_autocheckpoint = 4000",
)

# IOERR_WRITE and its kin are how a file size limit or a full disk shows itself outside of a plain write.
FULL = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_TRUNCATE,
    sqlite3.SQLITE_IOERR_SHMSIZE,
}
CORRUPT = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


class SqliteDatabase(Database):
    """One SQLite file and its connections."""

    shared = False

    def __init__(self, path: Path, busy_seconds: float) -> None:
        self.path = path
        self.name = str(path)
        self._busy_seconds = busy_seconds
        engine = make_engine(path, busy_seconds)
        self._reading = engine
        self._writing = engine.execution_options(samestory_write=True)
        # SQLite's own waiting polls with pauses of up to 100 ms; between threads a lock is fair and quick.
        self._turn = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A snapshot: all its queries see one state of the data."""
        with naming_errors(self.path), self._reading.begin() as connection:
            yield connection

    @contextmanager
    def write(self, *, thinking: bool = False) -> Iterator[Connection]:  # noqa: ARG002 nobody waits for ever
        """One immediate transaction: committed and on disk when the block ends, undone when it raises."""
        with self._in_turn(), naming_errors(self.path), self._writing.begin() as connection:
            yield connection

    def touch(self) -> AbstractContextManager[Connection]:
        """As `write`: a file has one writer at a time."""
        return self.write()

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=self._busy_seconds):
            raise StoreBusy(f"({self.path}: another thread is writing)")
        try:
            yield
        finally:
            self._turn.release()

    def close(self) -> None:
        """Give all connections back; the last one to close folds the write-ahead log into the file."""
        self._reading.dispose()

    def clock(self, now: float) -> float:
        """The process's own: a file is shared on one machine only."""
        return now

    def scrub(self) -> bool:
        """Fold the write-ahead log into the file and empty it, so that deleted text is in neither.

        False when a reader was in the way; the next scrub will do it.
        """
        busy, _, _ = self._run("PRAGMA wal_checkpoint(TRUNCATE)")
        return not busy

    def vacuum(self) -> None:
        """Write the file anew, without free pages or traces of deleted rows. Raises StoreBusy, StoreFull."""
        self._run("VACUUM")
        self.scrub()

    def _run(self, statement: str) -> Any:
        """Run what cannot run inside a transaction; returns its first row."""
        with self._in_turn(), naming_errors(self.path), self._reading.connect() as connection:
            raw: Any = connection.connection.dbapi_connection
            return raw.execute(statement).fetchone()

    def bytes(self) -> int:
        """The size of the file."""
        return self.path.stat().st_size

    def careless(self) -> list[str]:
        """Nothing: every connection sets what a commit needs."""
        return []

    def check(self) -> list[str]:
        """What is wrong with the file; empty when all is well. Reads all of it."""
        with self.read() as connection:
            found = [row[0] for row in connection.exec_driver_sql("PRAGMA integrity_check(20)")]
            orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        problems = [] if found == ["ok"] else found
        return problems + [f"{row[0]} row {row[1]} points to a missing {row[2]} row" for row in orphans]


def open_sqlite(path: Path, *, create: bool, busy_seconds: float) -> SqliteDatabase:
    """Open or make the file and bring it to today's schema.

    Raises StoreMismatch for a missing or newer one, StoreCorrupt for a damaged one, StoreFull, StoreBusy.
    """
    if not create and not path.exists():
        raise StoreMismatch(EMPTY.format(name=path.parent))
    with naming_errors(path):
        _make_directory(path.parent)
        database = SqliteDatabase(path, busy_seconds)
        try:
            migrate(database, older=True)
        except BaseException:
            database.close()
            raise
    return database


def _make_directory(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"The directory {path} cannot be made: {error.strerror}.") from error


def make_engine(path: Path, busy_seconds: float) -> Engine:
    """An engine whose transactions begin when SQLAlchemy says so, and not when the driver guesses."""
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": busy_seconds, "isolation_level": None},
        max_overflow=-1,
        hide_parameters=True,  # no article in an error message or a log
    )

    @event.listens_for(engine, "connect")
    def _prepare_connection(raw: Any, _: Any) -> None:
        for pragma in PRAGMAS:
            raw.execute(pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("samestory_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


@contextmanager
def naming_errors(path: Path) -> Iterator[None]:
    """Give SQLite's failures the names that the doors know, with what to do next."""
    try:
        yield
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise named(error.orig, path) from error
        raise
    except sqlite3.Error as error:
        raise named(error, path) from error


def named(error: sqlite3.Error, path: Path) -> SamestoryError | sqlite3.Error:
    """The error of ours that says the same; programming errors stay what they are."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return error
    if code in FULL:
        return StoreFull(f"({path}: {error})")
    if code & 0xFF in BUSY:
        return StoreBusy(f"({path}: {error})")
    if code & 0xFF in CORRUPT:
        return StoreCorrupt(f"({path}: {error})")
    if code & 0xFF in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR):
        return Unavailable(f"({path}: {error})")
    return error
