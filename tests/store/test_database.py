"""Does a data directory open when it should, refuse when it must, and keep what was committed?"""

from __future__ import annotations

import multiprocessing
import resource
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import insert, select, text

from service.errors import StoreBusy, StoreCorrupt, StoreFull, StoreMismatch, Unavailable
from service.store import Store, meta, schema
from service.store.database import (
    FILE_NAME,
    Database,
    known_versions,
    make_engine,
    open_database,
)

SPAWN = multiprocessing.get_context("spawn")


def open_in(directory: Path, *, create: bool = True, busy_seconds: float = 10.0) -> Database:
    return open_database(directory / FILE_NAME, create=create, busy_seconds=busy_seconds)


def fail_after(_: None) -> None:
    raise ZeroDivisionError


def test_migrations_make_exactly_the_schema(store: Store) -> None:
    with store.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []
        assert context.get_current_revision() == schema.HEAD
    assert schema.HEAD in known_versions()


def test_an_older_store_learns_the_latest_news_of_its_stories(tmp_path: Path) -> None:
    """Made at the first schema, with a story of two articles; then opened by this version."""
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    engine = make_engine(tmp_path / FILE_NAME, 1.0)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for seq, arrived_at in ((1, 50.0), (2, 70.0)):
            times = {"arrived_at": 99.0, "first_arrived_at": arrived_at, "changed_at": 99.0}
            named = {"seq": seq, "id": f"a{seq}", "version": 1, "state": "placed", "content_hash": b""}
            connection.execute(insert(schema.articles), named | times)
        made = {"id": "s", "status": "live", "updated_change": 0, "created_at": 50.0, "languages": []}
        connection.execute(insert(schema.stories), made)
        for article_id in ("a1", "a2"):
            member = {"article_id": article_id, "story_id": "s", "score": 1.0}
            connection.execute(insert(schema.members), member)
    engine.dispose()
    with open_in(tmp_path, create=False).read() as connection:
        columns = (schema.stories.c.latest_reported, schema.stories.c.closed_at)
        assert tuple(connection.execute(select(*columns)).one()) == (70.0, None)


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("secure_delete", 1)],
)
def test_every_connection_is_durable_and_checked(store: Store, pragma: str, value: object) -> None:
    with store.read() as first, store.read() as second:
        for connection in (first, second):
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


def test_it_opens_again(tmp_path: Path) -> None:
    database = open_in(tmp_path)
    with database.write() as connection:
        meta.put(connection, "word", "kept")
    database.close()
    with open_in(tmp_path, create=False).read() as connection:
        assert meta.get(connection, "word") == "kept"


def test_a_missing_directory_is_only_made_when_asked(tmp_path: Path) -> None:
    with pytest.raises(StoreMismatch, match="samestory import"):
        open_in(tmp_path / "new", create=False)
    assert not (tmp_path / "new").exists()
    open_in(tmp_path / "new").close()


def test_a_newer_schema_is_refused_with_the_command(tmp_path: Path) -> None:
    database = open_in(tmp_path)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(StoreMismatch, match="pip install --upgrade"):
        open_in(tmp_path)


def test_somebody_elses_file_is_refused_untouched(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE_NAME) as other:
        other.execute("CREATE TABLE contacts (name TEXT)")
    other.close()
    with pytest.raises(StoreMismatch, match="--data"):
        open_in(tmp_path)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"not a database, but long enough to have a header" * 100)
    with pytest.raises(StoreCorrupt, match="restore a backup"):
        open_in(tmp_path)


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    open_in(tmp_path).close()
    path = tmp_path / FILE_NAME
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 3])
    with pytest.raises(StoreCorrupt), open_in(tmp_path).read() as connection:
        connection.execute(select(schema.changes)).fetchall()


def test_damage_inside_is_found_by_check(tmp_path: Path) -> None:
    database = open_in(tmp_path)
    with database.write() as connection:
        rows = [{"key": f"key {n}", "value": "x" * 400} for n in range(500)]
        connection.execute(insert(schema.meta), rows)
    assert database.check() == []
    database.scrub()
    database.close()
    path = tmp_path / FILE_NAME
    damaged = bytearray(path.read_bytes())
    damaged[-40_000:-20_000] = b"\xff" * 20_000
    path.write_bytes(damaged)
    with pytest.raises(StoreCorrupt, match="restore a backup"), open_in(tmp_path).read() as connection:
        connection.execute(select(schema.meta).order_by(schema.meta.c.value)).fetchall()
    assert open_in(tmp_path).check() != []


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unavailable, match="file"):
        open_in(tmp_path / "file" / "data")


def test_what_fails_is_undone(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.write() as connection:
        fail_after(meta.put(connection, "word", "lost"))
    with store.read() as connection:
        assert meta.get(connection, "word") is None


def test_a_reader_sees_one_state(store: Store) -> None:
    with store.read() as reader:
        assert meta.get(reader, "word") is None
        with store.write() as writer:
            meta.put(writer, "word", "new")
        assert meta.get(reader, "word") is None
    with store.read() as reader:
        assert meta.get(reader, "word") == "new"


def test_errors_do_not_quote_the_data(store: Store) -> None:
    with pytest.raises(Exception, match="UNIQUE") as caught, store.write() as connection:
        connection.execute(insert(schema.meta), [{"key": "k", "value": "SECRET WORDS"}] * 2)
    assert "SECRET" not in str(caught.value)


def test_a_second_writer_waits_no_longer_than_it_may(tmp_path: Path) -> None:
    first, second = open_in(tmp_path), open_in(tmp_path, busy_seconds=0.2)
    with first.write(), pytest.raises(StoreBusy), second.write():
        pass
    with second.write() as connection:
        meta.put(connection, "word", "later")


def _count_up(directory: Path, times: int) -> None:
    database = open_in(directory)
    for _ in range(times):
        with database.write() as connection:
            number = int(meta.get(connection, "number") or 0)
            meta.put(connection, "number", str(number + 1))


def test_concurrent_processes_lose_nothing(tmp_path: Path) -> None:
    """They also race to make the file: all find the same one."""
    counting = [SPAWN.Process(target=_count_up, args=(tmp_path, 100)) for _ in range(4)]
    for process in counting:
        process.start()
    for process in counting:
        process.join()
    assert [process.exitcode for process in counting] == [0, 0, 0, 0]
    with open_in(tmp_path).read() as connection:
        assert meta.get(connection, "number") == "400"


FILLING = """
import resource, sys
from pathlib import Path
from service.errors import StoreFull
from service.store import meta
from service.store.database import open_database

database = open_database(Path(sys.argv[1]), create=True, busy_seconds=5.0)
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY))
kept = 0
try:
    while True:
        with database.write() as connection:
            meta.put(connection, f"key {kept}", "x" * 50_000)
        kept += 1
except StoreFull as error:
    print(kept, error.status)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
with database.write() as connection:
    meta.put(connection, "after", "room again")
"""


def test_a_full_disk_is_named_and_costs_nothing_that_was_kept(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FILLING, str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    kept, status = map(int, done.stdout.split())
    assert kept > 5
    assert status == StoreFull.status == 503
    database = open_in(tmp_path)
    assert database.check() == []
    with database.read() as connection:
        assert all(meta.get(connection, f"key {n}") for n in range(kept))
        assert meta.get(connection, "after") == "room again"


def test_file_size_limit_is_not_set_here() -> None:
    """The test above must not have limited this process."""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
