"""How good is a grouping, how sure is that, and is one grouping better than another?

A labelled set is scored by what can be resampled: its gold stories (B-cubed) or its labelled pairs. Intervals
are 95 % bootstraps over these; two groupings are compared on the same draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from service.model import Float64
from service.stories.evaluate import b_cubed_each
from service.stories.examples import LabelledSet

SAMPLES = 1000
OUTER = 0.025, 0.975

# What is resampled. Per gold story: its articles' summed precision, recall and number; per labelled pair:
# whether it was rightly put together, put together, and is one event. float64 (3,).
Rows = dict[str, Float64]


class Difference(NamedTuple):
    """How much more F1 one grouping has than another, and the 95 % of it."""

    f1: float
    low: float
    high: float

    def __str__(self) -> str:
        verdict = "beyond the interval" if self.low > 0 or self.high < 0 else "within the interval"
        side = "above" if self.f1 > 0 else "NOT above"
        return f"{self.f1:+.3f} [{self.low:+.3f}, {self.high:+.3f}]  {side}, {verdict}"


def rows_of(labelled: LabelledSet, predicted: Mapping[str, str], fold: int | None = None) -> Rows:
    """Score a grouping on one fold, or on all."""
    of = _pair_rows if labelled.pairs else _story_rows
    return of(labelled, predicted, fold)


def _story_rows(labelled: LabelledSet, predicted: Mapping[str, str], fold: int | None) -> Rows:
    rows: Rows = {}
    for article_id, (precision, recall) in b_cubed_each(labelled.stories, predicted).items():
        if fold is None or labelled.fold(article_id) == fold:
            story = labelled.stories[article_id]
            rows[story] = rows.get(story, np.zeros(3)) + np.array([precision, recall, 1.0])
    return rows


def _pair_rows(labelled: LabelledSet, predicted: Mapping[str, str], fold: int | None) -> Rows:
    rows: Rows = {}
    for (a, b), same in labelled.pairs.items():
        if a < b and (fold is None or labelled.fold(a) == fold):
            together = predicted[a] == predicted[b]
            rows[f"{a} {b}"] = np.array([same and together, together, same], np.float64)
    return rows


def figures(labelled: LabelledSet, total: Float64) -> tuple[float, float, float]:
    """Precision, recall and F1 of summed rows."""
    if labelled.pairs:
        precision, recall = total[0] / max(1.0, total[1]), total[0] / max(1.0, total[2])
    else:
        precision, recall = total[0] / total[2], total[1] / total[2]
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def summary(labelled: LabelledSet, rows: Rows) -> tuple[float, float, float]:
    """Precision, recall and F1."""
    return figures(labelled, np.array(list(rows.values())).sum(axis=0))


def interval(labelled: LabelledSet, rows: Rows) -> tuple[float, float]:
    """95 % of F1 over samples."""
    scores = _samples(labelled, rows, list(rows))
    return float(np.quantile(scores, OUTER[0])), float(np.quantile(scores, OUTER[1]))


def difference(labelled: LabelledSet, ours: Rows, other: Rows) -> Difference:
    """Compare F1 on the same draws of stories, or pairs, for both."""
    order = list(ours)
    apart = _samples(labelled, ours, order) - _samples(labelled, other, order)
    point = summary(labelled, ours)[2] - summary(labelled, other)[2]
    return Difference(point, float(np.quantile(apart, OUTER[0])), float(np.quantile(apart, OUTER[1])))


def _samples(labelled: LabelledSet, rows: Rows, order: Sequence[str]) -> Float64:
    """F1 of each sample of rows that stand in some order: float64 (SAMPLES,)."""
    table = np.array([rows[name] for name in order])
    draws = np.random.default_rng(1).integers(0, len(table), (SAMPLES, len(table)))
    return np.array([figures(labelled, table[draw].sum(axis=0))[2] for draw in draws])
