"""What belongs to the installation as a whole? Its hash key and the fingerprint of its sketches."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from service.store.schema import meta

HASH_KEY = "hash_key"
FINGERPRINT = "fingerprint"
ERASE = "erase"  # the change that deleted something since the file was last written anew
REBUILDING = "rebuilding"  # the fingerprint that a rebuild is on its way to
REBUILT = "rebuilt"  # the last `seq` that it has done


def get(connection: Connection, key: str) -> str | None:
    """The value, None when it was never set."""
    value: str | None = connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar()
    return value


def put(connection: Connection, key: str, value: str) -> None:
    """Set or replace the value."""
    drop(connection, key)
    connection.execute(insert(meta), {"key": key, "value": value})


def drop(connection: Connection, key: str) -> None:
    """Forget the value, if there is one."""
    connection.execute(delete(meta).where(meta.c.key == key))
