"""Do the commands work over a server as they do over a file? Only the settings differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from calling import Command, Server, write_lines
from databases import Postgres
from reports import FERRY_COURIER, FERRY_LEDGER, LIBRARY

from service.store.moving import MOVED


@pytest.fixture(autouse=True)
def server(postgres: Postgres, data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty database, which the settings name."""
    name = postgres.fresh(like="template1")
    for variable, value in postgres.environment(name).items():
        monkeypatch.setenv(variable, value)
    yield
    postgres.drop(name)


def test_what_is_imported_is_grouped_and_shown(samestory: Command, tmp_path: Path, data: Path) -> None:
    assert samestory("stories").lines() == []
    file = write_lines(tmp_path / "a.jsonl", FERRY_COURIER, FERRY_LEDGER, LIBRARY)
    (summary,) = samestory("import", file).lines()
    assert summary["accepted"] == 3
    assert sorted(story["article_count"] for story in samestory("stories").lines()) == [1, 2]
    assert samestory("recluster").lines()[0]["state"] == "applied"
    assert samestory("delete", "library").code == 0
    assert [story["article_count"] for story in samestory("stories").lines()] == [2]
    assert not data.exists()


def test_migrate_makes_the_schema_and_again_changes_nothing(samestory: Command) -> None:
    assert "schema" in samestory("migrate").err
    assert samestory("migrate").code == 0


def test_doctor_warns_of_a_server_that_forgets_in_a_crash(samestory: Command) -> None:
    """As the tests' own server does, for speed."""
    samestory("migrate")
    (store,) = [line for line in samestory("doctor").lines() if line["check"] == "store"]
    assert not store["ok"]
    assert "fsync" in store["detail"]


def test_a_running_serve_is_found_by_the_data_directory(
    samestory: Command, serve: Callable[..., Server], tmp_path: Path
) -> None:
    serve()
    file = write_lines(tmp_path / "a.jsonl", FERRY_COURIER, LIBRARY)
    (summary,) = samestory("import", file).lines()
    assert summary["accepted"] == 2
    assert len(samestory("stories").lines()) == 2


def test_a_file_moves_to_the_server_and_work_goes_on_there(
    samestory: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("SAMESTORY_STORE_URL", "SAMESTORY_STORE_PASSWORD_FILE")
    file = write_lines(tmp_path / "a.jsonl", FERRY_COURIER, LIBRARY)
    with monkeypatch.context() as patch:
        for name in names:
            patch.delenv(name)
        assert samestory("import", file).code == 0
        assert "SAMESTORY_STORE_URL" in samestory("migrate-store").err
        before = samestory("stories").lines()
    moved = samestory("migrate-store")
    assert (moved.code, moved.err.count("the same in both")) == (0, len(MOVED))
    assert samestory("stories").lines() == before
    assert "not empty" in samestory("migrate-store").err
    samestory("import", write_lines(tmp_path / "b.jsonl", FERRY_LEDGER))
    assert sorted(story["article_count"] for story in samestory("stories").lines()) == [1, 2]


def test_a_backup_of_the_server_is_restored_to_a_file_and_to_another_server(
    samestory: Command, tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    samestory("import", write_lines(tmp_path / "a.jsonl", FERRY_COURIER, FERRY_LEDGER, LIBRARY))
    before = samestory("stories").lines()
    kept = tmp_path / "kept.sqlite3"
    assert samestory("backup", kept).code == 0
    assert "there already" in samestory("backup", kept).err
    samestory("delete", "library")
    assert "not empty" in samestory("restore", kept).err
    another = postgres.fresh(like="template1")
    monkeypatch.setenv("SAMESTORY_STORE_URL", postgres.url(another))
    assert samestory("restore", kept).code == 0
    assert samestory("stories").lines() == before
    postgres.drop(another)
    for variable in ("SAMESTORY_STORE_URL", "SAMESTORY_STORE_PASSWORD_FILE"):
        monkeypatch.delenv(variable)
    assert samestory("restore", kept).code == 0
    assert samestory("stories").lines() == before
    assert "no file" in samestory("restore", tmp_path / "none").err
