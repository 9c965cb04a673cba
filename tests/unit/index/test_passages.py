"""Does the passages index find and count what brute force does, within what it says it forgets?"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from service.index.passages import KEPT, PassagesIndex

Rng = np.random.Generator


class Oracle:
    """Sets of passages by seq."""

    def __init__(self) -> None:
        self.articles: dict[int, set[int]] = {}

    def candidates(self, passages: np.ndarray) -> dict[int, int]:
        asked = set(passages.tolist())
        hits = {seq: len(asked & held) for seq, held in self.articles.items()}
        return {seq: count for seq, count in hits.items() if count}

    def carriers(self, passages: np.ndarray) -> list[int]:
        """How many articles carry each passage, as far as the index counts."""
        counts = Counter(passage for held in self.articles.values() for passage in held)
        return [min(KEPT, counts[passage]) for passage in passages.tolist()]


def stream(rng: Rng, count: int, fresh: int, families: int) -> list[np.ndarray]:
    """Articles of mostly new passages with a few from earlier ones, as sketches hold them."""
    pools = rng.integers(0, 2**32, (families, 12), dtype=np.uint32)
    articles = []
    for _ in range(count):
        own = rng.integers(0, 2**32, int(rng.integers(1, fresh)), dtype=np.uint32)
        borrowed = rng.choice(pools[rng.integers(families)], int(rng.integers(0, 6)))
        articles.append(np.unique(np.concatenate((own, borrowed))))
    return articles


@pytest.mark.parametrize(("capacity", "lost"), [(4096, 0), (4, 0.005)])
def test_same_candidates_and_counts_as_brute_force(capacity: int, lost: float) -> None:
    """With few articles to a passage nothing is forgotten but what overfull buckets lose: in a roomy table
    nothing, in one that is as full as it may be under half a per cent."""
    rng = np.random.default_rng(1)
    index, oracle = PassagesIndex(capacity), Oracle()
    seq = wanted = missed = 0
    for passages in stream(rng, 600, fresh=60, families=40):
        found = index.candidates(passages, limit=10_000)
        hits = dict(zip(found.seqs.tolist(), found.hits.tolist(), strict=True))
        expected = oracle.candidates(passages)
        assert all(hits[seq] <= expected[seq] for seq in hits)
        wanted += sum(expected.values())
        missed += sum(expected.values()) - sum(hits.values())
        # What is told of a passage is what was found of it: as many carriers, no more and no fewer.
        assert int(found.carriers.sum()) == sum(hits.values())
        counted = zip(found.carriers.tolist(), oracle.carriers(passages), strict=True)
        assert all(told <= true if lost else told == true for told, true in counted)
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


def test_a_formula_is_counted_to_what_is_kept_of_it() -> None:
    """Its newest carriers are known, so the count is exact up to KEPT, whoever expires."""
    rng = np.random.default_rng(4)
    formulas = np.unique(rng.integers(0, 2**32, 20, dtype=np.uint32))
    often = np.linspace(0.005, 0.5, 20)  # from a few carriers to half of all articles
    index, oracle = PassagesIndex(capacity=1 << 14), Oracle()
    told = set()
    for seq in range(1, 801):
        own = rng.integers(0, 2**32, 30, dtype=np.uint32)
        passages = np.unique(np.concatenate((own, formulas[rng.random(20) < often])))
        index.add(seq, passages)
        oracle.articles[seq] = set(passages.tolist())
        if seq % 9 == 0:
            index.expire(seq - 200)
            oracle.articles = {s: held for s, held in oracle.articles.items() if s >= seq - 200}
        found = index.candidates(formulas).carriers
        assert found.dtype == np.uint8
        assert found.tolist() == oracle.carriers(formulas)
        told |= set(found.tolist())
    assert told == set(range(KEPT + 1))
    index.expire(801)
    assert index.candidates(formulas).carriers.tolist() == [0] * 20


def test_a_removed_carrier_of_a_formula_is_not_counted_and_older_ones_are_forgotten() -> None:
    index, formula = PassagesIndex(), np.array([77], np.uint32)
    for seq in range(1, 31):
        index.add(seq, formula)
    for gone, seq in enumerate((30, 29, 28), start=1):
        index.remove(seq)
        assert index.candidates(formula).carriers.tolist() == [KEPT - gone]
    index.remove(1)  # one that gave way long ago
    assert index.candidates(formula).carriers.tolist() == [KEPT - 3]


def test_a_formula_leads_to_its_newest_articles_only() -> None:
    index, formula = PassagesIndex(), np.array([77], np.uint32)
    for seq in range(1, 101):
        index.add(seq, formula)
    assert index.candidates(formula).seqs.tolist() == list(range(100, 100 - KEPT, -1))


def test_a_formula_does_not_push_its_bucket_out() -> None:
    """All these hashes lie in one bucket."""
    index = PassagesIndex(capacity=16)
    rare, formula = np.array([1, 2, 3, 4, 5, 6, 7], np.uint32), np.array([8], np.uint32)
    index.add(1, rare)
    for seq in range(2, 40):
        index.add(seq, formula)
    found = index.candidates(rare)
    assert (found.seqs.tolist(), found.hits.tolist(), found.carriers.tolist()) == ([1], [7], [1] * 7)


def test_an_overfull_bucket_forgets_its_oldest() -> None:
    index = PassagesIndex(capacity=64)
    for seq in range(1, 41):
        index.add(seq, np.array([seq], np.uint32))
    found = [seq for seq in range(1, 41) if len(index.candidates(np.array([seq], np.uint32)).seqs)]
    assert found == list(range(25, 41))


def test_most_shared_passages_first_then_the_newest() -> None:
    index = PassagesIndex()
    for seq, passages in enumerate(([1], [1, 2, 3], [1, 2], [2, 9]), start=1):
        index.add(seq, np.array(passages, np.uint32) << 20)
    query = np.array([1, 2, 3, 4], np.uint32) << 20
    found = index.candidates(query)
    assert (found.seqs.tolist(), found.hits.tolist()) == ([2, 3, 4, 1], [3, 2, 1, 1])
    assert found.carriers.tolist() == [3, 3, 1, 0]
    assert index.candidates(query, limit=1).seqs.tolist() == [2]


@pytest.mark.parametrize(("least", "expected"), [(1, [2, 3, 4, 1]), (2, [2, 3]), (3, [2]), (4, [])])
def test_articles_that_share_too_few_passages_are_left_out(least: int, expected: list[int]) -> None:
    index = PassagesIndex()
    for seq, passages in enumerate(([1], [1, 2, 3], [1, 2], [2, 9]), start=1):
        index.add(seq, np.array(passages, np.uint32) << 20)
    query = np.array([1, 2, 3, 4], np.uint32) << 20
    for _ in range(2):  # nothing is left behind of those left out
        found = index.candidates(query, least=least)
        assert found.seqs.tolist() == expected
        assert found.carriers.tolist() == [3, 3, 1, 0]  # they carry the passages all the same
        # Few that are asked for do not take the place of those that share enough.
        assert index.candidates(query, limit=1, least=least).seqs.tolist() == expected[:1]


def test_old_entries_do_not_come_round_as_new_ones() -> None:
    """Places are kept modulo a power of two: a passage seen once must stay gone however many articles
    follow."""
    index, once = PassagesIndex(capacity=16), np.array([123456789], np.uint32)
    index.add(1, once)
    for seq in range(2, 400):
        index.add(seq, np.array([seq], np.uint32) << 24)
        index.expire(seq - 5)
        found = index.candidates(once)
        assert found.seqs.tolist() == [1] * (seq <= 6)
        assert found.carriers.tolist() == [int(seq <= 6)]


def test_articles_without_passages_are_never_indexed() -> None:
    index, nothing = PassagesIndex(), np.empty(0, np.uint32)
    index.add(1, nothing)
    assert len(index) == 0
    assert [column.tolist() for column in index.candidates(nothing)] == [[], [], []]
    index.add(2, np.array([5], np.uint32))
    assert [column.tolist() for column in index.candidates(nothing)] == [[], [], []]


def test_removing_twice_and_what_is_not_there_is_no_error() -> None:
    index, passages = PassagesIndex(), np.array([5, 6], np.uint32)
    index.remove(1)
    index.expire(1)
    index.add(3, passages)
    index.add(4, passages)
    for seq in (3, 3, 99):
        index.remove(seq)
    found = index.candidates(passages)
    assert (found.seqs.tolist(), found.carriers.tolist()) == ([4], [1, 1])
    with pytest.raises(ValueError, match="growing order"):
        index.add(4, passages)
