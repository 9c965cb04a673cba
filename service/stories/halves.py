"""Which small story is two, each of which holds together better than they do with one another?

Two occurrences of one kind, a fire and the next one, are as like each other as reports of one event are that
many outlets told in their own words; but these are as unlike each other within either half.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.cluster.hierarchy import linkage, to_tree
from scipy.spatial.distance import squareform

from service.model import Float64
from service.stories.strays import LEAST, MOST

APART = 0.6  # of the mean vote within the looser half, in a warm window: two with less between them are two


def halved(
    stories: Sequence[int], originals: Sequence[int], pairs: Mapping[tuple[int, int], float], warmth: float
) -> list[int]:
    """Part the halves of small stories that have little in common: the number of each article's story.

    The arguments are those of `strays.without_strays`. The halves are those that average linkage joined last;
    a copy goes where its original goes, and what copies say of another report is averaged.
    """
    members: dict[int, list[int]] = defaultdict(list)
    for i, story in enumerate(stories):
        members[story].append(i)
    left = [inside for inside in members.values() if LEAST <= len(inside) <= MOST]
    home = {i: stories[i] for inside in left for i in inside}
    votes: dict[tuple[int, int], list[float]] = defaultdict(list)
    for (i, j), vote in pairs.items():
        if i in home and home[i] == home.get(j) and originals[i] != originals[j]:
            a, b = sorted((originals[i], originals[j]))
            votes[a, b].append(vote)
    found, new = list(stories), max(stories, default=0)
    while left:
        inside = left.pop()
        half = _half(inside, originals, votes, APART * warmth)
        if half:
            new += 1
            for i in half:
                found[i] = new
            rest = [i for i in inside if found[i] != new]
            left += [part for part in (half, rest) if len(part) >= LEAST]
    return found


def _half(
    story: Sequence[int],
    originals: Sequence[int],
    votes: Mapping[tuple[int, int], Sequence[float]],
    share: float,
) -> list[int]:
    """The half that leaves, that of the later original; empty where the story holds together."""
    reports = sorted({originals[i] for i in story})
    if len(reports) < 2:
        return []
    said = [[_mean(votes.get((min(a, b), max(a, b)), ())) for b in reports] for a in reports]
    matrix: Float64 = np.array(said)
    one, other = _last_joined(matrix)
    between = float(matrix[np.ix_(one, other)].mean())
    if between >= share * min(_within(matrix, one), _within(matrix, other)):
        return []
    leaving = {reports[k] for k in max(one, other, key=min)}
    return [i for i in story if originals[i] in leaving]


def _mean(said: Sequence[float]) -> float:
    return sum(said) / len(said) if said else 0.0


def _last_joined(matrix: Float64) -> tuple[list[int], list[int]]:
    """The two groups that average linkage joins last."""
    apart = 1.0 - matrix
    np.fill_diagonal(apart, 0.0)
    tree = to_tree(linkage(squareform(apart), "average"))
    return tree.get_left().pre_order(), tree.get_right().pre_order()


def _within(matrix: Float64, part: Sequence[int]) -> float:
    """The mean vote within a part; 1 of a single report, which is sure of itself."""
    count = len(part)
    return float(matrix[np.ix_(part, part)].sum()) / (count * (count - 1)) if count > 1 else 1.0
