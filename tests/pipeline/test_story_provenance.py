"""Are the sentences of stored reports traced: a communique, a reprint with and without a credit line?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from reports import FERRY_COURIER, FERRY_LEDGER, LIBRARY
from rig import Rig

from service.provenance import TracedArticle, provenance

SEEDS = Path(__file__).parents[2] / "seeds" / "articles.jsonl"


def seed(*names: str) -> list[dict[str, str]]:
    found = {raw["id"]: raw for raw in map(json.loads, SEEDS.read_text(encoding="utf-8").splitlines())}
    return [found[name] for name in names]


def traced(rig: Rig, article_id: str) -> dict[str, TracedArticle]:
    return {one.article_id: one for one in provenance(rig.store, rig.story_of(article_id)).articles}


def test_the_communique_that_two_reports_quote_is_a_common_source(rig: Rig) -> None:
    rig.take_in(*seed("seed-ar-06", "seed-ar-07"))
    rig.decide("must_link", "seed-ar-06", "seed-ar-07")
    found = traced(rig, "seed-ar-06")
    for article in found.values():
        origins = [sentence.origin for sentence in article.sentences]
        assert "common_source" in origins
        assert "unique" in origins
        assert not {"copied", "original"} & set(origins)
        stored = rig.store.articles.text(article.article_id)
        assert all(stored.text[s.span.start : s.span.end] == s.text for s in article.sentences)


def test_nothing_of_a_pages_second_story_is_traced(rig: Rig) -> None:
    """The page of one report ends with another outlet's report of something else."""
    ferry, library = FERRY_COURIER, {**LIBRARY, "id": "other", "outlet": "Other"}
    page = {**ferry, "text": f"{ferry['text']}\n\nIn other news, {LIBRARY['text']}"}
    rig.take_in(page, FERRY_LEDGER, library)
    assert rig.store.articles.text(page["id"]).others
    rig.decide("must_link", page["id"], FERRY_LEDGER["id"], "other")
    found = traced(rig, page["id"])
    assert {source for sentence in found[page["id"]].sentences for source in sentence.sources} == {
        "ferry-ledger"
    }
    assert {sentence.origin for sentence in found["other"].sentences} == {"unique"}
    assert not any("other" in sentence.sources for one in found.values() for sentence in one.sentences)


@pytest.mark.parametrize(
    ("credit", "dated", "origin"),
    [("(Harbour Wire) ", False, "copied"), ("", True, "copied"), ("", False, "common_source")],
)
def test_a_reprint_is_traced_to_its_source_when_something_tells(
    rig: Rig, credit: str, dated: bool, origin: str
) -> None:
    [wire] = seed("seed-en-01")
    wire = {**wire, "id": "wire", "outlet": "Harbour Wire", "published": "2023-11-05T06:00:00Z"}
    published = "2023-11-05T11:00:00Z" if dated else ""
    rig.take_in(wire)
    rig.take_in(
        {**wire, "id": "paper", "outlet": "Paper", "text": credit + wire["text"], "published": published}
    )
    found = traced(rig, "paper")
    of_paper = {sentence.origin for sentence in found["paper"].sentences}
    of_wire = {sentence.origin for sentence in found["wire"].sentences}
    assert origin in of_paper
    assert of_paper <= {origin, "unique"}
    assert of_wire == ({"original"} if origin == "copied" else {"common_source"})
    assert not [
        sentence for sentence in found["paper"].sentences if sentence.new and sentence.origin == origin
    ]
