"""Is the change log ordered and without gaps, whatever is rolled back? Is the lineage complete?"""

from __future__ import annotations

import threading

import pytest
from store_making import NOW

from service.store import Store, log


def note(store: Store, *types: str) -> None:
    with store.write() as connection:
        journal = log.Journal(connection, NOW)
        for type in types:
            journal.changed(type, "an article", "a story", word=type)
        journal.flush()


def note_and_fail(store: Store) -> None:
    with store.write() as connection:
        journal = log.Journal(connection, NOW)
        journal.changed("story.updated")
        journal.flush()
        raise ZeroDivisionError


def test_numbers_are_one_two_three(store: Store) -> None:
    assert store.last_change() == 0
    note(store, "article.placed", "story.emerged")
    note(store, "article.deleted")
    changes = store.changes()
    assert [change.seq for change in changes] == [1, 2, 3]
    assert [change.type for change in changes] == ["article.placed", "story.emerged", "article.deleted"]
    assert changes[0].data == {"word": "article.placed"}
    assert store.last_change() == 3


def test_what_is_undone_leaves_no_gap(store: Store) -> None:
    note(store, "story.emerged")
    with pytest.raises(ZeroDivisionError):
        note_and_fail(store)
    note(store, "story.closed")
    assert [(change.seq, change.type) for change in store.changes()] == [
        (1, "story.emerged"),
        (2, "story.closed"),
    ]


def test_a_reader_that_follows_misses_nothing(store: Store) -> None:
    """No number may appear after a greater one was seen: a follower would never read it."""
    seen: list[int] = []
    writers = [threading.Thread(target=lambda: [note(store, "a", "b") for _ in range(25)]) for _ in range(4)]
    for writer in writers:
        writer.start()
    while len(seen) < 200:
        seen += [change.seq for change in store.changes(since=seen[-1] if seen else 0, limit=7)]
    for writer in writers:
        writer.join()
    assert seen == list(range(1, 201))


def test_pages_continue(store: Store) -> None:
    note(store, *"abcdefg")
    first = store.changes(since=0, limit=3)
    rest = store.changes(since=first[-1].seq, limit=100)
    assert [change.type for change in (*first, *rest)] == list("abcdefg")


def test_lineage_is_told_to_both_stories(store: Store) -> None:
    with store.write() as connection:
        journal = log.Journal(connection, NOW)
        journal.passed("st-1", "emerged", ["a"], "placed")
        journal.passed("st-2", "emerged", ["b"], "placed")
        journal.passed("st-2", "merged", ["b"], "recluster:1", "st-1")
        journal.flush()
        told = [(entry.seq, entry.transition) for entry in log.lineage_of(connection, "st-1")]
    assert told == [(1, "emerged"), (3, "merged")]
