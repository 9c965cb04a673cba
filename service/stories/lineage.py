"""Which old story does each new group of articles continue? Ids stay with the largest overlap.

A pure plan: who gets which id, and the transitions (MONIC; Spiliopoulou 2006) that led there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from service.model import Change


class Plan(NamedTuple):
    """Which story each article shall be in, and the transitions that lead there from the current stories."""

    assignments: dict[str, str]
    transitions: tuple[Change, ...]


def plan(
    current: Mapping[str, frozenset[str]],
    groups: Sequence[frozenset[str]],
    new_story_id: Callable[[], str],
    before: Mapping[str, frozenset[str]] | None = None,
) -> Plan:
    """Give each group the id of the story it overlaps most, all groups together as much as possible
    (maximum-weight assignment; of equal overlaps the story with the smaller id goes to the group with the
    smaller first article).

    Groups are disjoint and cover every article of the current stories that is still to be in one. `before`
    has the stories whose ids the groups are to get, where these are not the current ones: an undone decision
    gives articles back the id that they had.
    """
    ordered = sorted((group for group in groups if group), key=min)
    overlaps = _overlaps(current, ordered)
    kept = _assign(overlaps if before is None else _overlaps(before, ordered))
    names = [kept.get(index) or new_story_id() for index in range(len(ordered))]
    assignments = {article: names[i] for i, group in enumerate(ordered) for article in sorted(group)}
    return Plan(assignments, tuple(_transitions(current, ordered, names, overlaps)))


def _overlaps(
    current: Mapping[str, frozenset[str]], groups: Sequence[frozenset[str]]
) -> dict[tuple[int, str], tuple[str, ...]]:
    """The articles that each group has from each story, where there are any."""
    was = {article: story for story, articles in current.items() for article in articles}
    found: dict[tuple[int, str], list[str]] = defaultdict(list)
    for index, group in enumerate(groups):
        for article in sorted(group):
            if article in was:
                found[index, was[article]].append(article)
    return {key: tuple(articles) for key, articles in found.items()}


def _assign(overlaps: Mapping[tuple[int, str], tuple[str, ...]]) -> dict[int, str]:
    """Match groups and stories component by component: most components are one group and one story."""
    # Loaded where it is used: an engine that only places need not wait for it at its start.
    from scipy.optimize import linear_sum_assignment

    assigned: dict[int, str] = {}
    for groups, stories in _components(overlaps):
        weights = np.array([[len(overlaps.get((g, s), ())) for s in stories] for g in groups], np.float64)
        # Half an article in all decides ties: order of groups and stories, and the story's own size last.
        nudge = np.add.outer(np.arange(len(groups), 0, -1.0), np.zeros(len(stories)))
        nudge = nudge * np.arange(len(stories), 0, -1.0)[None, :]
        rows, columns = linear_sum_assignment(weights + 0.5 * nudge / (nudge.sum() + 1.0), maximize=True)
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            if weights[row, column] > 0:
                assigned[groups[row]] = stories[column]
    return assigned


def _components(overlaps: Iterable[tuple[int, str]]) -> list[tuple[list[int], list[str]]]:
    """Groups and stories that hang together by shared articles."""
    of_story: dict[str, list[int]] = defaultdict(list)
    of_group: dict[int, list[str]] = defaultdict(list)
    for group, story in overlaps:
        of_story[story].append(group)
        of_group[group].append(story)
    components = []
    seen: set[int] = set()
    for first in sorted(of_group):
        if first in seen:
            continue
        groups, stories, todo = {first}, set(), [first]
        while todo:
            for story in of_group[todo.pop()]:
                stories.add(story)
                fresh = set(of_story[story]) - groups
                groups |= fresh
                todo.extend(fresh)
        seen |= groups
        components.append((sorted(groups), sorted(stories)))
    return components


def _transitions(
    current: Mapping[str, frozenset[str]],
    groups: Sequence[frozenset[str]],
    names: Sequence[str],
    overlaps: Mapping[tuple[int, str], tuple[str, ...]],
) -> Iterable[Change]:
    """Emerged: a group got a new id. Then, story by story, where its articles went: merged when the story
    lives on in no group (into the one that took most), split when a part of it became a new story, else
    left and joined.
    """
    surviving = set(names)
    went: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for (index, story), articles in sorted(overlaps.items()):
        went[story][names[index]] = articles
    known = {article for articles in current.values() for article in articles}
    for index, group in enumerate(groups):
        if names[index] not in current:
            yield Change(names[index], "emerged", tuple(sorted(group)), None)
        elif group - known:
            yield Change(names[index], "joined", tuple(sorted(group - known)), None)
    for story in sorted(went):
        goals = {name: articles for name, articles in went[story].items() if name != story}
        heir = None if story in surviving else max(goals, key=lambda name: (len(goals[name]), name))
        for name, articles in sorted(goals.items()):
            if name == heir:
                yield Change(story, "merged", articles, name)
            elif name in current:
                yield Change(story, "left", articles, name)
                yield Change(name, "joined", articles, story)
            else:
                yield Change(story, "split", articles, name)
