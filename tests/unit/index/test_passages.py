"""Does the passages index find and count what brute force does, within what it says it forgets?"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from service.index.passages import PassagesIndex

Rng = np.random.Generator


class Oracle:
    """Sets of passages by seq."""

    def __init__(self) -> None:
        self.articles: dict[int, set[int]] = {}

    def candidates(self, passages: np.ndarray) -> dict[int, int]:
        asked = set(passages.tolist())
        hits = {seq: len(asked & held) for seq, held in self.articles.items()}
        return {seq: count for seq, count in hits.items() if count}

    def frequency(self, passages: np.ndarray) -> np.ndarray:
        counts = Counter(passage for held in self.articles.values() for passage in held)
        return np.array([counts[passage] for passage in passages.tolist()])


def stream(rng: Rng, count: int, fresh: int, families: int) -> list[np.ndarray]:
    """Articles of mostly new passages with a few from earlier ones, some repeated within the article."""
    pools = rng.integers(0, 2**32, (families, 12), dtype=np.uint32)
    articles = []
    for _ in range(count):
        own = rng.integers(0, 2**32, int(rng.integers(1, fresh)), dtype=np.uint32)
        borrowed = rng.choice(pools[rng.integers(families)], int(rng.integers(0, 6)))
        articles.append(rng.permutation(np.concatenate((own, borrowed, own[:2]))))
    return articles


@pytest.mark.parametrize(("capacity", "lost"), [(4096, 0), (4, 0.005)])
def test_same_candidates_and_counts_as_brute_force(capacity: int, lost: float) -> None:
    """With few articles to a passage nothing is forgotten but what overfull buckets lose: in a roomy table
    nothing, in one that is as full as it may be under half a per cent."""
    rng = np.random.default_rng(1)
    index, oracle = PassagesIndex(capacity), Oracle()
    seq = wanted = missed = 0
    for passages in stream(rng, 600, fresh=60, families=40):
        found = [column.tolist() for column in index.candidates(passages, limit=10_000)]
        hits, expected = dict(zip(*found, strict=True)), oracle.candidates(passages)
        assert all(hits[seq] <= expected[seq] for seq in hits)
        wanted += sum(expected.values())
        missed += sum(expected.values()) - sum(hits.values())
        difference = oracle.frequency(passages) - index.frequency(passages).astype(np.int64)
        assert not difference.any() or lost
        seq += int(rng.integers(1, 4))
        index.add(seq, passages)
        oracle.articles[seq] = set(passages.tolist())
        if rng.random() < 0.05:
            leaving = int(rng.choice(list(oracle.articles)))
            index.remove(leaving)
            del oracle.articles[leaving]
        while len(oracle.articles) > 250:
            index.expire(min(oracle.articles) + 1)
            del oracle.articles[min(oracle.articles)]
    assert len(index) >= 250
    assert wanted > 700
    assert missed <= lost * wanted


def test_a_formula_is_counted_beyond_what_its_bucket_holds() -> None:
    rng = np.random.default_rng(4)
    formulas = rng.integers(0, 2**32, 20, dtype=np.uint32)
    index, oracle = PassagesIndex(capacity=1 << 14), Oracle()
    for seq in range(1, 801):
        passages = np.concatenate(
            (rng.integers(0, 2**32, 30, dtype=np.uint32), formulas[rng.random(20) < 0.5])
        )
        index.add(seq, passages)
        oracle.articles[seq] = set(passages.tolist())
        if seq % 7 == 0:
            index.remove(seq - 3)
            del oracle.articles[seq - 3]
    assert index.frequency(formulas).tolist() == oracle.frequency(formulas).tolist()
    index.expire(601)
    oracle.articles = {seq: held for seq, held in oracle.articles.items() if seq > 600}
    assert index.frequency(formulas).tolist() == oracle.frequency(formulas).tolist()
    index.expire(801)
    assert index.frequency(formulas).tolist() == [0] * 20


def test_a_formula_leads_to_its_newest_articles_only() -> None:
    index, formula = PassagesIndex(), np.array([77], np.uint32)
    for seq in range(1, 101):
        index.add(seq, formula)
    assert index.candidates(formula)[0].tolist() == list(range(100, 92, -1))


def test_a_formula_does_not_push_its_bucket_out() -> None:
    """All these hashes lie in one bucket."""
    index = PassagesIndex(capacity=16)
    rare, formula = np.array([1, 2, 3, 4, 5, 6, 7], np.uint32), np.array([8], np.uint32)
    index.add(1, rare)
    for seq in range(2, 12):
        index.add(seq, formula)
    assert index.candidates(rare)[0].tolist() == [1]


def test_an_overfull_bucket_forgets_its_oldest() -> None:
    index = PassagesIndex(capacity=64)
    for seq in range(1, 41):
        index.add(seq, np.array([seq], np.uint32))
    found = [seq for seq in range(1, 41) if len(index.candidates(np.array([seq], np.uint32))[0])]
    assert found == list(range(25, 41))


def test_most_shared_passages_first_then_the_newest() -> None:
    index = PassagesIndex()
    for seq, passages in enumerate(([1], [1, 2, 3], [1, 2], [2, 9]), start=1):
        index.add(seq, np.array(passages, np.uint32) << 20)
    query = np.array([3, 1, 2, 2], np.uint32) << 20
    seqs, hits = index.candidates(query)
    assert (seqs.tolist(), hits.tolist()) == ([2, 3, 4, 1], [3, 2, 1, 1])
    assert index.candidates(query, limit=1)[0].tolist() == [2]


def test_old_entries_do_not_come_round_as_new_ones() -> None:
    """Places are kept modulo a power of two: a passage seen once must stay gone however many articles
    follow."""
    index, once = PassagesIndex(capacity=16), np.array([123456789], np.uint32)
    index.add(1, once)
    for seq in range(2, 400):
        index.add(seq, np.array([seq], np.uint32) << 24)
        index.expire(seq - 5)
        assert len(index.candidates(once)[0]) == (seq <= 6)
        assert index.frequency(once).tolist() == [int(seq <= 6)]


def test_articles_without_passages_are_never_indexed() -> None:
    index, nothing = PassagesIndex(), np.empty(0, np.uint32)
    index.add(1, nothing)
    assert len(index) == 0
    assert [column.tolist() for column in index.candidates(nothing)] == [[], []]
    assert index.frequency(nothing).tolist() == []


def test_removing_twice_and_what_is_not_there_is_no_error() -> None:
    index, passages = PassagesIndex(), np.array([5, 6], np.uint32)
    index.remove(1)
    index.expire(1)
    index.add(3, passages)
    index.add(4, passages)
    for seq in (3, 3, 99):
        index.remove(seq)
    assert index.candidates(passages)[0].tolist() == [4]
    assert index.frequency(passages).tolist() == [1, 1]
    with pytest.raises(ValueError, match="growing order"):
        index.add(4, passages)
