"""How does a PostgreSQL server keep the store? Connections with limits, one writer at a time, named errors.

All writers of one database take the same advisory lock first, each for one transaction; `store.database` says
why. Who stops in the middle of one is thrown out by the server, so that nobody can hold the others up.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

import psycopg
from psycopg import errors
from sqlalchemy import URL, Connection, Engine, Table, create_engine
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.util import EMPTY_DICT

from service.errors import InvalidSetting, SamestoryError, StoreBusy, StoreCorrupt, StoreFull, Unavailable
from service.store.database import Database
from service.store.rows import Row
from service.store.schema import metadata

DRIVER = "postgresql+psycopg"
WRITERS = 0x73616D65  # the advisory lock that every writing transaction holds
THINKING_SECONDS = 600.0
CONNECT_SECONDS = 5
CLOCK_SECONDS = 30.0  # how long a reading of the server's clock is carried on by this process's own
NO_ROOM = "Check free disk space."  # said of limits of a file's size too, which have no code of their own
FULL_BYTES = 1 << 30  # VACUUM FULL locks everybody out: beyond this size only space is given back

# A peer that has vanished is noticed within about ten seconds.
ALIVE = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000}


class Limits(NamedTuple):
    """Seconds to wait for a connection or for other writers, for one statement, for a client that is silent
    in the middle of a transaction; and the most connections of this process."""

    busy_seconds: float
    statement_seconds: float
    silent_seconds: float
    connections: int


class PostgresDatabase(Database):
    """One database of a PostgreSQL server."""

    shared = True

    def __init__(self, url: URL, limits: Limits) -> None:
        self.name = url._replace(drivername="postgresql", password=None, query=EMPTY_DICT).render_as_string()
        self._limits = limits
        engine = make_engine(url, limits)
        self._engine = engine
        self._reading = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._writing = engine.execution_options(isolation_level="READ COMMITTED")
        self._clock = threading.Lock()
        self._read_at: tuple[float, float] | None = None  # by our monotonic clock, by the server's

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A snapshot: all its queries see one state of the data."""
        with self._naming_errors(), self._reading.begin() as connection:
            yield connection

    @contextmanager
    def write(self, *, thinking: bool = False) -> Iterator[Connection]:
        """One transaction that no other one overlaps."""
        with self._naming_errors(), self._writing.begin() as connection:
            if thinking:
                silent = milliseconds(THINKING_SECONDS)
                connection.exec_driver_sql(f"SET LOCAL idle_in_transaction_session_timeout = {silent}")
                connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS})")
            yield connection

    @contextmanager
    def touch(self) -> Iterator[Connection]:
        """A transaction for one statement that needs no order among others, and waits for none."""
        with self._naming_errors(), self._writing.begin() as connection:
            yield connection

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()

    def clock(self, now: float) -> float:  # noqa: ARG002 a machine's clock may be hours off
        """The server's clock."""
        with self._clock:
            if self._read_at is None or time.monotonic() - self._read_at[0] > CLOCK_SECONDS:
                with self.read() as connection:
                    told = connection.exec_driver_sql("SELECT extract(epoch FROM clock_timestamp())")
                    self._read_at = time.monotonic(), float(told.scalar_one())
            mine, server = self._read_at
            return server + time.monotonic() - mine

    def scrub(self) -> bool:
        """Nothing to do: the server writes its log over in its own time."""
        return True

    def vacuum(self) -> None:
        """Write the tables anew where they are small, else only give space back. Raises StoreBusy, StoreFull.

        The server's log, and backups, keep what was deleted until they are written over.
        """
        tables = ", ".join(f'"{name}"' for name in metadata.tables)
        how = "(FULL)" if self.bytes() <= FULL_BYTES else ""
        alone = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        with self._naming_errors(), alone.connect() as connection:
            connection.detach()  # its limits are not for others
            connection.exec_driver_sql("SET statement_timeout = 0")
            connection.exec_driver_sql(f"VACUUM {how} {tables}")

    def bytes(self) -> int:
        """The size of the database."""
        with self.read() as connection:
            size: int = connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()
            return size

    def careless(self) -> list[str]:
        """Settings of the server under which a crash loses what was acknowledged."""
        with self.read() as connection:
            found = [
                (name, connection.exec_driver_sql(f"SHOW {name}").scalar())
                for name in ("fsync", "synchronous_commit", "full_page_writes")
            ]
        return [f"{self.name} has {name} = off" for name, value in found if value == "off"]

    def check(self) -> list[str]:
        """Pages that the server itself found damaged since its statistics were reset."""
        with self.read() as connection:
            failed = connection.exec_driver_sql(
                "SELECT checksum_failures FROM pg_stat_database WHERE datname = current_database()"
            ).scalar()
        return [f"{failed} pages of {self.name} have wrong checksums"] if failed else []

    @contextmanager
    def _naming_errors(self) -> Iterator[None]:
        """Give the server's failures the names that the doors know, and let no error quote an article."""
        try:
            yield
        except NoConnection:
            raise Unavailable(
                f"All {self._limits.connections} connections to {self.name} are in use: raise "
                "SAMESTORY_STORE_CONNECTIONS, or send fewer requests at a time."
            ) from None
        except DBAPIError as error:
            if isinstance(error.orig, psycopg.Error):
                raise named(error.orig, self.name) from None
            raise
        except psycopg.Error as error:
            raise named(error, self.name) from None


