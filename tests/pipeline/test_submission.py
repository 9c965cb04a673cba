"""Is every article answered for, by itself, and does sending it twice change nothing?"""

from __future__ import annotations

import pytest
from corpus import events
from rig import Rig

from service import pipeline
from service.errors import Conflict, InvalidInput, StoreFull
from service.pipeline import IdempotencyKey

A = {"id": "a", "title": "Title", "text": "A report of some words about a thing.", "outlet": "Daily"}
B = {**A, "id": "b", "text": "Another report with its own words."}


def test_one_bad_item_costs_the_others_nothing(rig: Rig) -> None:
    bad_line = InvalidInput("line 3")
    receipts = rig.submit(A, {"id": "x", "text": 5}, bad_line, B, {"id": "\x00", "text": "t"}, {})
    assert [receipt.status for receipt in receipts] == [
        "accepted",
        *["rejected"] * 2,
        "accepted",
        *["rejected"] * 2,
    ]
    assert [receipt.index for receipt in receipts] == list(range(6))
    assert "text" in (receipts[1].error or "")
    assert "line 3" in (receipts[2].error or "")
    assert "id" in (receipts[4].error or "")
    assert [receipt.error_status for receipt in receipts] == [None, 422, 400, None, 422, 422]
    assert rig.store.counts() == {"received": 2}


def test_errors_do_not_quote_the_input(rig: Rig) -> None:
    receipts = rig.submit({"id": "x", "text": ["SECRET"]}, {"id": "SECRET" * 100, "text": "t"})
    assert all("SECRET" not in (receipt.error or "") for receipt in receipts)


def test_too_large_is_named(rig: Rig) -> None:
    [receipt] = rig.submit({**A, "text": "x" * 1_100_000})
    assert (receipt.status, receipt.error_status) == ("rejected", 413)


@pytest.mark.parametrize("again", [A, dict(reversed(A.items())), {**A, "fetched": "now"}])
def test_sending_twice_changes_nothing(rig: Rig, again: dict[str, str]) -> None:
    rig.take_in(A)
    before = (rig.store.articles.get("a"), rig.store.last_change())
    assert [receipt.status for receipt in rig.submit(again)] == ["unchanged"]
    assert [receipt.status for receipt in rig.ingest(again)] == ["unchanged"]
    assert (rig.store.articles.get("a"), rig.store.last_change()) == before


def test_new_content_is_a_new_version(rig: Rig) -> None:
    rig.submit(A)
    assert [receipt.status for receipt in rig.submit({**A, "text": "It was corrected."})] == ["updated"]
    record = rig.store.articles.get("a")
    assert (record.version, record.state) == (2, "received")
    assert rig.store.articles.text("a").text == "It was corrected."


def test_one_id_several_times_in_a_batch(rig: Rig) -> None:
    receipts = rig.submit(A, A, {**A, "text": "Second."}, B, {**A, "text": "Third."}, A)
    assert [receipt.status for receipt in receipts] == [
        "accepted",
        "unchanged",
        "updated",
        "accepted",
        "updated",
        "updated",
    ]
    assert rig.store.articles.get("a").version == 4
    assert rig.store.articles.text("a").text == A["text"]


def test_ids_are_derived_from_what_the_article_says(rig: Rig) -> None:
    nameless = {name: value for name, value in A.items() if name != "id"}
    first, again, other = rig.submit(nameless, nameless, {**nameless, "title": "Other"})
    assert first.id == again.id != other.id
    assert (first.status, again.status, other.status) == ("accepted", "unchanged", "accepted")


def test_a_deleted_article_does_not_come_back(rig: Rig) -> None:
    rig.take_in(A, B)
    rig.delete("a")
    for send in (rig.submit, rig.ingest):
        receipt, other = send({**A, "text": "New text."}, B)
        assert (receipt.status, receipt.error_status) == ("rejected", 410)
        assert other.status == "unchanged"
    assert rig.store.counts() == {"deleted": 1, "placed": 1}


def test_a_repeated_request_gets_the_first_answer(rig: Rig) -> None:
    key = IdempotencyKey("key", b"digest of A, B")
    first = pipeline.submit(rig.store, [A, {}], rig.tick(), key)
    again = pipeline.submit(rig.store, [A, {}], rig.tick(), key)
    assert again == first
    assert [receipt.status for receipt in again] == ["accepted", "rejected"]
    with pytest.raises(Conflict):
        pipeline.submit(rig.store, [B], rig.tick(), IdempotencyKey("key", b"digest of B"))
    assert rig.store.counts() == {"received": 1}
    pipeline.prune(rig.store, rig.now + 25 * 3600)
    assert pipeline.submit(rig.store, [A], rig.tick(), key)[0].status == "unchanged"


def test_a_batch_is_in_or_out(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The receipts and the articles are one transaction."""

    def full(*_: object) -> None:
        raise StoreFull

    monkeypatch.setattr("service.store.idempotency.remember", full)
    with pytest.raises(StoreFull):
        pipeline.submit(rig.store, [A, B], rig.tick(), IdempotencyKey("key", b""))
    assert rig.store.counts() == {}


def test_ingest_stores_what_submit_and_prepare_store(
    rig: Rig, tmp_path_factory: pytest.TempPathFactory
) -> None:
    raws = [
        *events(20),
        A,
        {"id": "empty"},
        {"id": "page", "html": "<html><body><p>Some words.</p></body></html>"},
    ]
    other = Rig(tmp_path_factory.mktemp("other"))
    assert rig.submit(*raws) == other.ingest(*raws)
    other.now = rig.now
    while rig.prepare():
        pass
    for raw in raws:
        id = str(raw["id"])
        assert rig.store.articles.get(id) == other.store.articles.get(id)
        assert rig.store.articles.text(id) == other.store.articles.text(id)
    assert rig.store.counts() == other.store.counts() == {"prepared": len(raws)}
    rig.place()
    other.place()
    assert rig.stories() == other.stories()
    other.store.close()
