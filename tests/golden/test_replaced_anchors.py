"""Is a report in which one anchor was replaced kept apart, and one that was written anew put together
(`twins/README.md`)?

In a window of the reports they were made from, and where they are at hand of 2,000 articles more. The floors
are in `floors.json`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from window_articles import story_ids

from service.incoming import prepare_article
from service.labelled import read_items
from service.model import WindowArticle
from service.settings import Settings
from service.sketch.sketch import Sketcher
from service.stories.place import Owner
from service.stories.recluster import recluster
from service.text.intake import read_article
from tests.golden.conftest import Say

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FURTHER = ROOT.parent / "shared" / "data" / "streams" / "english_fulltext.jsonl.gz"
FLOORS = json.loads((HERE / "floors.json").read_text())["twins"]
NOW = 1_780_000_000.0
SKETCHER = Sketcher()
Raw = Mapping[str, Any]


@cache
def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def originals() -> dict[str, Raw]:
    files = ROOT / "seeds" / "articles.jsonl", HERE / "stories" / "articles.jsonl"
    return {raw["id"]: raw for file in files for raw in lines(file)}


def twin(change: Raw) -> dict[str, Any]:
    """A report with its anchor replaced."""
    raw = dict(originals()[change["id"]])
    for old, new in sorted(change["replace"], key=lambda pair: -len(pair[0])):
        raw["title"], raw["text"] = raw["title"].replace(old, new), raw["text"].replace(old, new)
    return raw


def paraphrase(written: Raw) -> dict[str, Any]:
    return {**originals()[written["id"]], "title": written["title"], "text": written["text"]}


def prepared(raws: Iterable[Raw]) -> list[WindowArticle]:
    window = []
    for raw in raws:
        article = read_article(raw)
        got = prepare_article(SKETCHER, article, NOW)
        window.append(
            WindowArticle(
                article.id,
                1,
                article.outlet,
                got.lang,
                got.lang_certain,
                got.published_at,
                NOW,
                got.sketch,
            )
        )
    return window


def rounds() -> list[list[dict[str, Any]]]:
    """The paraphrases, and the twins such that no report has two in one list; ids say of what each is made,
    outlets differ."""
    seen: Counter[str] = Counter()
    made: list[list[dict[str, Any]]] = [[], [], []]
    for written in lines(HERE / "twins" / "paraphrases.jsonl"):
        made[0].append({**paraphrase(written), "id": f"{written['id']} anew", "outlet": "Elsewhere"})
    for change in lines(HERE / "twins" / "twins.jsonl"):
        seen[change["id"]] += 1
        of = f"{change['id']} {change['kind']}"
        made[seen[change["id"]]].append({**twin(change), "id": of, "outlet": "Elsewhere"})
    return made


def reports(made: Iterable[Raw]) -> list[WindowArticle]:
    """The reports from which these were made."""
    return prepared(originals()[id] for id in sorted({raw["id"].split()[0] for raw in made}))


def placed(further: Sequence[WindowArticle], made: Iterable[Raw]) -> Mapping[str, str]:
    owner = Owner(Settings(), new_story_id=story_ids())
    items = [*further, *reports(made), *prepared(made)]
    for first in range(0, len(items), 500):
        owner.place(*items[first : first + 500])
    return owner.stories()


def grouped(further: Sequence[WindowArticle], made: Iterable[Raw]) -> Mapping[str, str]:
    clusters = recluster([*further, *reports(made), *prepared(made)], settings=Settings())
    return {id: cluster.article_ids[0] for cluster in clusters for id in cluster.article_ids}


WAYS = {"online": placed, "reclustered": grouped}


def judge(way: str, further: Sequence[WindowArticle], say: Say, window: str) -> None:
    joined: dict[str, list[bool]] = {"twins": [], "paraphrases": []}
    for number, made in enumerate(rounds()):
        stories = WAYS[way](further, made)
        together = [stories[raw["id"]] == stories[raw["id"].split()[0]] for raw in made]
        joined["twins" if number else "paraphrases"] += together
    apart = 1 - sum(joined["twins"]) / len(joined["twins"])
    together = sum(joined["paraphrases"]) / len(joined["paraphrases"])
    say(f"{window}, {way}: twins apart {apart:.3f}, paraphrases together {together:.3f}")
    assert apart >= FLOORS[window][way]["twins apart"]
    assert together >= FLOORS[window][way]["paraphrases together"]


def test_a_change_leaves_nothing_of_what_it_replaces() -> None:
    for change in lines(HERE / "twins" / "twins.jsonl"):
        old, new = originals()[change["id"]], twin(change)
        assert (old["title"], old["text"]) != (new["title"], new["text"])
        for replaced, by in change["replace"]:
            assert by in new["title"] + new["text"]
            assert replaced in by or replaced not in new["title"] + new["text"]


@pytest.mark.parametrize("way", WAYS)
def test_among_the_reports_they_were_made_from(way: str, say: Say) -> None:
    judge(way, [], say, "own reports")


@pytest.mark.parametrize("way", WAYS)
def test_in_a_fuller_window_where_it_is_at_hand(way: str, say: Say) -> None:
    if not FURTHER.exists():
        say("no further articles are on this machine: twins in a fuller window not compared")
        return
    judge(way, read_items(FURTHER, NOW, SKETCHER, 2000), say, "2,000 further articles")