def open_postgres(url: URL, limits: Limits) -> PostgresDatabase:
    """The database at an address; nothing is connected yet."""
    return PostgresDatabase(url.set(drivername=DRIVER), limits)


def make_engine(url: URL, limits: Limits) -> Engine:
    """An engine that never waits without end: not for a connection, a lock, a statement, or a silent peer."""
    wanted = {
        "lock_timeout": limits.busy_seconds,
        "statement_timeout": limits.statement_seconds,
        "idle_in_transaction_session_timeout": limits.silent_seconds,
    }
    options = " ".join(f"-c {name}={milliseconds(seconds)}" for name, seconds in wanted.items())
    connecting = {
        "options": options,
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "samestory",
        **ALIVE,
    }
    return create_engine(
        url,
        connect_args=connecting,
        pool_size=limits.connections,
        max_overflow=0,
        pool_timeout=limits.busy_seconds,
        pool_pre_ping=True,  # a server that was restarted costs nobody an error
        pool_use_lifo=True,
        hide_parameters=True,
    )


def milliseconds(seconds: float) -> int:
    """Whole milliseconds, never 0, which would mean no limit."""
    return max(1, round(seconds * 1000))


def copy_rows(connection: Connection, table: Table, names: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert rows as the server takes them fastest: 500 articles in a third of the time of INSERT."""
    statement, types = _copying(table, tuple(names))
    raw: Any = connection.connection.dbapi_connection
    with raw.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_BINARY = {
    "TEXT": "text", "BYTEA": "bytea", "BOOLEAN": "bool", "INTEGER": "int4", "BIGINT": "int8",
    "FLOAT": "float8",
}  # fmt: skip


@lru_cache(maxsize=256)
def _copying(table: Table, names: tuple[str, ...]) -> tuple[str, list[str]]:
    """The statement, and the server's types of the columns: bytes are sent as they are, not spelt out."""
    columns = ", ".join(f'"{name}"' for name in names)
    types = [_BINARY[table.c[name].type.compile(_DIALECT).partition(" ")[0]] for name in names]
    return f'COPY "{table.name}" ({columns}) FROM STDIN WITH (FORMAT BINARY)', types


_BUSY = (errors.LockNotAvailable, errors.SerializationFailure, errors.DeadlockDetected)
_AWAY = (psycopg.OperationalError, psycopg.InterfaceError, errors.IdleInTransactionSessionTimeout)
_DAMAGED = (errors.DataCorrupted, errors.IndexCorrupted)
_REFUSED = (
    errors.InvalidPassword,
    errors.InvalidAuthorizationSpecification,
    errors.InvalidCatalogName,
    errors.InsufficientPrivilege,
)


def named(error: psycopg.Error, name: str) -> SamestoryError:
    """The error of ours that says the same; a programming error without the values that it quotes."""
    said = error.diag.message_primary or (str(error).strip().splitlines() or [type(error).__name__])[-1]
    detail = f"({name}: {said})"
    if isinstance(error, errors.DiskFull) or error.diag.message_hint == NO_ROOM:
        return StoreFull(detail)
    if isinstance(error, _BUSY):
        return StoreBusy(detail)
    if isinstance(error, _DAMAGED):
        return StoreCorrupt(detail)
    if isinstance(error, _REFUSED) or _refuses_login(error):
        return InvalidSetting(f"store_url: {detail}")
    if isinstance(error, _AWAY):
        return Unavailable(detail)  # refused, restarting, too slow, too many connections, cut off
    return SamestoryError(detail)


def _refuses_login(error: psycopg.Error) -> bool:
    """Whether the server answered while connecting and said no for good: psycopg gives no code then."""
    said = str(error)
    return error.sqlstate is None and any(
        words in said for words in ("password authentication failed", "no password supplied")
    )
