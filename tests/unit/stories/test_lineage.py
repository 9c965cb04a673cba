"""Do stories keep their ids where their articles are, and do the transitions tell the whole way there?"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.model import Change
from service.stories.lineage import Plan, plan

ARTICLES = [f"a{number:02}" for number in range(14)]
State = dict[str, frozenset[str]]


def planned(current: Mapping[str, frozenset[str]], groups: Sequence[frozenset[str]]) -> Plan:
    numbers = itertools.count()
    return plan(current, groups, lambda: f"new{next(numbers)}")


@st.composite
def regroupings(draw: st.DrawFn) -> tuple[State, list[frozenset[str]]]:
    """Stories, and a new grouping of their articles but for some that went and some that came."""
    was = draw(st.lists(st.integers(0, 5), min_size=14, max_size=14))
    shall = draw(st.lists(st.integers(0, 5), min_size=14, max_size=14))
    came, went = draw(st.sets(st.sampled_from(ARTICLES))), draw(st.sets(st.sampled_from(ARTICLES)))
    current: dict[str, set[str]] = {}
    groups: dict[int, set[str]] = {}
    for article, story, group in zip(ARTICLES, was, shall, strict=True):
        if article not in came:
            current.setdefault(f"s{story}", set()).add(article)
        if article not in went:
            groups.setdefault(group, set()).add(article)
    return {s: frozenset(ids) for s, ids in current.items()}, [frozenset(ids) for ids in groups.values()]


def applied(current: State, transitions: Sequence[Change]) -> dict[str, set[str]]:
    """The stories after the transitions: where articles go to, one by one; those that went are in no new
    group."""
    stories = {story: set(ids) for story, ids in current.items()}
    for change in transitions:
        ids = set(change.article_ids)
        if change.transition == "emerged":
            assert change.story_id not in stories
            stories[change.story_id] = ids
        elif change.transition == "joined":
            stories.setdefault(change.story_id, set()).update(ids)
        elif change.transition == "left":
            assert ids <= stories[change.story_id]
            stories[change.story_id] -= ids
        else:
            assert change.transition in ("merged", "split")
            assert ids <= stories[change.story_id]
            assert change.other_story_id is not None
            stories[change.story_id] -= ids
            stories[change.other_story_id] |= ids
    return stories


@settings(deadline=None)
@given(regroupings())
def test_every_article_is_assigned_and_groups_stay_together(case: tuple[State, list[frozenset[str]]]) -> None:
    current, groups = case
    result = planned(current, groups)
    assert result.assignments.keys() == {article for group in groups for article in group}
    names = [{result.assignments[article] for article in group} for group in groups]
    assert all(len(name) == 1 for name in names)
    assert len(set().union(*names)) == len(groups)


@settings(deadline=None)
@given(regroupings())
def test_the_transitions_lead_from_the_old_stories_to_the_new(
    case: tuple[State, list[frozenset[str]]],
) -> None:
    current, groups = case
    result = planned(current, groups)
    gone = {article for ids in current.values() for article in ids} - result.assignments.keys()
    after = {story: ids - gone for story, ids in applied(current, result.transitions).items()}
    expected: dict[str, set[str]] = {}
    for article, story in result.assignments.items():
        expected.setdefault(story, set()).add(article)
    assert {story: ids for story, ids in after.items() if ids} == expected


@settings(deadline=None)
@given(regroupings())
def test_every_vanished_story_is_merged_once_or_empty(case: tuple[State, list[frozenset[str]]]) -> None:
    current, groups = case
    result = planned(current, groups)
    alive = set(result.assignments.values())
    for story, ids in current.items():
        merged = [c for c in result.transitions if (c.story_id, c.transition) == (story, "merged")]
        kept = ids & result.assignments.keys()
        assert len(merged) == int(story not in alive and bool(kept))
        for change in merged:
            goals = [result.assignments[article] for article in kept]
            assert goals.count(change.other_story_id or "") == max(map(goals.count, goals))
            assert change.other_story_id in alive & current.keys()


@settings(deadline=None)
@given(regroupings())
def test_as_many_articles_as_possible_keep_their_story(case: tuple[State, list[frozenset[str]]]) -> None:
    current, groups = case
    result = planned(current, groups)
    was = {article: story for story, ids in current.items() for article in ids}
    kept = sum(was.get(article) == story for article, story in result.assignments.items())
    overlaps = np.zeros((len(groups), len(current)), int)
    for row, group in enumerate(groups):
        overlaps[row] = [len(group & ids) for ids in current.values()]
    assert kept == best_sum(overlaps)
    # A new id only where no old one is free: every group that overlaps a vanished story has an old id.
    for group in groups:
        (name,) = {result.assignments[article] for article in group}
        free = {was[article] for article in group if article in was} - set(result.assignments.values())
        assert name in current or not free


def best_sum(overlaps: np.ndarray) -> int:
    """The most that any matching of groups and stories keeps, by trying all."""
    groups, stories = overlaps.shape
    if not groups or not stories:
        return 0
    table = overlaps if groups <= stories else overlaps.T
    columns = itertools.permutations(range(table.shape[1]), table.shape[0])
    return max(int(table[range(len(chosen)), chosen].sum()) for chosen in columns)


@settings(deadline=None)
@given(regroupings(), st.randoms(use_true_random=False))
def test_the_order_of_groups_and_stories_changes_nothing(
    case: tuple[State, list[frozenset[str]]], rng: object
) -> None:
    current, groups = case
    shuffled, stories = list(groups), list(current.items())
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    rng.shuffle(stories)  # type: ignore[attr-defined]
    assert planned(dict(stories), shuffled) == planned(current, groups)


def test_nothing_changed_makes_no_transition() -> None:
    current = {"s1": frozenset("ab"), "s2": frozenset("c")}
    result = planned(current, [frozenset("c"), frozenset("ab")])
    assert result == Plan({"a": "s1", "b": "s1", "c": "s2"}, ())


@pytest.mark.parametrize(
    ("current", "groups", "transitions"),
    [
        ({"s": "ab", "t": "cde"}, ["abcde"], [Change("s", "merged", ("a", "b"), "t")]),
        (
            {"s": "abcde"},
            ["ab", "cde"],
            [Change("new0", "emerged", ("a", "b"), None), Change("s", "split", ("a", "b"), "new0")],
        ),
        ({}, ["ab"], [Change("new0", "emerged", ("a", "b"), None)]),
        ({"s": "ab"}, ["abc"], [Change("s", "joined", ("c",), None)]),
        (
            {"s": "abc", "t": "def"},
            ["ab", "cdef"],
            [Change("s", "left", ("c",), "t"), Change("t", "joined", ("c",), "s")],
        ),
        ({"s": "ab", "t": "c"}, ["ab"], []),
    ],
)
def test_each_transition_has_its_name(
    current: dict[str, str], groups: list[str], transitions: list[Change]
) -> None:
    stories = {story: frozenset(articles) for story, articles in current.items()}
    assert list(planned(stories, list(map(frozenset, groups))).transitions) == transitions


def test_of_equal_overlaps_smaller_ids_go_to_smaller_articles() -> None:
    current = {"s": frozenset("ac"), "t": frozenset("bd")}
    result = planned(current, [frozenset("cd"), frozenset("ab")])
    assert result.assignments == {"a": "s", "b": "s", "c": "t", "d": "t"}
    tied = planned({"s": frozenset("abcd")}, [frozenset("cd"), frozenset("ab")])
    assert tied.assignments == {"a": "s", "b": "s", "c": "new0", "d": "new0"}


def test_ties_never_outweigh_an_article() -> None:
    """Among very many groups and stories in one component the larger overlap still wins."""
    current = {f"s{n:03}": frozenset({f"a{n:03}", f"b{n:03}", f"c{n:03}"}) for n in range(80)}
    groups = [frozenset({f"b{n:03}", f"c{n:03}", f"a{(n + 1) % 80:03}"}) for n in range(80)]
    result = planned(current, groups)
    assert all(result.assignments[f"b{n:03}"] == f"s{n:03}" for n in range(80))
