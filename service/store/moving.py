"""How does a store move from one database to another? All rows as they are, in one transaction, compared.

Ids, places in the order of arrival, numbers of the log and the hash key stay; leases do not move: they
belong to processes that work on the old one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table

from service.errors import StoreCorrupt, StoreMismatch
from service.store.bulk import insert_many
from service.store.database import Database
from service.store.schema import leases, metadata

CHUNK = 1000
MOVED = [table for table in metadata.sorted_tables if table is not leases]


class Moved(NamedTuple):
    """What came over of one table: its rows, and a digest of all their values in the order of their keys."""

    table: str
    rows: int
    digest: str


class Digest:
    """Of rows, whatever database they come from: a truth value is 0 or 1 there, or true or false."""

    def __init__(self) -> None:
        self.rows = 0
        self._hash = blake2b(digest_size=16)

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        """Take these rows in."""
        self.rows += len(rows)
        for row in rows:
            self._hash.update(repr([int(v) if isinstance(v, bool) else v for v in row]).encode())

    def of(self, table: Table) -> Moved:
        """What was taken in, as that of a table."""
        return Moved(table.name, self.rows, self._hash.hexdigest())


def move(source: Database, target: Database) -> list[Moved]:
    """Copy everything into an empty database of the same schema; nothing is there if it fails.

    Raises StoreMismatch when something is there already, StoreCorrupt when what arrived is not what was sent.
    """
    with source.read() as reading, target.write(thinking=True) as writing:
        for table in MOVED:
            if next(_rows(writing, table), None):
                raise StoreMismatch(f"{target.name} is not empty: choose a new database for the move.")
        sent = [_send(reading, writing, table) for table in MOVED]
        arrived = [_read(writing, table) for table in MOVED]
        for one, other in zip(sent, arrived, strict=True):
            if one != other:
                raise StoreCorrupt(f"({one.table}: {one.rows} rows were sent, {other.rows} others arrived)")
    return sent


def _send(reading: Connection, writing: Connection, table: Table) -> Moved:
    digest = Digest()
    for rows in _rows(reading, table):
        digest.add(rows)
        insert_many(writing, table, tuple(table.c.keys()), rows)
    return digest.of(table)


def _read(connection: Connection, table: Table) -> Moved:
    digest = Digest()
    for rows in _rows(connection, table):
        digest.add(rows)
    return digest.of(table)


def _rows(connection: Connection, table: Table) -> Iterator[list[tuple[Any, ...]]]:
    """All rows as the driver gives them, in the order of their keys, a few at a time."""
    columns = ", ".join(f'"{name}"' for name in table.c.keys())  # noqa: SIM118 not a dict
    keys = [column.name for column in table.primary_key]
    key = ", ".join(f'"{name}"' for name in keys)
    places = [table.c.keys().index(name) for name in keys]
    values: tuple[Any, ...] = ()
    while True:
        after = f"WHERE ({key}) > ({', '.join(_bound(connection, len(keys)))})" if values else ""
        query = f'SELECT {columns} FROM "{table.name}" {after} ORDER BY {key} LIMIT {CHUNK}'  # noqa: S608 names of ours
        rows = [tuple(row) for row in connection.exec_driver_sql(query, values)]
        if not rows:
            return
        yield rows
        values = tuple(rows[-1][place] for place in places)


def _bound(connection: Connection, number: int) -> list[str]:
    return ["%s" if connection.dialect.name == "postgresql" else "?"] * number
