"""Does the passages index find and count what brute force does, within what it says it forgets?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np
import pytest

from service.index.passages import KEPT, Found, PassagesIndex, _room, enter_passages

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


def spread(numbers: list[int]) -> np.ndarray:
    """Passages in buckets of their own."""
    return np.array([(number << 20) % 2**32 for number in numbers], np.uint32)


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
            index.remove(leaving, np.array(sorted(oracle.articles.pop(leaving)), np.uint32))
        while len(oracle.articles) > 250:
            index.expire(min(oracle.articles) + 1)
            del oracle.articles[min(oracle.articles)]
    assert len(index) >= 250
    assert wanted > 700
    assert missed <= lost * wanted


def entered_in_batches(articles: list[np.ndarray], sizes: Iterable[int], capacity: int) -> PassagesIndex:
    """The index after the articles were entered as `Window` does it: by kernels, and room is made where one
    finds that there is none, and for the first article of a batch."""
    index, seq = PassagesIndex(capacity), 0
    for size in sizes:
        batch = articles[seq : seq + size]
        if batch:
            index.make_room(len(batch[0]))
        arrays = index.arrays
        for passages in batch:
            seq += 1
            if not _room(len(passages), arrays):
                index.make_room(len(passages))
                arrays = index.arrays
            enter_passages(seq, passages, arrays)
    assert seq == len(articles)
    return index


def columns(found: Found) -> list[list[int]]:
    return [column.tolist() for column in found]


def test_answers_do_not_depend_on_how_articles_are_cut_into_batches() -> None:
    """A larger table loses fewer entries, so it may not grow earlier in one cut than in another."""
    articles = stream(np.random.default_rng(7), 900, fresh=60, families=30)
    one_by_one = PassagesIndex(capacity=4)
    for seq, passages in enumerate(articles, start=1):
        one_by_one.add(seq, passages)
    expected = [columns(one_by_one.candidates(passages, limit=1000)) for passages in articles]
    for sizes in ([900], [1] * 900, [7, 129] * 7, [450, 449, 1]):
        index = entered_in_batches(articles, sizes, capacity=4)
        assert [columns(index.candidates(passages, limit=1000)) for passages in articles] == expected
    # Ring and table have grown often, and the table's size does make a difference.
    assert len(one_by_one.arrays[1]) == 1024
    larger = entered_in_batches(articles, [900], capacity=4096)
    assert [columns(larger.candidates(passages, limit=1000)) for passages in articles] != expected


def test_room_that_is_made_more_than_once_is_made_once() -> None:
    """Each batch asks for room anew: that must not make the table grow."""
    rng = np.random.default_rng(8)
    one, other = PassagesIndex(capacity=4), PassagesIndex(capacity=4)
    for seq, passages in enumerate(stream(rng, 300, fresh=60, families=40), start=1):
        for _ in range(int(rng.integers(4))):
            other.make_room(len(passages))
        for index in (one, other):
            index.add(seq, passages)
        assert one.arrays[0].tobytes() == other.arrays[0].tobytes()
        assert len(one.arrays[1]) == len(other.arrays[1])


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
        index.remove(seq, formula)
        assert index.candidates(formula).carriers.tolist() == [KEPT - gone]
    index.remove(1, formula)  # one that gave way long ago
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
        index.add(seq, spread(passages))
    query = spread([1, 2, 3, 4])
    found = index.candidates(query)
    assert (found.seqs.tolist(), found.hits.tolist()) == ([2, 3, 4, 1], [3, 2, 1, 1])
    assert found.carriers.tolist() == [3, 3, 1, 0]
    assert index.candidates(query, limit=1).seqs.tolist() == [2]


@pytest.mark.parametrize(("least", "expected"), [(1, [2, 3, 4, 1]), (2, [2, 3]), (3, [2]), (4, [])])
def test_articles_that_share_too_few_passages_are_left_out(least: int, expected: list[int]) -> None:
    index = PassagesIndex()
    for seq, passages in enumerate(([1], [1, 2, 3], [1, 2], [2, 9]), start=1):
        index.add(seq, spread(passages))
    query = spread([1, 2, 3, 4])
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
        index.add(seq, spread([seq << 4]))
        index.expire(seq - 5)
        found = index.candidates(once)
        assert found.seqs.tolist() == [1] * (seq <= 6)
        assert found.carriers.tolist() == [int(seq <= 6)]


def test_entries_of_a_removed_article_do_not_come_round() -> None:
    index, once = PassagesIndex(capacity=16), np.array([123456789, 987654321], np.uint32)
    for seq in (1, 2):
        index.add(seq, once)
    index.remove(1, once)
    for seq in range(3, 400):
        index.add(seq, spread([seq << 2]))
        if seq > 20:
            index.expire(seq - 18)
        found = index.candidates(once)
        assert found.seqs.tolist() == [2] * (seq < 21)
        assert found.carriers.tolist() == [int(seq < 21)] * 2


def test_articles_without_passages_are_never_indexed() -> None:
    index, nothing = PassagesIndex(), np.empty(0, np.uint32)
    index.add(1, nothing)
    assert len(index) == 0
    assert [column.tolist() for column in index.candidates(nothing)] == [[], [], []]
    index.add(2, np.array([5], np.uint32))
    assert [column.tolist() for column in index.candidates(nothing)] == [[], [], []]


def test_removing_twice_and_what_is_not_there_is_no_error() -> None:
    index, passages = PassagesIndex(), np.array([5, 6], np.uint32)
    index.remove(1, passages)
    index.expire(1)
    index.add(3, passages)
    index.add(4, passages)
    for seq in (3, 3, 99):
        index.remove(seq, passages)
    found = index.candidates(passages)
    assert (found.seqs.tolist(), found.carriers.tolist()) == ([4], [1, 1])
    with pytest.raises(ValueError, match="growing order"):
        index.add(4, passages)


@pytest.mark.parametrize("expired", [0, 90])
def test_articles_drop_out_as_they_are_removed_when_their_passages_are_known(expired: int) -> None:
    rng = np.random.default_rng(2)
    held = stream(rng, 300, fresh=30, families=10)
    removed, dropped = PassagesIndex(4), PassagesIndex(4)
    for index in (removed, dropped):
        for seq, passages in enumerate(held):
            index.add(seq, passages)
        index.expire(expired)
    gone = rng.choice(300, 40, replace=False).tolist()
    for seq in gone:
        removed.remove(seq, held[seq])
    dropped.drop(gone)
    for one, other in zip(removed.arrays, dropped.arrays, strict=True):
        assert (one == other).all()
