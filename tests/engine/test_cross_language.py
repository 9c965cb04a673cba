"""With `cross_language`, do reports in several languages come into one story, for reasons to be shown?"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from languages import TOLD, TOLD_EVERYWHERE, articles

from service import cluster
from service.desk import Desk
from service.errors import StoreMismatch
from service.settings import Settings

ON = Settings(cross_language=True)
EXPECTED = {frozenset(f"{one}-{lang}" for one, lang in TOLD if one == event) for event, _ in TOLD}


def stories(sent: list[dict[str, str]], *, online_only: bool, settings: Settings = ON) -> set[frozenset[str]]:
    groups: dict[str, set[str]] = defaultdict(set)
    for one in cluster(sent, online_only=online_only, settings=settings):
        groups[one.story or ""].add(one.id or "")
    return {frozenset(group) for group in groups.values()}


@pytest.mark.parametrize("online_only", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_each_event_told_in_four_languages_is_one_story_in_any_order(online_only: bool, seed: int) -> None:
    sent = random.Random(seed).sample(articles(), len(TOLD))
    assert stories(sent, online_only=online_only) == EXPECTED


def test_without_the_setting_languages_stay_apart() -> None:
    found = stories(articles(), online_only=False, settings=Settings())
    assert found == {frozenset({one["id"]}) for one in articles()}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk at which all articles were placed."""
    with Desk(Settings(data=tmp_path / "data", cross_language=True, recluster_minutes=0.0)) as made:
        place(made, articles())
        yield made


def place(desk: Desk, sent: list[dict[str, str]]) -> None:
    desk.ingest(sent)
    while desk.place():
        pass


def written(explanation: dict[str, Any]) -> set[tuple[str, str]]:
    return {(anchor["text_a"], anchor["text_b"]) for anchor in explanation["anchors"]}


def test_an_explanation_names_the_anchors_and_where_they_stand(desk: Desk) -> None:
    found = desk.explain("ferry-en", "ferry-ar")
    assert found["same_story"]
    assert found["evidence"]["linked"]
    assert found["evidence"]["kind"] == "event"
    texts = [TOLD["ferry", lang][1] for lang in ("en", "ar")]
    assert {("112", "112"), ("Norrvik", "نورفيك"), ("Brandis", "برانديس")} <= written(found)
    for anchor in found["anchors"]:
        for text, side in zip(texts, ("a", "b"), strict=True):
            if anchor[side] is not None:
                assert text[slice(*anchor[side])] == anchor[f"text_{side}"]
    assert any("Norrvik (نورفيك)" in reason for reason in found["reasons"])


def test_what_is_not_one_event_is_not_linked_across_languages(desk: Desk) -> None:
    found = desk.explain("ferry-en", "trial-fr")
    assert not found["same_story"]
    assert not found["evidence"]["linked"]
    assert any("languages differ" in reason for reason in found["why_not"])
    assert desk.explain("ferry-en", "trial-en")["anchors"] == ()


def test_an_article_that_is_only_asked_about_finds_the_story_in_other_languages(desk: Desk) -> None:
    title, text = TOLD["match", "fr"]
    desk.delete("match-fr")
    stories_before = desk.store.stories.assignments()
    [match] = desk.match({"title": title, "text": text, "lang": "fr"})
    assert match["story_id"] == stories_before["match-en"]
    assert desk.store.stories.assignments() == stories_before


def test_a_restart_remembers_the_anchors(desk: Desk) -> None:
    before = desk.explain("fire-fr", "fire-zh")
    late = [one for one in articles() if one["id"] == "match-zh"]
    desk.delete("match-zh")
    settings = desk.settings
    desk.close()
    with Desk(settings) as again:
        after = again.explain("fire-fr", "fire-zh")
        assert written(after) == written(before)
        place(again, [{**late[0], "id": "match-zh-again"}])
        told = again.store.stories.assignments()
        assert told["match-zh-again"] == told["match-en"]


def test_turning_it_on_asks_for_a_rebuild(tmp_path: Path) -> None:
    with Desk(Settings(data=tmp_path / "data", recluster_minutes=0.0)) as desk:
        place(desk, articles()[:3])
    with pytest.raises(StoreMismatch):
        Desk(Settings(data=tmp_path / "data", cross_language=True))


def test_the_four_events_are_what_the_test_says() -> None:
    assert {len(group) for group in EXPECTED} == {1, 4}
    assert sum(len(group) == 4 for group in EXPECTED) == len(TOLD_EVERYWHERE)
