"""Can the audit fail? Each promise is broken by hand, and must be missed."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from store_making import add, article, candidate, founder, make_story

from service.store import Store
from service.store.members import Membership


@pytest.fixture
def sound(store: Store) -> Store:
    """Two stories, one of two articles, and one article that waits."""
    add(store, *(candidate(article(name)) for name in ("a", "b", "c", "waiting")))
    with store.write() as connection:
        make_story(
            connection, "st-1", [founder("a", "st-1"), Membership("b", "st-1", "same_event", 0.9, "a")]
        )
        make_story(connection, "st-2", [founder("c", "st-2")])
        connection.execute(text("UPDATE articles SET state = 'placed' WHERE id != 'waiting'"))
    assert store.check() == []
    return store


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("DELETE FROM members WHERE article_id = 'b'", "placed articles are in no story"),
        ("UPDATE articles SET state = 'rejected' WHERE id = 'a'", "before they were placed"),
        ("UPDATE stories SET status = 'closed' WHERE id = 'st-2'", "a story that is not live"),
        ("UPDATE stories SET article_count = 5 WHERE id = 'st-1'", "count their articles wrongly"),
        ("DELETE FROM members WHERE article_id = 'c'", "count their articles wrongly"),
        ("UPDATE stories SET article_count = 0 WHERE id = 'st-2'", "live stories have no article"),
        ("UPDATE stories SET status = 'merged' WHERE id = 'st-2'", "lead nowhere"),
        ("DELETE FROM texts WHERE seq = 1", "lost their text"),
        ("DELETE FROM sketches WHERE seq = 4", "have no sketch"),
        ("UPDATE articles SET state = 'deleted' WHERE id = 'waiting'", "kept text"),
        ("DELETE FROM lineage WHERE seq = 2", "not in the story that the lineage tells"),
        ("UPDATE members SET story_id = 'st-1' WHERE article_id = 'c'", "story that the lineage tells"),
        ("DELETE FROM changes WHERE seq = 1", "missing in the change log"),
        (
            "UPDATE stories SET status = 'merged', merged_into = 'st-2' WHERE id = 'st-2'",
            "merged into itself",
        ),
    ],
)
def test_each_broken_promise_is_named(sound: Store, damage: str, found: str) -> None:
    with sound.write() as connection:
        connection.execute(text(damage))
    assert any(found in problem for problem in sound.check())


def test_orphans_are_named(sqlite_store: Store) -> None:
    """A server never lets one arise; a file's rows may be changed by any program."""
    add(sqlite_store, candidate(article("a")))
    with sqlite_store.database._reading.connect() as connection:  # type: ignore[attr-defined]
        raw = connection.connection.dbapi_connection
        raw.execute("PRAGMA foreign_keys = OFF")
        raw.execute("DELETE FROM articles WHERE id = 'a'")
        raw.execute("PRAGMA foreign_keys = ON")
    assert any("missing articles" in problem for problem in sqlite_store.check())
