"""Does each database open when it should, refuse when it must, and keep what was committed, one at a time?"""

from __future__ import annotations

import multiprocessing

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import URL, create_engine, insert, make_url, select, text

from service import pipeline
from service.errors import StoreBusy, StoreMismatch
from service.opening import open_database
from service.settings import Settings
from service.store import Store, meta, schema
from service.store.migrating import known_versions, migrate, upgrade
from service.store.sqlite import FILE_NAME

SPAWN = multiprocessing.get_context("spawn")


def fail_after(_: None) -> None:
    raise ZeroDivisionError


def test_migrations_make_exactly_the_schema(store: Store) -> None:
    with store.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []
        assert context.get_current_revision() == schema.HEAD
    assert schema.HEAD in known_versions()


def test_an_older_store_learns_the_latest_news_of_its_stories(given: Settings) -> None:
    """Made at the first schema, with a story of two articles; then brought up."""
    server = given.store_address()
    file = URL.create("sqlite", database=str(given.data / FILE_NAME))
    engine = create_engine(make_url(server).set(drivername="postgresql+psycopg") if server else file)
    with engine.begin() as connection:
        if server:  # tests begin with a copy of a database that has today's tables
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        upgrade(connection, "0001")
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
    database = open_database(given)
    migrate(database, older=True)
    with database.read() as connection:
        columns = (schema.stories.c.latest_reported, schema.stories.c.closed_at)
        assert tuple(connection.execute(select(*columns)).one()) == (70.0, None)
    database.close()


def test_it_opens_again(given: Settings) -> None:
    with pipeline.open_store(given) as store, store.write() as connection:
        meta.put(connection, "word", "kept")
    with pipeline.open_store(given, create=False) as again, again.read() as connection:
        assert meta.get(connection, "word") == "kept"
        assert again.key == store.key


def test_a_newer_schema_is_refused_with_the_command(given: Settings) -> None:
    with pipeline.open_store(given) as store, store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreMismatch, match="pip install --upgrade"):
        pipeline.open_store(given)


def test_somebody_elses_tables_are_refused_untouched(given: Settings) -> None:
    with pipeline.open_store(given) as store, store.write() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    with pytest.raises(StoreMismatch, match="not samestory's"):
        pipeline.open_store(given)


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
    with pytest.raises(Exception, match=r"(?i)unique") as caught, store.write() as connection:
        connection.execute(insert(schema.meta), [{"key": "SECRET WORDS", "value": "SECRET"}] * 2)
    assert "SECRET" not in str(caught.value)


def test_a_second_writer_waits_no_longer_than_it_may(given: Settings, store: Store) -> None:
    second = open_database(given.model_copy(update={"busy_seconds": 0.2}))
    with store.write(), pytest.raises(StoreBusy), second.write():
        pass
    with second.write() as connection:
        meta.put(connection, "word", "later")
    second.close()


def _count_up(given: Settings, times: int) -> None:
    with pipeline.open_store(given) as store:
        for _ in range(times):
            with store.write() as connection:
                number = int(meta.get(connection, "number") or 0)
                meta.put(connection, "number", str(number + 1))


def test_concurrent_processes_lose_nothing(given: Settings) -> None:
    """They also race to make the store: all find the same one."""
    counting = [SPAWN.Process(target=_count_up, args=(given, 50)) for _ in range(4)]
    for process in counting:
        process.start()
    for process in counting:
        process.join()
    assert [process.exitcode for process in counting] == [0, 0, 0, 0]
    with pipeline.open_store(given) as store, store.read() as connection:
        assert meta.get(connection, "number") == "200"
