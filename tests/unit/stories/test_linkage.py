"""Is this average linkage, as scipy computes it, whatever the order of pairs and items?"""

from __future__ import annotations

import random
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from service.stories.linkage import average_linkage

Pairs = list[tuple[int, int, float]]


def random_pairs(rng: random.Random, count: int, share: float = 1.0) -> Pairs:
    """Probabilities of some of the pairs: no two alike."""
    return [(i, j, rng.random()) for i, j in combinations(range(count), 2) if rng.random() < share]


def by_scipy(count: int, pairs: Pairs, threshold: float) -> set[frozenset[int]]:
    """Unseen pairs count as probability 0, that is distance 1."""
    distance = np.ones((count, count)) - np.eye(count)
    for i, j, probability in pairs:
        distance[i, j] = distance[j, i] = 1 - probability
    labels = fcluster(linkage(squareform(distance), "average"), 1 - threshold, "distance")
    return {frozenset(np.flatnonzero(labels == label).tolist()) for label in set(labels)}


@pytest.mark.parametrize("threshold", [0.2, 0.35, 0.5, 0.65])
@pytest.mark.parametrize("share", [1.0, 0.5, 0.1])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_clusters_of_scipy(seed: int, share: float, threshold: float) -> None:
    rng = random.Random(seed)
    count = rng.randint(15, 60)
    pairs = random_pairs(rng, count, share)
    found = average_linkage(count, pairs, threshold)
    assert {frozenset(group) for group in found} == by_scipy(count, pairs, threshold)


@settings(deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(1, 14),
    st.sampled_from([0.3, 0.6, 1.0]),
    st.sampled_from([0.3, 0.5, 0.7]),
)
def test_neither_order_nor_numbering_matters(seed: int, count: int, share: float, threshold: float) -> None:
    rng = random.Random(seed)
    pairs = random_pairs(rng, count, share)
    found = average_linkage(count, pairs, threshold)
    assert sorted(item for group in found for item in group) == list(range(count))
    assert found == sorted(map(sorted, found))
    shuffled = rng.sample(pairs, len(pairs))
    assert average_linkage(count, shuffled, threshold) == found
    renamed = rng.sample(range(count), count)
    again = average_linkage(count, [(renamed[j], renamed[i], p) for i, j, p in pairs], threshold)
    assert {frozenset(group) for group in again} == {frozenset(renamed[i] for i in group) for group in found}


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 12), st.sampled_from([0.25, 0.5, 0.75]))
def test_equal_means_are_decided_by_the_items_alone(seed: int, count: int, threshold: float) -> None:
    rng = random.Random(seed)
    pairs = [(i, j, rng.choice([0.25, 0.5, 0.75, 1.0])) for i, j in combinations(range(count), 2)]
    found = average_linkage(count, pairs, threshold)
    assert all(average_linkage(count, rng.sample(pairs, len(pairs)), threshold) == found for _ in range(3))


def test_a_chain_is_not_a_cluster() -> None:
    chain = [(i, i + 1, 0.9) for i in range(9)]
    assert max(map(len, average_linkage(10, chain, 0.5))) == 2


def test_a_mean_exactly_at_the_threshold_joins() -> None:
    assert average_linkage(2, [(0, 1, 0.5)], 0.5) == [[0, 1]]
    assert average_linkage(3, [(0, 1, 1.0), (0, 2, 0.5), (1, 2, 0.5)], 0.5) == [[0, 1, 2]]
    assert average_linkage(3, [(0, 1, 1.0), (0, 2, 0.5), (1, 2, 0.25)], 0.5) == [[0, 1], [2]]


def test_nothing_to_cluster() -> None:
    assert average_linkage(0, [], 0.5) == []
    assert average_linkage(2, [], 0.5) == [[0], [1]]
