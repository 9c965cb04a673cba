"""Which API keys were made, and which are revoked? Only their digests are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import Connection, delete, exists, insert, select, update

from service.errors import NotFound
from service.store.records import KeyRecord
from service.store.schema import api_keys

_KEY = [api_keys.c[name] for name in KeyRecord.__dataclass_fields__]


def add(connection: Connection, key: KeyRecord, digest: bytes) -> None:
    """Keep what is known of a new key."""
    connection.execute(insert(api_keys), asdict(key) | {"digest": digest})


def find(connection: Connection, key_id: str) -> tuple[KeyRecord, bytes] | None:
    """A key with its digest, whether it is good or not."""
    row = connection.execute(select(*_KEY, api_keys.c.digest).where(api_keys.c.id == key_id)).one_or_none()
    return None if row is None else (KeyRecord(*row[:-1]), row.digest)


def known(connection: Connection) -> Sequence[KeyRecord]:
    """Every key, in the order in which they were made."""
    query = select(*_KEY).order_by(api_keys.c.created_at, api_keys.c.id)
    return [KeyRecord(**row) for row in connection.execute(query).mappings()]


def some(connection: Connection) -> bool:
    """Whether a key was ever made: one that is revoked stays."""
    return bool(connection.execute(select(exists(select(api_keys.c.id)))).scalar())


def revoke(connection: Connection, key_id: str, now: float) -> None:
    """Make a key worthless from now on. Raises NotFound."""
    good = update(api_keys).where(api_keys.c.id == key_id)
    if not connection.execute(good, {"revoked_at": now}).rowcount:
        raise NotFound()


def drop_expired(connection: Connection, name: str, now: float) -> None:
    """Forget keys of this name whose time is over."""
    connection.execute(delete(api_keys).where(api_keys.c.name == name, api_keys.c.expires_at <= now))
