"""Do workers on Redis give the stories that the embedded engine gives? Real processes, the same articles."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from consumer import consumer
from fleet import BEAT, CALLER, OWNER, WORKER, Broker, Fleet, eventually, fleet
from grouping import articles, differences, embedded, groups, send
from reports import FERRY_LEDGER

from service.errors import Conflict, Contradiction, InvalidDecision, NotFound
from service.webhooks import delivering


@pytest.fixture(scope="module")
def staffed(tmp_path_factory: pytest.TempPathFactory, broker: Broker) -> Iterator[Fleet]:
    """Prepare workers, an owner and beat, with all articles placed."""
    with fleet(tmp_path_factory.mktemp("fleet"), broker, stuck_seconds=30, webhook_private=True) as made:
        made.start("worker", WORKER, wait=False)
        made.start("caller", CALLER, wait=False)
        made.start("owner", OWNER)
        made.working("worker")
        made.start("beat", BEAT)
        send(made, articles())
        yield made


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


def test_decisions_are_made_by_the_owner(staffed: Fleet) -> None:
    engine, store = staffed.engine, staffed.engine.store
    before = store.stories.assignments()
    one, other = sorted(set(before.values()))[:2]
    a, b = (min(id for id, story in before.items() if story == wanted) for wanted in (one, other))
    made = engine.decide({"kind": "must_link", "articles": [a, b], "stories": [], "note": "", "by": "Mara"})
    assert store.stories.assignments()[a] == store.stories.assignments()[b]
    with pytest.raises(Contradiction, match=made):
        engine.decide({"kind": "cannot_link", "articles": [a, b]})
    with pytest.raises(InvalidDecision):
        engine.decide({"kind": "must_link", "articles": [a]})
    engine.undo(made, "Noor")
    assert store.stories.assignments() == before
    exported = store.decision(made)
    again = {
        "id": "d-again",
        "kind": exported.kind,
        "articles": exported.articles,
        "others": [],
        "stories": [],
    }
    engine.adopt({**again, "at": exported.at, "by": "", "note": ""})
    assert store.stories.assignments()[a] == store.stories.assignments()[b]
    engine.undo("d-again", "")


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
        delivering.register(store, settings, told.url, [], store.last_change(), store.now())
        send(staffed, [{**FERRY_LEDGER, "id": "told", "text": " ".join(f"told{n}" for n in range(60))}])
        expected = [delivering.document(change) for change in store.changes(store.last_change() - 2)]
        eventually(lambda: told.changes == expected, what="sent")


def test_readiness_is_judged_by_work(staffed: Fleet) -> None:
    ready, details = staffed.engine.ready()
    assert ready, details
    assert details["broker"]
    assert details["owner"]
