"""Which article of a small story has far less in common with the rest than these have among themselves?

Average linkage takes a report in when it is enough like the story on average. One that is let in by half of
them, the same kind of thing on another day or elsewhere, spoils a story of five for whoever opens it. Widely
covered events are told from many sides: a large story has no strays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import median

LEAST, MOST = 4, 8  # articles of the stories that are looked at
STRAY = 0.7  # of the median article's mean vote, in a warm window: who has less is a stray


def without_strays(
    stories: Sequence[int], originals: Sequence[int], pairs: Mapping[tuple[int, int], float], warmth: float
) -> list[int]:
    """Part strays from their stories, the loosest first: the number of each article's story.

    stories, originals: those of article i, as `linkage.linked` gives and takes them; pairs: the votes of (i,
    j), i < j; warmth: how far rarity is known, in [0, 1]. A copy goes where its original goes, and says
    nothing of it. Of equal votes the first article is the stray.
    """
    members: dict[int, list[int]] = defaultdict(list)
    for i, story in enumerate(stories):
        members[story].append(i)
    small = {story for story, inside in members.items() if LEAST <= len(inside) <= MOST}
    votes: dict[int, dict[int, float]] = defaultdict(dict)
    for (i, j), vote in pairs.items():
        if stories[i] == stories[j] and stories[i] in small:
            votes[i][j] = votes[j][i] = vote
    found, new = list(stories), max(stories, default=0)
    for story in sorted(small):
        left = members[story]
        while stray := _stray(left, originals, votes, STRAY * warmth):
            new += 1
            for i in stray:
                found[i] = new
            left = [i for i in left if i not in stray]
    return found


def _stray(
    story: Sequence[int], originals: Sequence[int], votes: Mapping[int, Mapping[int, float]], share: float
) -> list[int]:
    """The loosest article with its copies, if it is loose enough: two articles are as loose as each other."""
    if len(story) < LEAST - 1:
        return []
    means = {i: _mean(i, story, originals, votes.get(i, {})) for i in story}
    loosest = min(story, key=lambda i: (means[i], i))
    if means[loosest] >= share * median(means.values()):
        return []
    return [i for i in story if originals[i] == originals[loosest]]


def _mean(i: int, story: Sequence[int], originals: Sequence[int], votes: Mapping[int, float]) -> float:
    """The mean vote with those that are no copies of the same report."""
    others = [j for j in story if originals[j] != originals[i]]
    return sum(votes.get(j, 0.0) for j in others) / len(others) if others else 1.0
