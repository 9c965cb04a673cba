"""What would each threshold do to labelled articles? They are grouped with one after the other, and scored.

The pairs are judged once: thresholds alone differ. Each is taken for what it would be in the window of these
articles, cold or warm.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from service.settings import Settings
from service.stories.constraints import Constraints
from service.stories.evaluate import Quality, pairwise
from service.stories.examples import LabelledSet
from service.stories.place import Owner
from service.stories.recluster import group, view_of
from service.stories.same_event import SameEventModel, warmth_of


class Tried(NamedTuple):
    """A threshold, and how good the pairs within stories are with it: as the articles come, in the order of
    the file, and re-clustered."""

    threshold: float
    online: Quality
    reclustered: Quality


def tune(
    labelled: LabelledSet, model: SameEventModel, settings: Settings, thresholds: Sequence[float]
) -> Iterator[Tried]:
    """Try thresholds, in their order."""
    view = view_of(labelled.items, model, settings)
    for threshold in thresholds:
        tried = with_threshold(model, threshold, len(view.ids))
        groups = group(view, (), tried, Constraints())
        found = {id: str(number) for number, ids in enumerate(groups) for id in ids}
        numbers = itertools.count()
        owner = Owner(settings, tried, new_story_id=lambda: str(next(numbers)))  # noqa: B023 asked at once
        owner.place(*(item for item in labelled.items if item.sketch.matchable))
        yield Tried(threshold, score(labelled, owner.stories()), score(labelled, found))


def with_threshold(model: SameEventModel, threshold: float, articles: int) -> SameEventModel:
    """A model that asks for this threshold, online and re-clustering, in a window of so many articles."""
    flat = replace(model, join=threshold, merge=threshold, cautious=threshold)
    more = [asked(articles) - threshold for asked in (flat.join_from, flat.merge_from)]
    return replace(flat, join=threshold - more[0], merge=threshold - more[1])


def chosen(model: SameEventModel, threshold: float, articles: int) -> SameEventModel:
    """The model with this threshold for windows like one of so many articles: a warm one tells nothing about
    cold ones, and the other way round."""
    warmth = float(warmth_of(articles))
    if warmth == 1.0:
        flat = with_threshold(model, threshold, articles)
        return replace(model, join=flat.join, merge=flat.merge)
    cautious = (threshold - warmth * model.merge) / (1.0 - warmth)
    return replace(model, cautious=round(min(1.0, max(0.0, cautious)), 6))


def score(labelled: LabelledSet, story_of: Mapping[str, str]) -> Quality:
    """How good stories are, by the labels of these articles: over all pairs, or over the labelled pairs."""
    if not labelled.pairs:
        there = {item.article_id for item in labelled.items}
        gold = {id: story for id, story in labelled.stories.items() if id in there}
        return pairwise(gold, story_of)
    counts: Counter[tuple[bool, bool]] = Counter()
    for (a, b), same in labelled.pairs.items():
        if a < b:
            together = a in story_of and story_of[a] == story_of.get(b)
            counts[same, together] += 1
    right = counts[True, True]
    precision = right / max(1, right + counts[False, True])
    recall = right / max(1, right + counts[True, False])
    return Quality(precision, recall, 2 * precision * recall / max(1e-12, precision + recall))
