"""Which changes does a re-clustering by the clock make now, and which may wait? Few ids change at a time.

Whoever keeps a link to a story is served best by one that seldom changes. So a run by the clock moves a small
part of the articles: first what gains most for each article moved, and the rest in the runs that follow.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from service.stories.recluster import View

LEAST = 10  # articles may move in any run: of few articles, one story that merges is a large share

Groups = Sequence[tuple[str, ...]]


def most_gaining(
    groups: Groups,
    story_of: Mapping[str, str],
    moved: Mapping[str, str],
    view: View,
    threshold: float,
    most: int,
) -> Groups:
    """The groups of those changes that gain most, while they move no more than `most` articles.

    story_of: the stories now; moved: those of the articles that change theirs, also of such as no group has.
    A change is a set of groups and stories that hang together. It gains what the votes of pairs that come
    together are above the threshold, and those of pairs that part below it.
    """
    changes = _changes(groups, story_of)
    costs = _costs(changes, story_of, moved)
    gains = _gains(changes, story_of, view, threshold)
    ordered = sorted(
        range(len(changes)), key=lambda k: (costs[k] > 0, -gains[k] / max(1, costs[k]), min(changes[k]))
    )
    chosen: list[tuple[str, ...]] = []
    for k in ordered:
        if costs[k] <= most:
            most -= costs[k]
            chosen += changes[k]
    return sorted(chosen)


def _costs(changes: Sequence[Groups], story_of: Mapping[str, str], moved: Mapping[str, str]) -> list[int]:
    """How many articles each change moves."""
    change_of = {
        story_of[id]: k for k, change in enumerate(changes) for ids in change for id in ids if id in story_of
    }
    costs = Counter(change_of[story] for story in moved.values() if story in change_of)
    return [costs[k] for k in range(len(changes))]


def _changes(groups: Groups, story_of: Mapping[str, str]) -> list[list[tuple[str, ...]]]:
    """Groups that hang together by stories, in order."""
    of_story: dict[str, list[int]] = defaultdict(list)
    for number, ids in enumerate(groups):
        for story in sorted({story_of[id] for id in ids if id in story_of}):
            of_story[story].append(number)
    change_of = list(range(len(groups)))

    def first(number: int) -> int:
        while change_of[number] != number:
            change_of[number] = number = change_of[change_of[number]]
        return number

    for numbers in of_story.values():
        for other in numbers[1:]:
            low, high = sorted((first(numbers[0]), first(other)))
            change_of[high] = low
    found: dict[int, list[tuple[str, ...]]] = defaultdict(list)
    for number, ids in enumerate(groups):
        found[first(number)].append(ids)
    return list(found.values())


def _gains(
    changes: Sequence[Groups], story_of: Mapping[str, str], view: View, threshold: float
) -> list[float]:
    """What each change gains."""
    change_of = {id: k for k, change in enumerate(changes) for ids in change for id in ids}
    group_of = {id: ids[0] for change in changes for ids in change for id in ids}
    number: dict[str, int] = {}
    then = np.array([number.setdefault(story_of.get(id, id), len(number)) for id in view.ids], np.int64)
    now = np.array([number.setdefault(group_of.get(id, id), len(number)) for id in view.ids], np.int64)
    change = np.array([change_of.get(id, -1) for id in view.ids], np.int64)
    pairs = view.seen.pairs
    inside = (change[pairs.a] == change[pairs.b]) & (change[pairs.a] >= 0)
    a, b, votes = pairs.a[inside], pairs.b[inside], pairs.votes[inside]
    differs = (now[a] == now[b]).astype(np.float64) - (then[a] == then[b])
    seen = np.bincount(change[a], differs * votes, len(changes))
    return [
        gain - threshold * _more_together(one, story_of)
        for gain, one in zip(seen.tolist(), changes, strict=True)
    ]


def _more_together(change: Groups, story_of: Mapping[str, str]) -> float:
    """How many more pairs of articles are together afterwards."""
    before = Counter(story_of[id] for ids in change for id in ids if id in story_of)
    sizes = [len(ids) for ids in change]
    return sum(n * (n - 1) / 2 for n in sizes) - sum(n * (n - 1) / 2 for n in before.values())
