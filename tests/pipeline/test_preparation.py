"""Does every received article end prepared or rejected with a reason, whatever happens on the way?"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
from corpus import events
from rig import Rig

from service import incoming, pipeline
from service.model import Article
from service.preparation import prepare_all
from service.sketch.sketch import Sketcher
from service.store import queue

SPAWN = multiprocessing.get_context("spawn")
POISON = "poison"
real_prepare = incoming.prepare_article


def raws(number: int = 12) -> list[dict[str, Any]]:
    return events(number, copies=1)


def failing(sketcher: Sketcher, article: Article, arrived_at: float) -> Any:
    if article.id == POISON:
        raise ZeroDivisionError("SECRET")
    return real_prepare(sketcher, article, arrived_at)


def killing(sketcher: Sketcher, article: Article, arrived_at: float) -> Any:
    if article.id == POISON:
        os.kill(os.getpid(), signal.SIGKILL)
    return real_prepare(sketcher, article, arrived_at)


def test_preparing_again_changes_nothing(rig: Rig) -> None:
    rig.submit(*raws())
    assert rig.prepare() == 12
    before = [rig.store.articles.get(str(raw["id"])) for raw in raws()]
    assert rig.prepare() == 0
    assert rig.prepare([str(raw["id"]) for raw in raws()]) == 0
    assert [rig.store.articles.get(str(raw["id"])) for raw in raws()] == before


def test_only_the_named_ones(rig: Rig) -> None:
    rig.submit(*raws())
    assert rig.prepare(["e1-0", "e2-0", "unknown"]) == 2
    assert rig.store.counts() == {"received": 10, "prepared": 2}


def test_spans_refer_to_the_text_that_is_kept(rig: Rig) -> None:
    page = "<html><body><article><p>" + "A sentence of the report. " * 30 + "</p></article></body></html>"
    rig.submit({"id": "page", "html": page})
    rig.prepare()
    kept = rig.store.articles.text("page")
    assert kept.html == page
    assert kept.spans
    assert "".join(kept.text[span.start : span.end] for span in kept.spans).startswith(
        "A sentence of the report."
    )


def test_a_failing_article_is_rejected_in_the_end(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "prepare_article", failing)
    rig.submit(*raws(), {"id": POISON, "text": "words"})
    rounds = 0
    while rig.prepare():
        rounds += 1
    assert rounds == rig.settings.prepare_attempts == 5
    record = rig.store.articles.get(POISON)
    assert (record.state, record.reason) == ("rejected", "Preparing failed: ZeroDivisionError.")
    assert rig.store.counts() == {"rejected": 1, "prepared": 12}
    assert rig.changes() == [("article.rejected", POISON, None)]


def test_a_failing_article_costs_an_import_nothing(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "prepare_article", failing)
    receipts = rig.ingest(*raws(), {"id": POISON, "text": "words"})
    assert {receipt.status for receipt in receipts} == {"accepted"}
    assert rig.store.counts() == {"received": 1, "prepared": 12}
    monkeypatch.undo()
    rig.prepare()
    assert rig.store.counts() == {"prepared": 13}
    assert rig.store.articles.get(POISON).reason == ""


def _prepare_all(directory: Path) -> None:
    incoming.prepare_article = killing
    rig = Rig(directory)
    while rig.prepare():
        pass


def test_a_killer_takes_nobody_with_it(rig: Rig) -> None:
    """It kills its worker at most `prepare_attempts` times; the articles beside it are prepared."""
    more = [{**raw, "id": f"more-{raw['id']}"} for raw in raws(6)]
    rig.submit(*raws(6), {"id": POISON, "text": "words"}, *more)
    runs = 0
    while True:
        worker = SPAWN.Process(target=_prepare_all, args=(rig.settings.data,))
        worker.start()
        worker.join()
        runs += 1
        if worker.exitcode == 0:
            break
        assert worker.exitcode == -signal.SIGKILL
        assert runs <= 6
    assert runs == 6  # five deaths and the round that rejects it
    assert rig.store.counts() == {"rejected": 1, "prepared": 12}
    assert rig.store.articles.get(POISON).reason == "It could not be prepared in 5 attempts."


def test_two_workers_at_once(rig: Rig) -> None:
    rig.submit(*raws(100))
    workers = [threading.Thread(target=rig.prepare) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert rig.store.counts() == {"prepared": 100}


def test_who_comes_late_with_the_same_message_does_not_try(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """So an article is tried as often as it may be and no more, though a message may be delivered twice."""
    monkeypatch.setattr(incoming, "prepare_article", failing)
    rig.submit({"id": POISON, "text": "words"})
    with rig.store.read() as connection:
        drafts = queue.drafts(connection, 10)
    for _ in range(2):
        prepare_all(rig.store, Sketcher(), drafts, rig.now)
    with rig.store.read() as connection:
        assert [draft.attempts for draft in queue.drafts(connection, 10)] == [1]


def test_what_was_replaced_meanwhile_is_not_kept(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.submit({"id": "a", "text": "The first version of it."})

    def replaced(sketcher: Sketcher, article: Article, arrived_at: float) -> Any:
        monkeypatch.undo()
        rig.submit({"id": "a", "text": "The second version, longer than the first."})
        return real_prepare(sketcher, article, arrived_at)

    monkeypatch.setattr(incoming, "prepare_article", replaced)
    rig.prepare()
    assert rig.store.articles.get("a").state == "received"
    rig.prepare()
    record, text = rig.store.articles.get("a"), rig.store.articles.text("a")
    assert (record.state, record.version) == ("prepared", 2)
    assert text.spans[-1].end == len(text.text)


def test_a_rejected_version_leaves_its_story(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.take_in(*events(1, copies=2), {**raws()[0], "id": POISON})
    story_id = rig.story_of(POISON)
    monkeypatch.setattr(incoming, "prepare_article", failing)
    rig.submit({"id": POISON, "text": "A new version that cannot be prepared."})
    assert rig.story_of(POISON) == story_id
    while rig.prepare():
        pass
    assert POISON not in rig.store.stories.assignments()
    assert POISON in rig.owner
    rig.place()
    assert POISON not in rig.owner


def test_stuck_articles_are_found(rig: Rig) -> None:
    rig.submit(*raws(3))
    assert pipeline.sweep(rig.store, rig.now) == []
    later = rig.now + rig.settings.stuck_seconds + 1
    assert len(pipeline.sweep(rig.store, later)) == 3
    rig.prepare()
    assert pipeline.sweep(rig.store, later) == []
