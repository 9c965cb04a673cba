"""Is every feature the number that a slow and obvious computation gives, and are the scratch tables left
clean?"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

import numpy as np
import pytest
from window_articles import DAY, WORDS, Statistics, Word, article, prose, unrelated, words_of

from service.index.window import Candidates, Window
from service.model import WindowArticle
from service.settings import Settings
from service.stories.evidence import (
    COLUMN,
    CROWD,
    DISCOUNT,
    ENOUGH_NUMBERS,
    FEATURES,
    Measure,
    share,
)


class Held:
    """A window and, beside it, its articles as words."""

    def __init__(self, items: Sequence[WindowArticle]) -> None:
        self.window = Window(Settings())
        self.items = list(items)
        for item in items:
            self.window.add(item, self.window.query(item))
        self.words = [words_of(item.sketch) for item in items]
        self.statistics = Statistics(self.words)

    def measure(self, item: WindowArticle) -> tuple[Measure, Candidates]:
        query = self.window.query(item)
        candidates = self.window.candidates(item, query)
        return Measure(self.window, item, query, candidates), candidates

    def crowd(self, candidates: Candidates) -> list[int]:
        return [int(slot) for slot in candidates.neighbours[:CROWD]]

    def expected(
        self, item: WindowArticle, candidates: Candidates, other: WindowArticle, slot: int
    ) -> dict[str, float]:
        """All features of a pair, from their definitions; `slot` is where the other lies, -1 for nowhere."""
        crowd = self.crowd(candidates)
        around = [self.words[member] for member in crowd if member != slot]
        nearest = float(candidates.cosines[0]) if len(candidates.cosines) else 0.0
        a, b = words_of(item.sketch), words_of(other.sketch)
        return {
            **self._of_words(a, b, around, len(crowd), nearest),
            **self._of_titles_and_leads(a, b),
            **self._of_numbers(a, b),
            **of_days(item, other),
            **of_text(item, other),
        }

    def _of_words(
        self,
        a: Mapping[int, Word],
        b: Mapping[int, Word],
        around: Sequence[Mapping[int, Word]],
        size: int,
        nearest: float,
    ) -> dict[str, float]:
        def left(key: int) -> float:
            users = sum(key in words for words in around)
            return min(1.0, max(0.0, math.log((size + 2) / (users + 1)) / math.log(size + 2)))

        one, other = self.statistics.weights(a), self.statistics.weights(b)
        both = [key for key in b if key in a]
        telling = sorted((self.statistics.idf(key) * left(key) for key in both), reverse=True)
        cosine = self.statistics.cosine(a, b)
        return {
            "cosine": cosine,
            "contrast": sum(one[key] * other[key] * left(key) ** 2 for key in both)
            / math.sqrt(
                sum((weight * left(key)) ** 2 for key, weight in one.items())
                * sum((weight * left(key)) ** 2 for key, weight in other.items())
                + 1e-12
            ),
            "rarest": sum(telling[:3]) / 3,
            "standing": cosine / max(nearest, cosine, 1e-9),
        }

    def _of_titles_and_leads(self, a: Mapping[int, Word], b: Mapping[int, Word]) -> dict[str, float]:
        idf = self.statistics.idf
        title_a, title_b = (
            {key: idf(key) ** 2 for key, word in words.items() if word.in_title} for words in (a, b)
        )
        lead_a, lead_b = ({key: idf(key) for key, word in words.items() if word.in_lead} for words in (a, b))
        titles = covers(title_a, b), covers(title_b, a)
        leads = covers(lead_a, b), covers(lead_b, a)
        titled, led = bool(title_a and title_b), bool(lead_a and lead_b)
        common = sum(weight for key, weight in title_a.items() if key in title_b)
        return {
            "untitled": float(not titled),
            "title_cosine": common / math.sqrt(sum(title_a.values()) * sum(title_b.values()))
            if titled
            else 0.0,
            "title_cover": max(titles) if titled else 0.0,
            "title_cover_least": min(titles) if titled else 0.0,
            "lead_cover": max(leads) if led else 0.0,
            "lead_cover_least": min(leads) if led else 0.0,
        }

    def _of_numbers(self, a: Mapping[int, Word], b: Mapping[int, Word]) -> dict[str, float]:
        one, other = (
            {key: self.statistics.idf(key) for key, w in words.items() if w.is_number} for words in (a, b)
        )
        fewer = min(sum(one.values()), sum(other.values()))
        # A word is a number or is not: what b gives as one and a has in any place is common.
        common = sum(weight for key, weight in other.items() if key in a)
        if not fewer:
            return {"numbers": 0.0, "numbers_apart": 0.0}
        return {"numbers": common / (fewer + ENOUGH_NUMBERS), "numbers_apart": fewer - common}


def covers(weights: Mapping[int, float], words: Mapping[int, Word]) -> float:
    """The part of a title or lead that an article repeats."""
    return sum(weight for key, weight in weights.items() if key in words) / max(sum(weights.values()), 1e-300)


def of_days(a: WindowArticle, b: WindowArticle) -> dict[str, float]:
    if a.published_at is None or b.published_at is None:
        return {"days_apart": 0.0, "days_unknown": 1.0}
    return {"days_apart": abs(a.published_at - b.published_at) / DAY, "days_unknown": 0.0}


def of_text(a: WindowArticle, b: WindowArticle) -> dict[str, float]:
    """Words in common runs of at least 8 as difflib sees them; and where there are any, the containment of
    3-word shingles."""
    one, other = a.sketch.body.tolist(), b.sketch.body.tolist()
    left, right = (set(zip(body, body[1:], body[2:], strict=False)) for body in (one, other))
    common = len(left & right)
    runs = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    words = sum(run.size for run in runs if run.size >= 8)
    copied = max(common / max(1, len(left)), common / max(1, len(right)))
    return {"copied": copied if words else 0.0, "passage": math.log1p(words)}


def random_articles(rng: random.Random, count: int) -> list[WindowArticle]:
    """Articles of a few subjects, with passages in common, some without title, date or numbers."""
    subjects = [rng.sample(WORDS[:3000], 30) for _ in range(6)]
    quotes = [prose(rng, 12, WORDS[4000:9000]) for _ in range(5)]
    made = []
    for number in range(count):
        among = [*rng.choice(subjects), *rng.sample(WORDS[:3000], 20), *map(str, range(1990, 2005))]
        text = " ".join(
            (prose(rng, rng.randint(5, 60), among), rng.choice([*quotes, ""]), prose(rng, 30, among))
        )
        title = rng.choice(["", prose(rng, 6, among), prose(rng, 3, among)])
        when = rng.choice([None, 0.0, 2.5 * DAY, rng.random() * 5 * DAY])
        made.append(article(f"a{number}", title, text, published_at=when))
    return made


def assert_features(
    found: np.ndarray, expected: Mapping[str, float], *, left_out: Sequence[str] = ()
) -> None:
    for name in FEATURES:
        if name not in left_out:
            assert found[COLUMN[name]] == pytest.approx(expected[name], rel=1e-6, abs=1e-6), name


@pytest.mark.parametrize(("seed", "size"), [(1, 0), (2, 1), (3, 5), (4, 40), (5, 40)])
def test_features_against_window_articles_are_those_of_the_definitions(seed: int, size: int) -> None:
    rng = random.Random(seed)
    *items, asked = random_articles(rng, size + 1)
    held = Held(items)
    measure, candidates = held.measure(asked)
    measured = measure.against(range(size))
    assert measured.slots.tolist() == list(range(size))
    assert (measured.articles, measured.neighbours) == (size, len(held.crowd(candidates)))
    textual = {*candidates.copies, *candidates.passages}
    assert measured.shared.keys() == textual
    for slot in range(size):
        expected = held.expected(asked, candidates, items[slot], slot)
        if slot not in textual:  # text is compared with candidates by text only
            expected |= {"copied": 0.0, "passage": 0.0}
        assert_features(measured.features[slot], expected)


def test_one_article_is_compared_in_all_ways_also_when_it_is_not_in_the_window() -> None:
    rng = random.Random(6)
    *items, asked, outside = random_articles(rng, 32)
    held = Held(items)
    measure, candidates = held.measure(asked)
    for slot, other in enumerate(items):
        found = measure.one(slot, other)
        assert_features(found.features[0], held.expected(asked, candidates, other, slot))
    staged = held.window.terms.stage(held.window.query(outside))
    assert_features(measure.one(staged, outside).features[0], held.expected(asked, candidates, outside, -1))


@pytest.mark.parametrize("seed", [7, 8])
def test_what_does_not_depend_on_a_neighbourhood_is_symmetric(seed: int) -> None:
    rng = random.Random(seed)
    items = random_articles(rng, 25)
    held = Held(items)
    measures = [held.measure(item)[0] for item in items]
    one_sided = ("contrast", "rarest", "standing")  # these look at the asking article's own neighbours
    for a, b in [rng.sample(range(25), 2) for _ in range(60)]:
        there, back = measures[a].one(b, items[b]), measures[b].one(a, items[a])
        assert_features(
            there.features[0],
            {name: float(back.features[0, COLUMN[name]]) for name in FEATURES},
            left_out=one_sided,
        )
        shared, mirrored = there.shared[b], back.shared[a]
        assert (shared.jaccard, shared.containment_a) == (mirrored.jaccard, mirrored.containment_b)
        assert shared.runs[:, [1, 0, 2]].tolist() == mirrored.runs.tolist()


def test_scratch_tables_are_zero_afterwards() -> None:
    *items, asked = random_articles(random.Random(9), 41)
    held = Held(items)
    held.measure(asked)[0].against(range(40))
    scratch = held.window.terms.scratch
    assert not any(table.any() for table in (scratch.weight, scratch.crowd, scratch.places))


def test_comparing_with_nobody_gives_no_rows() -> None:
    *items, asked = random_articles(random.Random(10), 11)
    measured = Held(items).measure(asked)[0].against([])
    assert (measured.features.shape, measured.slots.tolist(), measured.shared) == ((0, len(FEATURES)), [], {})


def test_a_word_that_all_neighbours_use_proves_nothing() -> None:
    rng = random.Random(11)
    formula = " ".join([prose(rng, 10)] * 3)
    items = [article(f"a{n}", "", f"{formula} {prose(rng, 15)}") for n in range(40)]
    held = Held([*items, *unrelated(200)])
    measure, candidates = held.measure(article("asked", "", f"{formula} {prose(rng, 15)}"))
    assert len(candidates.neighbours) >= CROWD
    features = measure.against(range(3)).features
    assert (features[:, COLUMN["cosine"]] > 0.1).all()
    # Left is what the discount leaves of a word that 23 of 24 neighbours use.
    assert (features[:, COLUMN["contrast"]] < 0.01).all()


def test_the_discount_is_none_in_an_empty_window_and_grows_with_the_crowd() -> None:
    assert DISCOUNT[0, 0] == 1.0
    assert (DISCOUNT[:, 0] == 1.0).all()
    assert (np.diff(DISCOUNT, axis=1) <= 0).all()
    assert DISCOUNT[CROWD, CROWD] < 0.02
    assert DISCOUNT.shape == (CROWD + 1, CROWD + 2)


def test_sharing_text_is_exact() -> None:
    rng = random.Random(12)
    passage = prose(rng, 9)
    a = article("a", "", f"{prose(rng, 20)} {passage} {prose(rng, 20)}").sketch.body
    b = article("b", "", f"{prose(rng, 30)} {passage} {prose(rng, 5)}").sketch.body
    shared = share(a, b)
    assert shared.runs.tolist() == [[20, 30, 9]]
    assert shared.jaccard == pytest.approx(7 / (47 + 42 - 7))
    assert (shared.containment_a, shared.containment_b) == (pytest.approx(7 / 47), pytest.approx(7 / 42))
    assert share(a, a)[:3] == (1.0, 1.0, 1.0)
    assert share(a, a[:0]) == (0.0, 0.0, 0.0, pytest.approx(np.empty((0, 3))))


def test_every_feature_has_words() -> None:
    assert all(FEATURES.values())
    assert list(COLUMN.values()) == list(range(len(FEATURES)))
