"""How well does a clustering agree with gold labels? B-cubed and pairwise precision, recall and F1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from typing import NamedTuple


class Quality(NamedTuple):
    """Precision, recall and their harmonic mean, each in [0, 1]."""

    precision: float
    recall: float
    f1: float


def b_cubed(gold: Mapping[str, Hashable], predicted: Mapping[str, Hashable]) -> Quality:
    """Bagga & Baldwin (1998): the mean over labelled articles of the part of their predicted story that shares
    their gold story (precision), and the reverse (recall). An article that was not predicted counts as alone.

    >>> b_cubed({"a": 1, "b": 1, "c": 2}, {"a": 1, "b": 1, "c": 1}).recall
    1.0
    """
    labels = _labels(gold, predicted)
    true, found, both = Counter(gold.values()), Counter(labels.values()), _joint(gold, labels)
    total = max(1, len(gold))
    precision = sum(n * n / found[label] for (_, label), n in both.items()) / total
    recall = sum(n * n / true[story] for (story, _), n in both.items()) / total
    return _quality(precision, recall)


def pairwise(gold: Mapping[str, Hashable], predicted: Mapping[str, Hashable]) -> Quality:
    """Precision and recall over unordered pairs of labelled articles that are placed together."""
    labels = _labels(gold, predicted)
    together = _pairs(_joint(gold, labels).values())
    found, true = _pairs(Counter(labels.values()).values()), _pairs(Counter(gold.values()).values())
    return _quality(together / max(1, found), together / max(1, true))


def _labels(gold: Mapping[str, Hashable], predicted: Mapping[str, Hashable]) -> dict[str, Hashable]:
    return {article: predicted.get(article, ("alone", article)) for article in gold}


def _joint(gold: Mapping[str, Hashable], labels: Mapping[str, Hashable]) -> Counter[tuple[Hashable, Hashable]]:
    return Counter((story, labels[article]) for article, story in gold.items())


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)


def _quality(precision: float, recall: float) -> Quality:
    both = precision + recall
    return Quality(precision, recall, 2 * precision * recall / both if both else 0.0)
