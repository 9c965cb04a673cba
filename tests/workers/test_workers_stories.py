"""Do workers on Redis give the stories that the embedded engine gives? Real processes, the same articles."""

from __future__ import annotations

import gzip
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pytest
from consumer import consumer
from fleet import BEAT, OWNER, WORKER, Broker, Fleet, eventually, fleet
from reports import FERRY_LEDGER

from service import cluster, pipeline
from service.errors import Conflict, NotFound
from service.settings import Settings
from service.webhooks import delivering

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("SAMESTORY_SHARED", ROOT.parent / "shared"))
SEEDS = ROOT / "seeds" / "articles.jsonl"
STREAM = SHARED / "data" / "streams" / "saudinewsnet.jsonl.gz"
PAGES = SHARED / "seeds"

Groups = set[frozenset[str]]


def articles() -> list[dict[str, Any]]:
    """Our seeds, and where the evaluation data is at hand the five pages and 5,000 articles of the stream."""
    found = [orjson.loads(line) for line in SEEDS.read_bytes().splitlines()]
    found += [{"id": page.stem, "text": page.read_text()} for page in sorted(PAGES.glob("*.txt"))]
    if STREAM.exists():
        with gzip.open(STREAM) as lines:
            found += [orjson.loads(line) for line in islice(lines, 5000)]
    return found


def groups(stories: Mapping[str, str]) -> Groups:
    """Stories as sets of article ids."""
    members: dict[str, set[str]] = {}
    for article, story in stories.items():
        members.setdefault(story, set()).add(article)
    return {frozenset(ids) for ids in members.values()}


def embedded(raws: Iterable[Mapping[str, Any]], *, online_only: bool) -> Groups:
    """What one process makes of them."""
    found = cluster(raws, online_only=online_only, settings=Settings())
    return groups({one.id: one.story for one in found if one.id and one.story})


def differences(found: Groups, expected: Groups) -> tuple[Groups, Groups]:
    """What is there and should not be, and the reverse."""
    return found - expected, expected - found


@pytest.fixture(scope="module")
def staffed(tmp_path_factory: pytest.TempPathFactory, broker: Broker) -> Iterator[Fleet]:
    """Prepare workers, an owner and beat, with all articles placed."""
    with fleet(tmp_path_factory.mktemp("fleet"), broker, stuck_seconds=30, webhook_private=True) as made:
        made.start("worker", WORKER, wait=False)
        made.start("owner", OWNER)
        made.working("worker")
        made.start("beat", BEAT)
        send(made, articles())
        yield made


def send(to: Fleet, raws: list[dict[str, Any]]) -> None:
    """Submit as the API does, and wait for the placing."""
    ids: list[str] = []
    for start in range(0, len(raws), 500):
        receipts = pipeline.submit(to.engine.store, raws[start : start + 500], time.time())
        fresh = [receipt.id for receipt in receipts if receipt.id and receipt.status == "accepted"]
        to.engine.nudge(fresh)
        ids += fresh
    assert to.engine.wait_placed(ids, seconds=180)


def test_stories_are_those_of_the_embedded_engine_as_they_come(staffed: Fleet) -> None:
    found = groups(staffed.engine.store.stories.assignments())
    assert differences(found, embedded(articles(), online_only=True)) == (set(), set())


def test_stories_are_those_of_the_embedded_engine_after_reclustering(staffed: Fleet) -> None:
    request = staffed.engine.request_recluster(dry_run=False)
    store = staffed.engine.store
    eventually(lambda: store.recluster(request).state in ("applied", "failed"), what="re-clustered")
    assert store.recluster(request).state == "applied", store.recluster(request).reason
    found = groups(store.stories.assignments())
    assert differences(found, embedded(articles(), online_only=False)) == (set(), set())


def test_questions_are_answered_by_the_owner(staffed: Fleet) -> None:
    send(staffed, [FERRY_LEDGER])
    (first, *_) = staffed.engine.match({**FERRY_LEDGER, "id": "asked"})
    assert first["article_id"] == FERRY_LEDGER["id"]
    with pytest.raises(NotFound):
        staffed.engine.store.articles.get("asked")
    found = staffed.engine.explain(FERRY_LEDGER["id"], FERRY_LEDGER["id"])
    assert found["evidence"]["jaccard"] == 1


def test_errors_cross_the_broker_by_name(staffed: Fleet) -> None:
    with pytest.raises(NotFound):
        staffed.engine.explain("none", "nothing")
    with pytest.raises(NotFound):
        staffed.engine.apply_recluster("rc-none")


def test_a_dry_run_waits_to_be_applied(staffed: Fleet) -> None:
    store = staffed.engine.store
    request = staffed.engine.request_recluster(dry_run=True)
    eventually(lambda: store.recluster(request).state == "held", what="computed")
    staffed.engine.apply_recluster(request)
    assert store.recluster(request).state == "applied"
    with pytest.raises(Conflict):
        staffed.engine.apply_recluster(request)


def test_a_deleted_article_is_forgotten_by_the_owner(staffed: Fleet) -> None:
    gone = {**FERRY_LEDGER, "id": "soon-gone", "text": " ".join(f"word{n} unique{n}" for n in range(60))}
    send(staffed, [gone])
    assert staffed.engine.match({**gone, "id": "asked"})[0]["article_id"] == "soon-gone"
    staffed.engine.delete("soon-gone")
    eventually(lambda: not staffed.engine.match({**gone, "id": "asked"}), what="forgotten")


def test_workers_send_to_webhooks(staffed: Fleet) -> None:
    store = staffed.engine.store
    settings = store.settings.model_copy(update={"webhook_private": True})
    with consumer() as told:
        delivering.register(store, settings, told.url, [], store.last_change(), time.time())
        send(staffed, [{**FERRY_LEDGER, "id": "told", "text": " ".join(f"told{n}" for n in range(60))}])
        expected = [delivering.document(change) for change in store.changes(store.last_change() - 2)]
        eventually(lambda: told.changes == expected, what="sent")


def test_readiness_is_judged_by_work(staffed: Fleet) -> None:
    ready, details = staffed.engine.ready()
    assert ready, details
    assert details["broker"]
    assert details["owner"]
