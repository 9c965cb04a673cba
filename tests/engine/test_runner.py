"""Does the embedded engine drain, answer and tell how it is?"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from reports import FERRY_COURIER, FERRY_LEDGER, LIBRARY

from service import pipeline
from service.errors import StoreFull
from service.runner import EmbeddedEngine
from service.settings import Settings

ALL = [FERRY_COURIER, FERRY_LEDGER, LIBRARY]
NOW = 1_700_000_000.0


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EmbeddedEngine]:
    with EmbeddedEngine(Settings(data=tmp_path, recluster_minutes=0)) as made:
        yield made


def test_submitted_articles_are_placed_by_the_thread(engine: EmbeddedEngine) -> None:
    engine.start()
    receipts = pipeline.submit(engine.store, ALL, NOW)
    ids = [receipt.id for receipt in receipts if receipt.id]
    engine.nudge(ids)
    assert engine.wait_placed(ids, seconds=30)
    assert len(set(engine.store.stories.assignments().values())) == 2


def test_without_the_thread_nothing_happens_until_it_is_drained(engine: EmbeddedEngine) -> None:
    engine.ingest(ALL)
    assert not engine.wait_placed(["library"], seconds=0.01)
    assert not engine.ready()[0]
    engine.drain()
    assert engine.wait_placed(["library"], seconds=0)


def test_an_unknown_article_is_not_waited_for(engine: EmbeddedEngine) -> None:
    assert engine.wait_placed(["unknown"], seconds=0)


def test_drain_finishes_reclusterings(engine: EmbeddedEngine) -> None:
    engine.ingest(ALL)
    request = engine.request_recluster(dry_run=False)
    engine.drain()
    assert engine.store.recluster(request).state == "applied"


def test_questions_are_answered_between_batches(engine: EmbeddedEngine) -> None:
    engine.start()
    engine.ingest(ALL)
    assert engine.wait_placed(["library"], seconds=30)
    assert engine.match({**LIBRARY, "id": "asked"})[0]["article_id"] == "library"
    assert engine.explain("ferry-courier", "ferry-ledger")["same_story"]
    engine.delete("library")
    assert not engine.match({**LIBRARY, "id": "asked"})


def test_trouble_shows_and_passes(engine: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.start()
    assert engine.ready()[0]
    failed = threading.Event()

    def full(*_: object) -> None:
        failed.set()
        raise StoreFull()

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "place", full)
        engine.ingest(ALL)
        assert failed.wait(60)
        assert not engine.wait_placed(["library"], seconds=0.5)
        ready, details = engine.ready()
        assert not ready
        assert "disk is full" in details["trouble"]
    assert engine.wait_placed(["library"], seconds=30)
    assert engine.ready()[0]


def test_statistics_count(engine: EmbeddedEngine) -> None:
    engine.ingest(ALL)
    engine.drain()
    found = engine.statistics()
    assert (found["articles_placed"], found["stories"], found["window_articles"]) == (3, 2, 3)
    assert found["last_change"] >= 3
