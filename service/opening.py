"""How is a store opened, and when is it refused? Its schema and its sketches must fit."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from itertools import count

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import ArgumentError

from service.errors import InvalidSetting, StoreMismatch
from service.incoming import sketch_of
from service.settings import Settings
from service.sketch.sketch import Sketcher
from service.store import Store, meta, queue
from service.store.articles import CHUNK
from service.store.database import Database
from service.store.migrating import migrate
from service.store.sqlite import FILE_NAME, open_sqlite

KEY_BYTES = 16


def open_store(
    settings: Settings,
    *,
    create: bool = True,
    key: bytes | None = None,
    rebuilding: bool = False,
    migrating: bool = False,
) -> Store:
    """Open the store of the settings, or make it: a server's database, or a file in the data directory.

    `key` is the hash key of a new installation (random when None); `rebuilding` accepts any sketches,
    `migrating` brings a server's older schema up.
    Raises StoreMismatch, StoreCorrupt, StoreBusy, StoreFull, Unavailable, each with what helps.
    """
    database = open_database(settings, create=create)
    try:
        if database.shared:
            migrate(database, create=create, older=migrating)
        stored_key = _hash_key(database, settings, key)
        if not rebuilding:
            _check_fingerprint(database, settings, stored_key)
    except BaseException:
        database.close()
        raise
    return Store(database, settings, stored_key)


def open_database(settings: Settings, *, create: bool = True) -> Database:
    """The database that the settings name; a SQLite file has today's schema then. Raises InvalidSetting."""
    address = settings.store_address()
    if address is None:
        path = settings.data / FILE_NAME
        return open_sqlite(path, create=create, busy_seconds=settings.busy_seconds)
    try:
        from service.store.postgres import Limits, open_postgres
    except ModuleNotFoundError:
        raise InvalidSetting("store_url: PostgreSQL needs `pip install 'samestory[postgres]'`.") from None
    limits = Limits(
        settings.busy_seconds, settings.statement_seconds, settings.lease_seconds, settings.store_connections
    )
    try:
        return open_postgres(make_url(address), limits)
    except (ArgumentError, ValueError):  # its port is no number
        raise InvalidSetting("store_url cannot be read as an address.") from None


def make_sketcher(store: Store) -> Sketcher:
    """The sketcher whose sketches this store's can be compared with."""
    return Sketcher(store.settings.sketch_parameters(), store.key)


def story_ids(beginning: str | None = None) -> Callable[[], str]:
    """A source of new story ids, never used twice: a random beginning, and then they ascend. What is shown
    before it is carried out gives the same `beginning` both times.

    Ascending keys fill one page of an index after the other; random ones would rewrite all in every batch.
    """
    first, numbers = beginning or new_beginning(), count()
    return lambda: f"st-{first}-{next(numbers):06x}"


def new_beginning() -> str:
    """A random beginning of story ids."""
    return secrets.token_hex(6)


def _hash_key(database: Database, settings: Settings, key: bytes | None) -> bytes:
    with database.read() as connection:
        stored = meta.get(connection, meta.HASH_KEY)
    if stored is None:
        with database.write() as connection:
            stored = meta.get(connection, meta.HASH_KEY) or _install(connection, settings, key)
    return bytes.fromhex(stored)


def _install(connection: Connection, settings: Settings, key: bytes | None) -> str:
    chosen = secrets.token_bytes(KEY_BYTES) if key is None else key
    meta.put(connection, meta.HASH_KEY, chosen.hex())
    meta.put(connection, meta.FINGERPRINT, Sketcher(settings.sketch_parameters(), chosen).fingerprint)
    return chosen.hex()


def _check_fingerprint(database: Database, settings: Settings, key: bytes) -> None:
    with database.read() as connection:
        stored = meta.get(connection, meta.FINGERPRINT)
        rebuilding = meta.get(connection, meta.REBUILDING)
    if rebuilding is not None:
        raise StoreMismatch(f"A rebuild of {database.name} has not finished: run `samestory rebuild`.")
    if stored != Sketcher(settings.sketch_parameters(), key).fingerprint:
        raise StoreMismatch(
            f"The sketches in {database.name} were made with other settings: set those again, "
            "or run `samestory rebuild` to make all sketches anew."
        )


def rebuild(store: Store) -> int:
    """Make all sketches anew with today's settings; returns how many. Stopped, it goes on where it was.

    Until it ends the store opens only for another rebuild. Stories stay as they are; re-cluster afterwards.
    """
    sketcher = make_sketcher(store)
    _begin(store, sketcher.fingerprint)
    made = 0
    while batch := _next_batch(store):
        fresh = [(one.seq, sketch_of(sketcher, one.title, one.text, one.spans, one.lang)) for one in batch]
        with store.write() as connection:
            queue.store_sketches(connection, fresh)
            meta.put(connection, meta.REBUILT, str(batch[-1][0]))
        made += len(fresh)
    _finish(store, sketcher.fingerprint)
    return made


def _begin(store: Store, fingerprint: str) -> None:
    with store.write() as connection:
        if meta.get(connection, meta.REBUILDING) != fingerprint:
            meta.put(connection, meta.REBUILDING, fingerprint)
            meta.put(connection, meta.REBUILT, "0")


def _next_batch(store: Store) -> list[queue.Sketchable]:
    with store.read() as connection:
        done = int(meta.get(connection, meta.REBUILT) or 0)
        return queue.sketchable(connection, done, CHUNK)


def _finish(store: Store, fingerprint: str) -> None:
    with store.write() as connection:
        meta.put(connection, meta.FINGERPRINT, fingerprint)
        meta.drop(connection, meta.REBUILDING)
        meta.drop(connection, meta.REBUILT)
