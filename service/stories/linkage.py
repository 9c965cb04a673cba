"""Which articles hang together on average? Average-linkage clustering of a sparse graph of probabilities.

A story is never the closure of a chain: two groups join only while the mean probability over all pairs
between them, unseen pairs counting as 0, stays above the threshold (UPGMA; Sokal & Michener 1958).
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from service.model import Float64, Int64

UNLABELLED: Mapping[int, str] = MappingProxyType({})
UNPARTED: Mapping[str, Collection[str]] = MappingProxyType({})


def average_linkage(
    count: int,
    pairs: Iterable[tuple[int, int, float]],
    threshold: float,
    label: Mapping[int, str] = UNLABELLED,
    apart: Mapping[str, Collection[str]] = UNPARTED,
) -> list[list[int]]:
    """Cluster the items 0..count-1. `pairs` are (i, j, probability), each unordered pair at most once.

    label: of items that may not be with everybody. apart: for a label those that are never in one group with
    it, said from both sides.

    The best mean joins first; of equal means the pair of groups with the smaller first items. Returns the
    clusters, each sorted, by first item: the same for the same items and pairs, whatever the order of the
    pairs.

    >>> average_linkage(3, [(0, 1, 0.9), (1, 2, 0.6)], 0.5)
    [[0, 1], [2]]
    """
    sums: list[dict[int, float]] = [{} for _ in range(count)]
    for i, j, probability in sorted(pairs):
        sums[i][j] = sums[j][i] = probability
    groups: list[list[int] | None] = [[i] for i in range(count)]
    labels = [{label[i]} if i in label else set() for i in range(count)]
    against = [{other for own in labels[i] for other in apart.get(own, ())} for i in range(count)]
    heap = [(-p, i, j) for i in range(count) for j, p in sums[i].items() if i < j and p >= threshold]
    heapq.heapify(heap)
    while heap:
        negative, i, j = heapq.heappop(heap)
        left, right = groups[i], groups[j]
        if left is None or right is None or -negative != sums[i][j] / (len(left) * len(right)):
            continue
        if not against[i].isdisjoint(labels[j]):
            continue
        # The smaller first item names the joined group, so that names do not depend on the order of joins.
        left.extend(right)
        groups[j] = None
        labels[i] |= labels[j]
        against[i] |= against[j]
        _add_up(sums, i, j)
        for k in sums[i]:
            mean = sums[i][k] / (len(left) * len(groups[k] or ()))
            if mean >= threshold:
                heapq.heappush(heap, (-mean, min(i, k), max(i, k)))
    return [sorted(group) for group in groups if group is not None]


def linked(
    originals: Sequence[int],
    a: Int64,
    b: Int64,
    votes: Float64,
    threshold: float,
    label: Mapping[int, str] = UNLABELLED,
    apart: Mapping[str, Collection[str]] = UNPARTED,
) -> list[int]:
    """Cluster articles of which some are copies: the number of each one's cluster.

    originals[i] is the article whose copy i is, i itself where there is none. Copies count once: a report
    that a hundred outlets reprint is one report. What its copies say of another is averaged, and each copy
    follows its original. a, b, votes: the pairs, each unordered pair once, and what is said of them. `label`
    and `apart` are as in `average_linkage`; an item with a label must be its own original.
    """
    # Loaded where it is used: an engine that only places need not wait for it at its start.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    kept, number = np.unique(np.asarray(originals, np.int64), return_inverse=True)
    left, right, means = _means(number[a], number[b], votes, len(kept))
    # Items that no chain of pairs above the threshold connects are never in one group: a mean of pairs that
    # are all below it is below it.
    near = means >= threshold
    graph = coo_array((np.ones(near.sum()), (left[near], right[near])), (len(kept), len(kept)))
    _, part = connected_components(graph, directed=False)
    within = part[left] == part[right]
    pairs = zip(left[within].tolist(), right[within].tolist(), means[within].tolist(), strict=True)
    inside: dict[int, list[tuple[int, int, float]]] = defaultdict(list)
    for i, j, mean in pairs:
        inside[int(part[i])].append((i, j, mean))
    cluster_of = np.arange(len(kept))
    labels = {int(number[item]): own for item, own in label.items()}
    for found in inside.values():
        items = sorted({item for i, j, _ in found for item in (i, j)})
        local = {item: index for index, item in enumerate(items)}
        own = {local[item]: labels[item] for item in items if item in labels}
        known = [(local[i], local[j], mean) for i, j, mean in found]
        for group in average_linkage(len(items), known, threshold, own, apart):
            cluster_of[[items[index] for index in group]] = items[group[0]]
    clusters: list[int] = cluster_of[number].tolist()
    return clusters


def _means(a: Int64, b: Int64, votes: Float64, count: int) -> tuple[Int64, Int64, Float64]:
    """What is said of each pair of originals, averaged; in order."""
    keys = np.minimum(a, b) * count + np.maximum(a, b)
    apart = a != b
    pairs, which = np.unique(keys[apart], return_inverse=True)
    means = np.bincount(which, votes[apart], len(pairs)) / np.bincount(which, minlength=len(pairs))
    return pairs // count, pairs % count, means


def _add_up(sums: list[dict[int, float]], i: int, j: int) -> None:
    """Add the probabilities of group j to those of group i, and forget j."""
    del sums[i][j]
    for k, value in sums[j].items():
        if k != i:
            del sums[k][j]
            sums[i][k] = sums[k][i] = sums[i].get(k, 0.0) + value
    sums[j] = {}
