"""What does only a server need? Limits that end, errors that are named, a schema that moves when asked."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import LIMITS, Postgres, made, running_postgres
from sqlalchemy import Connection, text

from service import pipeline
from service.errors import InvalidSetting, StoreBusy, StoreMismatch, Unavailable
from service.oneshot import cluster
from service.settings import Settings
from service.store import meta
from service.store.migrating import migrate
from service.store.postgres import PostgresDatabase
from service.store.schema import HEAD


@pytest.fixture
def database(postgres: Postgres) -> Iterator[PostgresDatabase]:
    """A fresh database whose limits are short."""
    name = postgres.fresh()
    opened = postgres.open(
        name, LIMITS._replace(connections=2, busy_seconds=0.5, statement_seconds=1.0, silent_seconds=0.4)
    )
    yield opened
    opened.close()
    postgres.drop(name)


def test_who_finds_all_connections_taken_waits_and_is_told(database: PostgresDatabase) -> None:
    began = time.monotonic()
    with (
        database.read(),
        database.read(),
        pytest.raises(Unavailable, match="SAMESTORY_STORE_CONNECTIONS"),
        database.read(),
    ):
        pass
    assert time.monotonic() - began > 0.4
    assert Unavailable.status == 503
    with database.read() as connection:
        assert meta.get(connection, "word") is None


def test_a_connection_that_comes_free_is_waited_for(postgres: Postgres) -> None:
    database = postgres.open("ready", LIMITS._replace(connections=1))
    with database.read() as connection:
        waiting = threading.Thread(target=lambda: database.bytes())
        waiting.start()
        meta.get(connection, "word")
    waiting.join(60)
    assert not waiting.is_alive()
    database.close()


def test_a_statement_has_a_limit(database: PostgresDatabase) -> None:
    with pytest.raises(Unavailable, match="statement timeout"), database.read() as connection:
        connection.execute(text("SELECT pg_sleep(5)"))


def test_who_is_silent_in_the_middle_of_writing_is_thrown_out(
    postgres: Postgres, database: PostgresDatabase
) -> None:
    """As a process does that was stopped: it must not hold the others up, and what it wrote is undone."""
    other = postgres.open(database.name.rpartition("/")[2])
    with pytest.raises(Unavailable):
        stop_in_the_middle(database, other)
    with other.read() as connection:
        assert meta.get(connection, "word") is None
    with database.write() as connection:
        meta.put(connection, "word", "of the living")
    other.close()


def stop_in_the_middle(database: PostgresDatabase, other: PostgresDatabase) -> None:
    with database.write() as connection:
        meta.put(connection, "word", "of the silent")
        with other.write() as second:
            assert meta.get(second, "word") is None
        meta.put(connection, "word", "again")


def test_who_thinks_may_be_silent(database: PostgresDatabase) -> None:
    with database.write(thinking=True) as connection:
        meta.put(connection, "word", "thought over")
        time.sleep(0.6)
    with database.read() as connection:
        assert meta.get(connection, "word") == "thought over"


def test_readers_write_nothing(database: PostgresDatabase) -> None:
    with pytest.raises(Exception, match="read-only"), database.read() as connection:
        meta.put(connection, "word", "by mistake")


def test_the_clock_is_the_servers(database: PostgresDatabase) -> None:
    assert abs(database.clock(0.0) - time.time()) < 5
    first = database.clock(0.0)
    assert 0 < database.clock(0.0) - first < 5


def test_an_older_schema_waits_to_be_migrated(postgres: Postgres, tmp_path: Path) -> None:
    settings = made(postgres, tmp_path)
    with pipeline.open_store(settings) as store:
        with store.write() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("service.store.migrating.known_versions", lambda: {"9999", HEAD})
            patch.setattr("service.store.migrating.upgrade", _renumber)
            with pytest.raises(StoreMismatch, match="samestory migrate"):
                migrate(store.database, older=False)
            migrate(store.database, older=True)
    pipeline.open_store(settings).close()


def _renumber(connection: Connection) -> None:
    connection.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": HEAD})


def test_a_wrong_address_is_named_without_its_password(postgres: Postgres, tmp_path: Path) -> None:
    nowhere = Settings(data=tmp_path, store_url="postgresql://someone:hush-hush@127.0.0.1:1/none")
    with pytest.raises(Unavailable) as caught:
        pipeline.open_store(nowhere)
    assert "127.0.0.1:1" in str(caught.value)
    assert "hush-hush" not in str(caught.value)
    for url in (postgres.url("ready").replace("@", ":wrong@"), "postgresql://host:port/name"):
        with pytest.raises(InvalidSetting, match="store_url"):
            pipeline.open_store(Settings(data=tmp_path, store_url=url))
    assert "hush-hush" not in repr(nowhere)


def test_settings_that_contradict_each_other_are_both_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"store_password_file .* store_url"):
        Settings(store_password_file=tmp_path / "password")
    with pytest.raises(ValueError, match="postgresql://"):
        Settings(store_url="mysql://host/name")
    with pytest.raises(ValueError, match=r"busy_seconds .* statement_seconds"):
        Settings(store_url="postgresql://host/name", busy_seconds=5, statement_seconds=1)


def test_a_database_that_is_missing_is_named(postgres: Postgres, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, **{**postgres.given("ready"), "store_url": postgres.url("missing")})
    with pytest.raises((InvalidSetting, Unavailable), match="does not exist"):
        pipeline.open_store(settings)


def test_a_one_shot_leaves_the_server_alone(postgres: Postgres, tmp_path: Path) -> None:
    settings = made(postgres, tmp_path)
    assert len(cluster([{"id": "a", "text": "word " * 20}], online_only=True, settings=settings)) == 1
    with pipeline.open_store(settings) as store:
        assert store.counts() == {}


def test_a_server_that_crashed_and_came_back_has_lost_nothing_acknowledged(tmp_path: Path) -> None:
    """With the server's own settings, so that a commit is on disk when it is answered."""
    with running_postgres(settings=()) as server:
        settings = made(server, tmp_path, busy_seconds=2)
        with pipeline.open_store(settings) as store:
            for number in range(20):
                with store.write() as connection:
                    meta.put(connection, f"key {number}", "kept")
            server.stop(signal.SIGQUIT)
            with pytest.raises(Unavailable), store.write() as connection:
                meta.put(connection, "key", "while it was away")
            server.start()
            with store.read() as connection:
                assert all(meta.get(connection, f"key {number}") == "kept" for number in range(20))
                assert meta.get(connection, "key") is None


def test_a_busy_store_says_so(postgres: Postgres, database: PostgresDatabase) -> None:
    other = postgres.open(database.name.rpartition("/")[2])
    with other.write(), pytest.raises(StoreBusy), database.write():
        pass
    other.close()
