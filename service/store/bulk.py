"""How do hundreds of rows get in with one statement? SQLAlchemy writes the SQL once, the driver takes values.

SQLAlchemy's own work per row took half of the time of the widest insert (22 us instead of 11). Rows are
tuples and JSON is text already, so that nothing is built here and taken apart again. PostgreSQL is given new
rows by COPY, and what is to change as one JSON value: a statement for each row took it three times as long.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Insert, LargeBinary, Table, Update, insert
from sqlalchemy.engine import Dialect

from service.store.rows import Row

Names = tuple[str, ...]


class _Compiled(NamedTuple):
    sql: str
    arranged: Callable[[Iterable[Row]], Any]


def insert_many(connection: Connection, table: Table, names: Names, rows: Sequence[Row]) -> None:
    """Insert rows of these columns' values; JSON as `schema.to_json` writes it."""
    if rows and connection.dialect.name == "postgresql":
        from service.store.postgres import copy_rows

        copy_rows(connection, table, names, rows)
    elif rows:
        sql, arranged = _insert(table, connection.dialect, names)
        connection.exec_driver_sql(sql, arranged(rows))


def update_many(connection: Connection, statement: Update, names: Names, rows: Sequence[Row]) -> None:
    """Run an update once for each row of its parameters' values; `names` are all it has, in this order.

    `statement` is a constant, which is compiled once, and no two rows are about the same one of its table.
    """
    if rows:
        sql, arranged = _update(statement, connection.dialect, names)
        connection.exec_driver_sql(sql, arranged(rows))


@lru_cache(maxsize=256)
def _insert(table: Table, dialect: Dialect, names: Names) -> _Compiled:
    return _compile(insert(table), dialect, names, list(names))


@lru_cache(maxsize=256)
def _update(statement: Update, dialect: Dialect, names: Names) -> _Compiled:
    return _compile(statement, dialect, names, None)


def _compile(
    statement: Insert | Update, dialect: Dialect, names: Names, columns: list[str] | None
) -> _Compiled:
    compiled: Any = statement.compile(dialect=dialect, column_keys=columns)
    if set(compiled.binds) != set(names):
        raise ValueError(f"a statement's values are {sorted(compiled.binds)}, not {sorted(names)}")
    types = {name: bind.type for name, bind in compiled.binds.items()}
    if dialect.name == "postgresql" and not any(isinstance(one, LargeBinary) for one in types.values()):
        told = {name: one.compile(dialect=dialect) for name, one in types.items()}
        return _Compiled(_joined(compiled.string, told), lambda rows: _as_json(names, rows))
    order: Sequence[str] | None = compiled.positiontup
    return _Compiled(compiled.string, _by_place(names, tuple(order)) if order else _by_name(names))


def _joined(sql: str, types: dict[str, str]) -> str:
    """An update that takes its values from all rows of one JSON value, not from parameters."""
    sets, where = sql.split(" WHERE ")
    columns = ", ".join(f'"{name}" {told}' for name, told in types.items())
    given = f" FROM json_to_recordset(%(rows)s::JSON) AS given({columns}) WHERE "
    return given.join(
        re.sub(r"%\((\w+)\)s(::\w+( COLLATE \"C\")?)?", r'given."\1"', part) for part in (sets, where)
    )


def _as_json(names: Names, rows: Iterable[Row]) -> dict[str, str]:
    return {"rows": orjson.dumps([dict(zip(names, row, strict=True)) for row in rows]).decode()}


def _by_place(names: Names, order: Names) -> Callable[[Iterable[Row]], list[Any]]:
    if names == order:
        return list
    arrange = itemgetter(*map(names.index, order))
    return lambda rows: list(map(arrange, rows))


def _by_name(names: Names) -> Callable[[Iterable[Row]], list[Any]]:
    return lambda rows: [dict(zip(names, row, strict=True)) for row in rows]
