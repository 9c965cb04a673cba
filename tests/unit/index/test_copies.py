"""Does the copies index find what datasketch's MinHashLSH finds, whatever expires, leaves and comes?"""

from __future__ import annotations

import numpy as np
import pytest
from datasketch import MinHash, MinHashLSH

from service.index.copies import _EXPIRED, _NEWEST, CopiesIndex, enter_copy

Rng = np.random.Generator


def signatures_of_families(rng: Rng, count: int, families: int = 40) -> np.ndarray:
    """Signatures that agree in more or fewer slots with others of their family: uint32 (count, 128)."""
    result = rng.integers(0, 2**32, (families, 128), dtype=np.uint32)[rng.integers(0, families, count)]
    changed = rng.random((count, 128)) < rng.random((count, 1))
    result[changed] = rng.integers(0, 2**32, int(changed.sum()), dtype=np.uint32)
    return result


class Oracle:
    """datasketch's index with the same bands, and removal by hand."""

    def __init__(self) -> None:
        self.lsh = MinHashLSH(num_perm=128, params=(32, 4))
        self.live: list[int] = []

    def add(self, seq: int, signature: np.ndarray) -> None:
        self.lsh.insert(seq, MinHash(hashvalues=signature, scheme="affine32"))
        self.live.append(seq)

    def candidates(self, signature: np.ndarray) -> set[int]:
        return set(self.lsh.query(MinHash(hashvalues=signature, scheme="affine32")))

    def remove(self, seq: int) -> None:
        self.lsh.remove(seq)
        self.live.remove(seq)

    def expire(self, low: int) -> None:
        for seq in [seq for seq in self.live if seq < low]:
            self.remove(seq)


@pytest.mark.parametrize("seed", [1, 2])
def test_same_candidates_as_datasketch_through_growth_expiry_and_removal(seed: int) -> None:
    rng = np.random.default_rng(seed)
    index, oracle = CopiesIndex(capacity=4), Oracle()
    seq = 0
    for signature in signatures_of_families(rng, 700):
        found = index.candidates(signature, limit=10_000).tolist()
        assert len(found) == len(set(found))
        assert set(found) == oracle.candidates(signature)
        seq += int(rng.integers(1, 5))
        index.add(seq, signature)
        oracle.add(seq, signature)
        if rng.random() < 0.05:
            leaving = int(rng.choice(oracle.live))
            index.remove(leaving)
            oracle.remove(leaving)
        if rng.random() < 0.02:
            low = oracle.live[len(oracle.live) // 3]
            index.expire(low)
            oracle.expire(low)
    assert len(oracle.live) > 50


def test_places_may_pass_32_bits() -> None:
    rng = np.random.default_rng(3)
    index, oracle = CopiesIndex(capacity=16), Oracle()
    index._state[[_NEWEST, _EXPIRED]] = 2**32 - 20
    for seq, signature in enumerate(signatures_of_families(rng, 60, families=5), start=1):
        assert set(index.candidates(signature).tolist()) == oracle.candidates(signature)
        index.add(seq, signature)
        oracle.add(seq, signature)
        index.expire(seq - 10)
        oracle.expire(seq - 10)


def test_candidates_that_share_most_bands_come_first_then_the_newest() -> None:
    index = CopiesIndex(bands=4, rows=1)
    for seq, signature in enumerate(([1, 0, 0, 0], [1, 2, 3, 0], [1, 2, 0, 0], [9, 2, 0, 8]), start=1):
        index.add(seq, np.array(signature, np.uint32))
    query = np.array([1, 2, 3, 4], np.uint32)
    assert index.candidates(query).tolist() == [2, 3, 4, 1]
    assert index.candidates(query, limit=2).tolist() == [2, 3]


def test_a_hot_key_is_followed_to_its_newest_articles_only() -> None:
    index = CopiesIndex(bands=1, rows=1)
    for seq in range(1, 1001):
        index.add(seq, np.array([7], np.uint32))
    assert index.candidates(np.array([7], np.uint32), limit=2000).tolist() == list(range(1000, 744, -1))


def test_unmatchable_articles_are_never_indexed_nor_found() -> None:
    index, nothing = CopiesIndex(), np.empty(0, np.uint32)
    index.add(1, nothing)
    index.add(2, nothing)
    assert len(index) == 0
    assert index.candidates(nothing).tolist() == []


def test_removing_and_expiring_what_is_not_there_is_no_error() -> None:
    index = CopiesIndex()
    index.remove(3)
    index.expire(9)
    index.add(10, np.arange(128, dtype=np.uint32))
    index.remove(9)
    assert index.candidates(np.arange(128, dtype=np.uint32)).tolist() == [10]


def test_misuse_is_refused() -> None:
    index, signature = CopiesIndex(), np.arange(128, dtype=np.uint32)
    index.add(5, signature)
    with pytest.raises(ValueError, match="growing order"):
        index.add(5, signature)
    with pytest.raises(ValueError, match="bands"):
        index.add(6, signature[:64])
    with pytest.raises(ValueError, match="bands"):
        index.candidates(signature[:64])


def test_same_articles_same_answers() -> None:
    """However large the ring was at first."""
    rng = np.random.default_rng(5)
    signatures = signatures_of_families(rng, 200)
    one, other = CopiesIndex(capacity=16), CopiesIndex(capacity=1024)
    for seq, signature in enumerate(signatures, start=1):
        one.add(seq, signature)
        other.add(seq, signature)
        assert other.candidates(signature).tolist() == one.candidates(signature).tolist()
    assert all(one.candidates(s).tolist() == other.candidates(s).tolist() for s in signatures)


def test_room_is_made_for_one_article_when_there_is_none() -> None:
    """Kernels write where there is none; and a ring that grew ahead of its articles would follow some chains
    further, so that answers would depend on batches."""
    signatures = signatures_of_families(np.random.default_rng(6), 200)
    index = CopiesIndex(capacity=16)
    for seq, signature in enumerate(signatures, start=1):
        room = index.arrays[0].shape[1]
        index.make_room()
        assert index.arrays[0].shape[1] == (2 * room if len(index) == room else room)
        enter_copy(seq, signature, index.arrays)
        assert len(index) == seq <= index.arrays[0].shape[1]
    assert index.arrays[0].shape[1] == 256
