"""Does a data directory open when it should, refuse when it must, and name what is wrong with its file?"""

from __future__ import annotations

import resource
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from service.errors import StoreCorrupt, StoreFull, StoreMismatch, Unavailable
from service.store import Store, meta, schema
from service.store.sqlite import FILE_NAME, SqliteDatabase, open_sqlite


def open_in(directory: Path, *, create: bool = True) -> SqliteDatabase:
    return open_sqlite(directory / FILE_NAME, create=create, busy_seconds=10.0)


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("secure_delete", 1)],
)
def test_every_connection_is_durable_and_checked(sqlite_store: Store, pragma: str, value: object) -> None:
    with sqlite_store.read() as first, sqlite_store.read() as second:
        for connection in (first, second):
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


def test_a_missing_directory_is_only_made_when_asked(tmp_path: Path) -> None:
    with pytest.raises(StoreMismatch, match="samestory import"):
        open_in(tmp_path / "new", create=False)
    assert not (tmp_path / "new").exists()
    open_in(tmp_path / "new").close()


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


FILLING = """
import resource, sys
from pathlib import Path
from service.errors import StoreFull
from service.store import meta
from service.store.sqlite import open_sqlite

database = open_sqlite(Path(sys.argv[1]), create=True, busy_seconds=5.0)
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
