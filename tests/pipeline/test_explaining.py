"""Does an explanation show the words themselves, in the original texts, and say why not?"""

from __future__ import annotations

import pytest
from corpus import events
from rig import Rig

from service import pipeline
from service.errors import Gone, NotFound, Unavailable

SHARED = (
    "The authority confirms that the ferry Meridian ran aground this morning on the sandbank off Kellan "
    "Point and that all one hundred and twelve passengers were brought ashore by lifeboat without injury."
)
COURIER = {
    "id": "courier",
    "title": "Ferry runs aground",
    "text": f"Lifeboats were called out before dawn in thick fog over the bay.\n\n{SHARED.upper()}\n\n"
    "Passengers described a long scraping noise and then silence, and a relief crossing is planned.",
}
LEDGER = {
    "id": "ledger",
    "title": "All rescued from the Meridian",
    "text": f"The only car ferry of the island will be out of service for days.\n\n{SHARED}\n\n"
    "Shops on the western quay expect late deliveries while divers look at the hull.",
}


def test_the_shared_passage_is_shown_in_both_originals(rig: Rig) -> None:
    rig.take_in(*events(10), COURIER, LEDGER)
    found = pipeline.explain(rig.store, rig.owner, "courier", "ledger")
    longest = max(found.passages, key=lambda passage: passage.words)
    assert COURIER["text"][longest.a.start : longest.a.end] == longest.text_a
    assert LEDGER["text"][longest.b.start : longest.b.end] == longest.text_b
    assert longest.text_a.lower() == longest.text_b.lower()
    assert "ferry meridian ran aground this morning" in longest.text_b.lower()
    assert longest.words == len(longest.text_b.split()) >= 25
    assert any("passage" in reason for reason in found.reasons)
    assert found.same_story == (found.story_a == found.story_b)
    assert (found.title_a, found.title_b) == (COURIER["title"], LEDGER["title"])


def test_why_not(rig: Rig) -> None:
    rig.take_in(*events(10))
    found = pipeline.explain(rig.store, rig.owner, "e1-0", "e2-0")
    assert not found.same_story
    assert not found.evidence.linked
    assert found.passages == ()
    assert any("probability" in sentence for sentence in found.why_not)


def test_copies_have_reasons_only(rig: Rig) -> None:
    rig.take_in(*events(10))
    found = pipeline.explain(rig.store, rig.owner, "e1-0", "e1-1")
    assert found.same_story
    assert found.evidence.kind == "copy"
    assert found.reasons[0].startswith("Their texts are nearly the same")


def test_what_cannot_be_explained_is_named(rig: Rig) -> None:
    rig.take_in(*events(2))
    rig.submit({"id": "waiting", "text": "Not prepared yet."})
    rig.delete("e1-0")
    for article_id, error in (("unknown", NotFound), ("e1-0", Gone), ("waiting", Unavailable)):
        with pytest.raises(error):
            pipeline.explain(rig.store, rig.owner, "e0-0", article_id)


def test_match_finds_the_story_and_stores_nothing(rig: Rig) -> None:
    raws = events(10)
    rig.take_in(*raws[1:])
    before = rig.store.last_change()
    [best, *_] = pipeline.match(rig.store, rig.sketcher, rig.owner, raws[0], rig.now)
    event = str(raws[0]["id"]).split("-")[0]
    assert best.article_id.startswith(f"{event}-")
    assert best.story_id == rig.story_of(best.article_id)
    assert best.evidence.linked
    assert pipeline.match(rig.store, rig.sketcher, rig.owner, {"text": "too short"}, rig.now) == []
    assert rig.store.last_change() == before
