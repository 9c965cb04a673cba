"""Does the terms index find the articles that brute force finds, with the same cosines?

Exactly so while no chain is longer than a walk and no article has more words than it is entered under; beyond
that the tests say what is given up.
"""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from window_articles import DAY, SKETCHER, WORDS, Statistics, Word, prose, words_of

from service.index.terms import SALIENT, WALK, WIDTH, Query, TermsIndex, largest
from service.model import Sketch
from service.sketch.terms import terms_of

Filters = tuple[float | None, int]  # published_at, language


class Window:
    """The index, and beside it all that was entered, to be gone through one by one."""

    def __init__(self) -> None:
        self.index = TermsIndex(capacity=2)
        self.words: list[dict[int, Word]] = []
        self.filters: list[Filters] = []
        self.live: set[int] = set()

    def query(self, sketch: Sketch, filters: Filters = (None, -1)) -> Query:
        return self.index.query(terms_of(sketch), *filters)

    def add(self, sketch: Sketch, filters: Filters = (None, -1)) -> int:
        slot = self.index.add(self.query(sketch, filters))
        assert slot == len(self.words)
        self.words.append(words_of(sketch))
        self.filters.append(filters)
        self.live.add(slot)
        return slot

    def remove(self, slot: int) -> None:
        self.index.remove(slot)
        self.live.discard(slot)

    def statistics(self) -> Statistics:
        return Statistics(self.words[slot] for slot in self.live)

    def expected(self, sketch: Sketch, filters: Filters, days: float, without: int = -1) -> dict[int, float]:
        """The cosines of all live articles that share a word and may be compared, by slot, best first."""
        mine, statistics = words_of(sketch), self.statistics()
        slots = [
            slot
            for slot in self.live
            if slot != without
            and mine.keys() & self.words[slot].keys()
            and comparable(filters, self.filters[slot], days)
        ]
        rough = {slot: self._rough(statistics, mine, slot) for slot in slots}
        near = sorted(slots, key=lambda slot: -rough[slot])[: WIDTH + WIDTH // 4]
        cosines = {slot: statistics.cosine(mine, self.words[slot]) for slot in near}
        return dict(sorted(cosines.items(), key=lambda pair: -pair[1])[:WIDTH])

    def _rough(self, statistics: Statistics, mine: dict[int, Word], slot: int) -> float:
        """What chooses the articles whose cosine is computed."""
        weights, theirs = statistics.weights(mine), self.words[slot]
        shared = sum(weight * statistics.idf(key) for key, weight in weights.items() if key in theirs)
        return shared / math.sqrt(10 + len(theirs))


def comparable(one: Filters, other: Filters, days: float) -> bool:
    """Whether neither time nor language keeps two articles apart."""
    dated = one[0] is not None and other[0] is not None
    return not (dated and abs(one[0] - other[0]) > days * DAY) and (
        one[1] == other[1] or min(one[1], other[1]) < 0
    )


def short_article(rng: random.Random, among: list[str]) -> Sketch:
    """At most as many words as an article is entered under, some used often and some in the title."""
    words = rng.sample(among, rng.randint(8, SALIENT - 4))
    uses = " ".join(word for word in words for _ in range(rng.choice([1, 1, 2, 5])))
    return SKETCHER.sketch(" ".join(rng.sample(words, 3) + rng.sample(among, 1)), uses)


def same(found: tuple[np.ndarray, np.ndarray], expected: dict[int, float]) -> bool:
    """Whether slots and cosines are the expected ones; equal cosines may change places."""
    slots, cosines = found
    assert (slots.dtype, cosines.dtype) == (np.int32, np.float64)
    assert sorted(cosines.tolist(), reverse=True) == cosines.tolist()
    return set(slots.tolist()) == set(expected) and all(
        math.isclose(cosine, expected[slot], rel_tol=1e-9)
        for slot, cosine in zip(slots.tolist(), cosines.tolist(), strict=True)
    )


@pytest.mark.parametrize(("seed", "articles", "vocabulary"), [(1, 30, 60), (2, 120, 300), (3, 120, 60)])
def test_neighbours_of_random_windows_are_those_of_brute_force(
    seed: int, articles: int, vocabulary: int
) -> None:
    rng = random.Random(seed)
    window, among = Window(), WORDS[:vocabulary]
    found = 0
    for _ in range(articles):
        sketch = short_article(rng, among)
        filters = rng.choice([None, 0.0, 3 * DAY, 9 * DAY]), rng.choice([-1, 0, 0, 1])
        expected = window.expected(sketch, filters, 7.0)
        assert same(window.index.neighbours(window.query(sketch, filters), 7.0), expected)
        found += len(expected)
        slot = window.add(sketch, filters)
        if window.live and rng.random() < 0.2:
            window.remove(rng.choice(sorted(window.live)))
        if slot in window.live:
            expected = window.expected(sketch, filters, 7.0, without=slot)
            assert same(window.index.neighbours(window.query(sketch, filters), 7.0, slot), expected)
    assert found > 5 * articles
    assert not window.index.scratch.weight.any()


def test_a_removed_article_is_no_longer_counted() -> None:
    rng = random.Random(4)
    window = Window()
    kept, gone = short_article(rng, WORDS[:50]), short_article(rng, WORDS[:50])
    window.add(kept)
    before = (
        window.index.vocabulary.frequency.tolist()[: window.index.vocabulary.size],
        window.index.log_articles,
    )
    window.remove(window.add(gone))
    window.index.remove(1)  # once more: no error, and nothing counted out twice
    size = len(before[0])
    assert (window.index.vocabulary.frequency.tolist()[:size], window.index.log_articles) == before
    assert not window.index.vocabulary.frequency[size:].any()


def test_a_staged_article_is_measurable_but_not_entered() -> None:
    rng = random.Random(5)
    window = Window()
    window.add(short_article(rng, WORDS[:50]))
    sketch = short_article(rng, WORDS[:50])
    query = window.query(sketch, (DAY, 3))
    slot = window.index.stage(query)
    staged = window.index.of(slot)
    assert staged.numbers.tolist() == query.numbers.tolist()
    assert (staged.days, staged.language) == (1.0, 3)
    assert window.index.neighbours(query, 7.0)[0].tolist() == [0]
    assert window.index.articles == 1
    assert window.index.stage(window.query(short_article(rng, WORDS[:50]))) == slot


def test_a_hot_word_is_followed_to_its_newest_articles_only() -> None:
    window = Window()
    for number in range(WALK + 20):  # the oldest would be the most similar
        own = WORDS[number] if number == 10 or number >= 20 else ""
        window.add(SKETCHER.sketch("", f"harbour {own}"))
    asked = SKETCHER.sketch("", f"harbour {WORDS[10]} {WORDS[30]}")
    slots = window.index.neighbours(window.query(asked), 7.0)[0].tolist()
    # 10 is older than the walk along "harbour", but its own word leads to it all the same.
    assert {10, 30} <= set(slots)
    only_hot = window.index.neighbours(window.query(SKETCHER.sketch("", "harbour")), 7.0)[0].tolist()
    assert min(only_hot) >= 20
    assert len(only_hot) == WIDTH


def test_a_long_article_is_entered_under_its_rarest_words() -> None:
    rng = random.Random(6)
    window = Window()
    common, rare = WORDS[:200], WORDS[1000:1010]
    for _ in range(60):
        window.add(SKETCHER.sketch("", prose(rng, 300, common)))
    slot = window.add(SKETCHER.sketch("", " ".join([*common, *rare])))
    assert len(window.words[slot]) > SALIENT
    slots, cosines = window.index.neighbours(window.query(SKETCHER.sketch("", " ".join(rare))), 7.0)
    assert slots.tolist() == [slot]
    asked = words_of(SKETCHER.sketch("", " ".join(rare)))
    assert cosines[0] == pytest.approx(window.statistics().cosine(asked, window.words[slot]))


def test_a_word_used_more_often_than_a_byte_can_count_weighs_as_255_uses() -> None:
    window = Window()
    sketch = SKETCHER.sketch("again", "again " * 600 + "and once more")
    window.add(sketch)
    asked = SKETCHER.sketch("again", "again")
    _, cosines = window.index.neighbours(window.query(asked), 7.0)
    assert cosines[0] == pytest.approx(window.statistics().cosine(words_of(asked), words_of(sketch)))


def test_the_largest_come_first_and_of_equal_ones_the_first() -> None:
    rng = random.Random(8)
    for most in (1, 5, 40):
        values = np.array([rng.choice([-np.inf, 0.0, 0.5, 1.0, rng.random()]) for _ in range(30)])
        expected = np.argsort(-values, kind="stable")[:most]
        assert largest(values, most).tolist() == expected.tolist()
