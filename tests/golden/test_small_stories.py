"""How well are small stories in six languages grouped, which were written to be hard (`stories/README.md`)?

Each language is a stream of its own of 24 or 25 reports: a cold window, in which little is known of words. So
hardly any are joined yet; what is tested is that the traps stay open. The floors are in `floors.json`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from window_articles import story_ids

from service.labelled import read_set
from service.model import WindowArticle
from service.settings import Settings
from service.stories.evaluate import b_cubed
from service.stories.examples import LabelledSet
from service.stories.place import Owner
from service.stories.recluster import recluster
from tests.golden.conftest import Say

HERE = Path(__file__).parent
FLOORS = json.loads((HERE / "floors.json").read_text())["small stories"]
NOW = 1_730_000_000.0  # days after the last of them


@pytest.fixture(scope="module")
def small() -> LabelledSet:
    return read_set("small", HERE / "stories" / "articles.jsonl", HERE / "stories" / "gold.jsonl", NOW)


def in_language(small: LabelledSet, language: str) -> list[WindowArticle]:
    return [item for item in small.items if item.article_id.startswith(f"{language}-")]


def gold(small: LabelledSet, items: list[WindowArticle]) -> dict[str, str]:
    return {item.article_id: small.stories[item.article_id] for item in items}


def test_there_are_enough_of_them_and_all_are_labelled(small: LabelledSet) -> None:
    assert sorted(small.stories) == sorted(item.article_id for item in small.items)
    assert len(set(small.stories.values())) >= 40
    assert {id.split("-")[0] for id in small.stories} == {"ar", "de", "es", "fr", "ja", "zh"}


@pytest.mark.parametrize("language", FLOORS)
def test_online(small: LabelledSet, language: str, say: Say) -> None:
    items = in_language(small, language)
    owner = Owner(Settings(), new_story_id=story_ids())
    placed = {placement.article_id: placement.story_id for placement in owner.place(*items)}
    quality = b_cubed(gold(small, items), placed | owner.stories())
    say(f"small stories, {language}, online: {quality}")
    for name, floor in FLOORS[language]["online"].items():
        assert getattr(quality, name) >= floor


@pytest.mark.parametrize("language", FLOORS)
def test_reclustered(small: LabelledSet, language: str, say: Say) -> None:
    items = in_language(small, language)
    clusters = recluster(items, settings=Settings())
    stories = {id: cluster.article_ids[0] for cluster in clusters for id in cluster.article_ids}
    quality = b_cubed(gold(small, items), stories)
    say(f"small stories, {language}, re-clustered: {quality}")
    for name, floor in FLOORS[language]["reclustered"].items():
        assert getattr(quality, name) >= floor
