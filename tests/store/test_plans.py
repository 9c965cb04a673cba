"""Does what every turn asks cost the same however many articles are stored? SQLite says how it would look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, get_args

import pytest
from sqlalchemy import Connection
from statements import listening_to

from service.store import Store, articles, decisions, members, queue, stories
from service.store.handover import Handover
from service.store.queries import Sort

PARTIAL = (  # these hold few rows
    *("USING INDEX articles_forget", "USING INDEX articles_queue", "USING INDEX decisions_represent"),
    "USING INDEX stories_open",
)

ASKED: list[Callable[[Connection], Any]] = [
    lambda connection: queue.drafts(connection, 10),
    lambda connection: queue.drafts_of(connection, ["a", "b"]),
    lambda connection: queue.waiting(connection, 10, 0.0, Handover()),
    lambda connection: queue.still(connection, [1, 2], "prepared"),
    lambda connection: queue.stuck(connection, 1.0, 10),
    lambda connection: queue.window_article(connection, "a"),
    articles.to_forget,
    articles.last_seq,
    lambda connection: articles.known(connection, ["a"]),
    lambda connection: members.in_closed(connection, ["a"]),
    lambda connection: stories.without_news(connection, 1.0, 10),
    decisions.speakers,
]


@contextmanager
def plans() -> Iterator[list[str]]:
    """How SQLite goes about each statement meanwhile."""
    steps: list[str] = []

    def explain(connection: Connection, statement: str, values: Any) -> None:
        if statement.startswith("SELECT"):
            raw: Any = connection.connection.dbapi_connection
            steps.extend(row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", values))

    with listening_to(explain):
        yield steps


@pytest.mark.parametrize("ask", ASKED)
def test_no_turn_reads_all_articles(sqlite_store: Store, ask: Callable[[Connection], Any]) -> None:
    """The queue is a partial index, which SQLite takes for the very words of its condition alone: three of
    these read the whole table, 10 ms each at 31,000 articles."""
    with sqlite_store.read() as connection, plans() as steps:
        ask(connection)
    assert steps
    assert [step for step in steps if step.startswith("SCAN") and not step.endswith(PARTIAL)] == []


def test_a_scan_is_seen(sqlite_store: Store) -> None:
    with sqlite_store.read() as connection, plans() as steps:
        articles.counts(connection)
        connection.exec_driver_sql("SELECT id FROM articles WHERE words = 3")
    assert any(step.startswith("SCAN articles") for step in steps)


LISTS: list[Callable[[Store], Any]] = [
    *(lambda store, sort=sort: store.stories.list(sort=sort) for sort in get_args(Sort)),  # type: ignore[misc]
    lambda store: store.stories.list(after=[1.0, "st-1"]),
    lambda store: store.stories.list(outlet="Daily", min_outlets=2),
    lambda store: store.stories.list(lang="en", since=1.0, until=2.0, q="words"),
    lambda store: store.stories.recent_lineage("st-1", 10),
    lambda store: store.articles.list(after=[5]),
    lambda store: store.articles.search("words", 10),
    lambda store: store.changes(5),
    lambda store: store.change_times([1, 2]),
]
WALKED = ("SCAN stories USING INDEX stories_", "SCAN articles")  # in the list's order, until a page is full


@pytest.mark.parametrize("ask", LISTS)
def test_a_list_is_walked_in_its_order_and_never_sorted_whole(
    sqlite_store: Store, ask: Callable[[Store], Any]
) -> None:
    with plans() as steps:
        ask(sqlite_store)
    assert steps
    scans = [step for step in steps if step.startswith("SCAN")]
    assert [step for step in scans if not step.startswith(WALKED)] == []
    assert not scans or not any("TEMP B-TREE FOR ORDER BY" in step for step in steps)


def test_the_reports_of_a_page_of_stories_are_found_by_story(sqlite_store: Store) -> None:
    with plans() as steps:
        sqlite_store.stories.reports(["st-1", "st-2"], 10)
    assert [
        step for step in steps if step.startswith(("SCAN articles", "SCAN members", "SCAN stories"))
    ] == []


def test_an_outlet_is_found_by_its_articles(sqlite_store: Store) -> None:
    with plans() as steps:
        sqlite_store.stories.list(outlet="Daily")
    assert any("articles_outlet" in step for step in steps), steps
