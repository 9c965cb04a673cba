"""Does a run by the clock move few articles, those first that gain most, and all in the end?"""

from __future__ import annotations

import random

import numpy as np
import pytest
from corpus import events
from rig import Rig
from test_reclustering import copies, group_as

from service import pipeline, steadiness
from service.stories.recluster import View
from service.stories.seen import Seen, nothing


def view_with(ids: list[str], votes: dict[tuple[int, int], float]) -> View:
    empty = nothing()
    ordered = sorted(votes)
    a, b = (np.array([pair[side] for pair in ordered], np.int32) for side in (0, 1))
    pairs = empty.pairs._replace(a=a, b=b, votes=np.array([votes[pair] for pair in ordered]))
    return View(ids, Seen(pairs, empty.copies), range(len(ids)), {})


def chosen(most: int) -> list[str]:
    """Three pairs of articles that should merge: surely, hardly, and one whose story is large."""
    ids = ["a", "b", "c", "d", "e", *(f"f{n}" for n in range(6))]
    votes = {(0, 1): 0.9, (2, 3): 0.35} | {(4, n): 0.8 for n in range(5, 11)}
    groups = [("a", "b"), ("c", "d"), tuple(ids[4:])]
    story_of = {id: f"s-{id[0]}" for id in ids}
    moved = {"b": "s-b", "d": "s-d", "e": "s-e"}
    found = steadiness.most_gaining(groups, story_of, moved, view_with(ids, votes), 0.3, most)
    return [ids[0] for ids in found]


def test_what_gains_most_for_each_article_goes_first() -> None:
    assert [chosen(most) for most in range(4)] == [[], ["e"], ["a", "e"], ["a", "c", "e"]]


def test_a_change_is_made_as_a_whole() -> None:
    """Two stories that exchange articles are one change, which costs two."""
    ids = ["a", "b", "c", "d"]
    story_of = {"a": "s1", "b": "s1", "c": "s2", "d": "s2"}
    view = view_with(ids, {(0, 2): 0.9, (1, 3): 0.9})
    found = [
        steadiness.most_gaining([("a", "c"), ("b", "d")], story_of, {"b": "s1", "c": "s2"}, view, 0.3, most)
        for most in (1, 2)
    ]
    assert found == [[], [("a", "c"), ("b", "d")]]


def test_what_has_left_the_window_counts_where_its_story_merges() -> None:
    ids = ["a", "b", "c", "d"]
    story_of = {id: f"s-{id}" for id in ids}
    view = view_with(ids, {(0, 1): 0.9, (2, 3): 0.8})
    moved = {"b": "s-b", "d": "s-d", "older-1": "s-b", "older-2": "s-b"}
    groups = [("a", "b"), ("c", "d")]
    found = [steadiness.most_gaining(groups, story_of, moved, view, 0.3, most) for most in (2, 4)]
    assert found == [[("c", "d")], groups]


def test_the_rest_moves_in_the_runs_that_follow(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    number = 3 * steadiness.LEAST
    rig.take_in(*events(number, copies=2))
    wanted = [copies(event, 2) | copies(event + 1, 2) for event in range(0, number, 2)]
    group_as(monkeypatch, *wanted)
    before = rig.store.stories.assignments()
    waiting = []
    for _ in range(3):
        request = pipeline.request_recluster(rig.store, False, rig.tick(), scope="changes", steady=True)
        pipeline.compute_recluster(rig.settings, request, rig.tick)
        pipeline.apply_recluster(rig.store, rig.owner, request, rig.tick())
        after = rig.store.stories.assignments()
        diff = rig.store.recluster(request).diff or {}
        assert diff["moved"] == sum(after[id] != before[id] for id in after) == steadiness.LEAST
        assert diff["articles"] == 2 * number
        assert rig.store.check() == []
        waiting.append(diff["waiting"])
        before = after
    assert waiting == [2 * steadiness.LEAST, steadiness.LEAST, 0]
    assert rig.stories() == {frozenset(group) for group in wanted}


def test_the_choice_does_not_depend_on_the_order_of_groups() -> None:
    rng = random.Random(1)
    ids = [f"a{n:02}" for n in range(40)]
    votes = {(n, n + 1): rng.random() for n in range(0, 40, 2)}
    groups = [(ids[n], ids[n + 1]) for n in range(0, 40, 2)]
    view, story_of = view_with(ids, votes), {id: f"s-{id}" for id in ids}
    moved = {pair[1]: f"s-{pair[1]}" for pair in groups}
    first = steadiness.most_gaining(groups, story_of, moved, view, 0.3, 7)
    assert len(first) == 7
    rng.shuffle(groups)
    assert steadiness.most_gaining(groups, story_of, moved, view, 0.3, 7) == first
