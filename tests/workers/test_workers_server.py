"""Do workers over PostgreSQL give the stories of the embedded engine? Two that prepare, and an owner."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from databases import Postgres
from fleet import BEAT, OWNER, WORKER, Broker, Fleet, eventually, fleet
from grouping import differences, embedded, few_articles, groups, send


@pytest.fixture(scope="module")
def staffed(tmp_path_factory: pytest.TempPathFactory, broker: Broker, postgres: Postgres) -> Iterator[Fleet]:
    """Two prepare workers and an owner over PostgreSQL, with our seeds and the pages placed."""
    database = postgres.fresh(like="template1")
    folder = tmp_path_factory.mktemp("server")
    with fleet(folder, broker, environment=postgres.environment(database), stuck_seconds=30) as made:
        for name, what in (("worker", WORKER), ("other", WORKER), ("owner", OWNER), ("beat", BEAT)):
            made.start(name, what, wait=False)
        send(made, few_articles(), at_once=7)
        yield made
    postgres.drop(database)


def test_stories_are_the_same_as_they_come(staffed: Fleet) -> None:
    found = groups(staffed.engine.store.stories.assignments())
    assert differences(found, embedded(few_articles(), online_only=True)) == (set(), set())


def test_stories_are_the_same_after_reclustering(staffed: Fleet) -> None:
    store = staffed.engine.store
    request = staffed.engine.request_recluster(dry_run=False)
    eventually(lambda: store.recluster(request).state in ("applied", "failed"), what="re-clustered")
    assert store.recluster(request).state == "applied", store.recluster(request).reason
    found = groups(store.stories.assignments())
    assert differences(found, embedded(few_articles(), online_only=False)) == (set(), set())
    assert store.check() == []
