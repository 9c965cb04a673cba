"""Which rows are those of many keys? One text of SQL for any number of them.

SQLAlchemy writes `IN` with a parameter a key: for 500 keys the text alone took 40 us an article, and no
server can keep its plan. PostgreSQL takes all keys as one array.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, BindParameter, Boolean, ColumnElement, Integer, Text, any_, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class _Among(FunctionElement[bool]):
    inherit_cache = True
    type = Boolean()

    def self_group(self, against: Any = None) -> Any:  # noqa: ARG002
        """As it is: SQLite would be asked whether it equals 1, and use no index then."""
        return self


def among(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Whether a column's value is one of the list that is given under this name."""
    return _Among(column, bindparam(name, expanding=True, type_=column.type))


@compiles(_Among)
def _as_list(element: _Among, compiler: Any, **given: Any) -> str:
    column, keys = element.clauses
    return str(compiler.process(column.in_(keys), **given))


@compiles(_Among, "postgresql")
def _as_array(element: _Among, compiler: Any, **given: Any) -> str:
    column, keys = element.clauses
    assert isinstance(keys, BindParameter)  # noqa: S101 `among` makes no other
    item = BigInteger() if isinstance(column.type, Integer) else Text()  # an array has no collation
    return str(compiler.process(column == any_(bindparam(keys.key, type_=ARRAY(item))), **given))
