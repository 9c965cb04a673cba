"""Is a pair in two languages probable when nothing else is nearly as like, and only then?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from languages import articles

from service.model import WindowArticle
from service.settings import Settings
from service.sketch.sketch import Sketcher
from service.stories.cross_language import LEAST_WORDS, CrossLanguage, probability
from service.stories.recluster import recluster
from service.text.anchors import find_anchors

SKETCHER = Sketcher({"cross_language": True})


def item(article_id: str, title: str, text: str, lang: str) -> WindowArticle:
    words = (anchor.keys for anchor in find_anchors(title, text, [(0, len(text))], lang))
    sketch = SKETCHER.anchored(SKETCHER.sketch(title, text), words)
    return WindowArticle(article_id, 1, "Outlet", lang, True, None, 0.0, sketch)


ITEMS = [item(one["id"], one["title"], one["text"], one["lang"]) for one in articles()]
SLOTS = {one.article_id: slot for slot, one in enumerate(ITEMS)}


def filled(items: list[WindowArticle] = ITEMS) -> CrossLanguage:
    across = CrossLanguage(7.0)
    for slot, one in enumerate(items):
        across.add(slot, one)
    return across


def test_it_grows_with_likeness_and_weight_and_falls_with_rivals() -> None:
    middle = probability(0.2, 0.1, 20.0)
    assert probability(0.3, 0.1, 20.0) > middle > probability(0.2, 0.15, 20.0)
    assert probability(0.2, 0.1, 40.0) > middle > 0.0
    assert 0.0 <= probability(0.0, 0.0, 0.0) < 0.01


def test_pairs_are_what_each_article_says_from_either_side() -> None:
    across = filled()
    pairs = across.pairs()
    for (a, b), value in pairs.items():
        assert across.ties(a)[b] == across.ties(b)[a] == value
    likely = {frozenset((a, b)) for (a, b), value in pairs.items() if value > 0.5}
    told = {one.article_id: one.article_id.split("-")[0] for one in ITEMS}
    assert {told[ITEMS[a].article_id] == told[ITEMS[b].article_id] for a, b in likely} == {True}
    assert len(likely) >= 20


def test_a_copy_is_no_rival() -> None:
    alone = filled().ties(SLOTS["ferry-fr"])[SLOTS["ferry-en"]]
    copies = [replace(ITEMS[SLOTS["ferry-en"]], article_id=f"copy {number}") for number in range(5)]
    among = filled([*ITEMS, *copies]).ties(SLOTS["ferry-fr"])
    assert among[SLOTS["ferry-en"]] > 0.7 * alone


def test_few_words_are_not_enough_however_rare() -> None:
    texts = [
        ("en", "The minister spoke of Kellan Vosskamp and nothing else came of this long and tiring day"),
        ("fr", "Une journée longue et pénible, où personne ne parla que du seul Kellan Vosskamp hélas"),
    ]
    pair = [item(lang, "", text, lang) for lang, text in texts]
    across = filled([*ITEMS, *pair])
    words = across.words(len(ITEMS), len(ITEMS) + 1)
    assert len(words) < LEAST_WORDS
    assert len(ITEMS) + 1 not in across.ties(len(ITEMS))


def test_an_uncertain_language_or_too_short_a_text_is_passed_over() -> None:
    unsure = [replace(one, lang_certain=False) for one in ITEMS]
    assert filled(unsure).pairs() == {}
    short = item("short", "Meridian Norrvik Brandis", "112 Tessin", "fr")
    assert filled([*ITEMS, short]).ties(len(ITEMS)) == {}


def test_words_are_shared_between_languages_only() -> None:
    across = filled()
    assert across.words(SLOTS["ferry-en"], SLOTS["ferry-ar"])
    assert across.words(SLOTS["ferry-en"], SLOTS["trial-en"]) == []
    assert across.words(SLOTS["ferry-en"], 999) == []


def test_a_visitor_leaves_nothing_behind() -> None:
    across = filled(ITEMS[:-1])
    before = across.pairs()
    with across.visit(99, ITEMS[SLOTS["ferry-zh"]]):
        assert across.ties(99)
    assert across.pairs() == before
    assert across.ties(99) == {}


@pytest.mark.parametrize("days", [3.0, 8.0])
def test_articles_are_compared_within_the_windows_days(days: float) -> None:
    moved = [replace(one, published_at=days * 86_400.0 if one.lang == "fr" else 0.0) for one in ITEMS]
    linked = SLOTS["ferry-fr"] in filled(moved).ties(SLOTS["ferry-en"])
    assert linked == (days < 7.0)


def test_re_clustering_joins_across_languages_only_where_it_is_set() -> None:
    off, on = (recluster(ITEMS, None, Settings(cross_language=setting)) for setting in (False, True))
    assert {len(cluster.article_ids) for cluster in off} == {1}
    assert sorted(len(cluster.article_ids) for cluster in on) == [1, 1, 1, 1, 4, 4, 4, 4]
    links = [link for cluster in on for link in cluster.links]
    assert {link.evidence.kind for link in links} == {"event"}
    assert all(0.0 < link.evidence.probability <= 1.0 for link in links)


def test_renumbering_keeps_what_is_known() -> None:
    across, kept = filled(), [slot for slot in range(len(ITEMS)) if slot % 3]
    across.renumber(np.array(kept, np.int32))
    assert across.pairs() == filled([ITEMS[slot] for slot in kept]).pairs()
