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
    """Bagga & Baldwin (1998): the mean over labelled articles of the part of their predicted story that
    shares their gold story (precision), and the reverse (recall). An article that was not predicted counts
    as alone.

    >>> b_cubed({"a": 1, "b": 1, "c": 2}, {"a": 1, "b": 1, "c": 1}).recall
    1.0
    """
    each = b_cubed_each(gold, predicted).values()
    total = max(1, len(each))
    return _quality(
        sum(precision for precision, _ in each) / total, sum(recall for _, recall in each) / total
    )


def b_cubed_each(
    gold: Mapping[str, Hashable], predicted: Mapping[str, Hashable]
) -> dict[str, tuple[float, float]]:
    """B-cubed precision and recall of each labelled article."""
    labels = _labels(gold, predicted)
    true, found, both = Counter(gold.values()), Counter(labels.values()), _joint(gold, labels)
    return {
        article: (
            both[story, labels[article]] / found[labels[article]],
            both[story, labels[article]] / true[story],
        )
        for article, story in gold.items()
    }


def pairwise(gold: Mapping[str, Hashable], predicted: Mapping[str, Hashable]) -> Quality:
    """Precision and recall over unordered pairs of labelled articles that are placed together."""
    labels = _labels(gold, predicted)
    together = _pairs(_joint(gold, labels).values())
    found, true = _pairs(Counter(labels.values()).values()), _pairs(Counter(gold.values()).values())
    return _quality(together / max(1, found), together / max(1, true))


def _labels(gold: Mapping[str, Hashable], predicted: Mapping[str, Hashable]) -> dict[str, Hashable]:
    return {article: predicted.get(article, ("alone", article)) for article in gold}


def _joint(
    gold: Mapping[str, Hashable], labels: Mapping[str, Hashable]
) -> Counter[tuple[Hashable, Hashable]]:
    return Counter((story, labels[article]) for article, story in gold.items())


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)


def _quality(precision: float, recall: float) -> Quality:
    both = precision + recall
    return Quality(precision, recall, 2 * precision * recall / both if both else 0.0)
