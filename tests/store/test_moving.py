"""Does a store that moves to a server stay the same to the last id, and does nothing move by halves?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import Postgres, made
from store_making import NOW, add, article, candidate, founder, make_story

from service.errors import StoreCorrupt, StoreMismatch
from service.opening import open_database
from service.settings import Settings
from service.store import Store, leases, members, meta, moving, stories
from service.store.members import Membership
from service.store.moving import MOVED, move
from service.store.schema import metadata


@pytest.fixture
def target(postgres: Postgres, tmp_path: Path) -> Iterator[Settings]:
    """An empty database on a server."""
    settings = made(postgres, tmp_path)
    yield settings
    postgres.drop(str(settings.store_url).rpartition("/")[2])


@pytest.fixture
def filled(sqlite_store: Store) -> Store:
    """Stories, one merged into another, in a file; more rows than go at a time."""
    names = [f"ü{number:04}" for number in range(1200)]
    add(sqlite_store, *(candidate(article(name), published_at=NOW - 0.1) for name in names))
    with sqlite_store.write() as connection:
        meta.put(connection, meta.HASH_KEY, "ab" * 16)
        leases.acquire(connection, leases.OWNER, "somebody", NOW, 10.0)
        for name in names[:3]:
            make_story(connection, f"st-{name}", [founder(name, f"st-{name}")])
        members.reassign(connection, [Membership(names[1], f"st-{names[0]}", "same_event", 0.9, names[0])])
        stories.merge(connection, [(f"st-{names[1]}", f"st-{names[0]}")])
    return sqlite_store


def test_every_row_moves_and_is_compared(filled: Store, target: Settings) -> None:
    with open_database(target) as database:
        moved = {one.table: one for one in move(filled.database, database)}
        assert moved["articles"].rows == moved["texts"].rows == moved["sketches"].rows == 1200
        assert set(moved) == set(metadata.tables) - {"leases"}
        arrived = Store(database, target, filled.key)
        assert arrived.stories.assignments() == filled.stories.assignments()
        assert arrived.changes() == filled.changes()
        for story in ("st-ü0000", "st-ü0001"):
            assert arrived.stories.get(story) == filled.stories.get(story)
            assert arrived.stories.lineage(story) == filled.stories.lineage(story)
        assert arrived.articles.get("ü0001") == filled.articles.get("ü0001")
        assert arrived.articles.text("ü0001") == filled.articles.text("ü0001")
        with arrived.read() as connection:
            assert meta.get(connection, meta.HASH_KEY) == "ab" * 16
            assert leases.expires_at(connection, leases.OWNER) == 0
        with arrived.write() as connection:  # what comes next is numbered on
            make_story(connection, "st-next", [founder("ü0005", "st-next")])
        assert arrived.last_change() == filled.last_change() + 1


def test_a_database_that_holds_something_is_refused(filled: Store, target: Settings) -> None:
    with open_database(target) as database:
        with database.write() as connection:
            meta.put(connection, "word", "here first")
        with pytest.raises(StoreMismatch, match="not empty"):
            move(filled.database, database)


def test_what_arrives_otherwise_is_noticed_and_undone(
    filled: Store, target: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = moving.insert_many

    def lose_one(connection: object, table: object, names: object, rows: list[object]) -> None:
        send(connection, table, names, rows[:-1] if len(rows) > 100 else rows)  # type: ignore[arg-type]

    monkeypatch.setattr(moving, "insert_many", lose_one)
    monkeypatch.setattr(moving, "MOVED", [table for table in MOVED if table.name == "articles"])
    with open_database(target) as database:
        with pytest.raises(StoreCorrupt, match="articles: 1200 rows were sent"):
            move(filled.database, database)
        assert Store(database, target, filled.key).counts() == {}
