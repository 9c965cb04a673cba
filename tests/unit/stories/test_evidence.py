"""Is every feature the number that a slow and obvious computation gives, whichever way a pair is compared?"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from difflib import SequenceMatcher
from functools import cached_property

import numpy as np
import pytest
from window_articles import DAY, WORDS, Statistics, Word, article, prose, unrelated, words_of

from service.index.rarity import BEGINNING_WORDS, FRESH, SMALL
from service.index.terms import CROWD
from service.index.window import Candidates, Window
from service.model import WindowArticle
from service.settings import Settings
from service.stories.evidence import (
    COLUMN,
    DISCOUNT,
    ENOUGH_NUMBERS,
    FEATURES,
    Measured,
    measure,
    measure_against,
)
from service.stories.shared_text import CONTAINMENT_A, CONTAINMENT_B, JACCARD, SHARES

# Tables of the window are float32.
CLOSE = 2e-5


class Held:
    """A window and, beside it, its articles as words. All its sums are of now when a query meets them."""

    def __init__(self, items: Sequence[WindowArticle]) -> None:
        self.window = Window(Settings())
        self.items = list(items)
        self.window.add(*items)

    @cached_property
    def words(self) -> list[dict[int, Word]]:
        return [words_of(item.sketch) for item in self.items]

    @cached_property
    def statistics(self) -> Statistics:
        return Statistics(self.words)

    def look(self, item: WindowArticle) -> tuple[int, Candidates]:
        """Where an article lies, staged unless it is in the window, and its candidates."""
        known = item.article_id in self.window
        slot = self.window.slot(item.article_id) if known else self.window.stage(item)
        return slot, self.window.candidates(slot)

    def against(self, slot: int, found: Candidates, others: Sequence[int]) -> Measured:
        """An article compared with these, as texts only where they are candidates by text."""
        return measure_against(self.window, slot, found, others, np.isin(others, found.texts))

    def one(self, slot: int, found: Candidates, other: int) -> Measured:
        """An article compared with one in all ways."""
        return measure_against(self.window, slot, found, [other], np.ones(1, np.bool_))

    def crowd(self, found: Candidates) -> list[int]:
        return [int(slot) for slot in found.neighbours[:CROWD]]

    def expected(
        self, item: WindowArticle, found: Candidates, other: WindowArticle, slot: int
    ) -> dict[str, float]:
        """All features of a pair, from their definitions; `slot` is where the other lies, -1 for nowhere."""
        crowd = self.crowd(found)
        around = [self.words[member] for member in crowd if member != slot]
        cosines = found.around[2]
        nearest = float(cosines[0]) if len(cosines) else 0.0
        a, b = words_of(item.sketch), words_of(other.sketch)
        return {
            **self._of_words(a, b, around, len(crowd), nearest),
            **self._of_titles_and_leads(a, b, self._left(around, len(crowd))),
            **self._of_numbers(a, b),
            **of_days(item, other),
            **self._of_text(item, other),
        }

    def _of_words(
        self,
        a: Mapping[int, Word],
        b: Mapping[int, Word],
        around: Sequence[Mapping[int, Word]],
        size: int,
        nearest: float,
    ) -> dict[str, float]:
        left = self._left(around, size)
        one, other = self.statistics.weights(a), self.statistics.weights(b)
        both = [key for key in b if key in a]
        telling = sorted((self.statistics.idf(key) * left(key) for key in both), reverse=True)
        cosine = self.statistics.cosine(a, b)
        norm_a = sum((weight * left(key)) ** 2 for key, weight in one.items())
        # The words that b alone uses keep their whole weight.
        norm_b = sum((weight * (left(key) if key in a else 1)) ** 2 for key, weight in other.items())
        begin_a, begin_b = (
            {key: self.statistics.idf(key) ** 2 for key in list(words)[:BEGINNING_WORDS]} for words in (a, b)
        )
        beginning = math.sqrt(told(begin_a, a, left) * told(begin_b, a, left) + 1e-12)
        return {
            "beginning": sum(square * left(key) ** 2 for key, square in begin_a.items() if key in begin_b)
            / beginning,
            "contrast": sum(one[key] * other[key] * left(key) ** 2 for key in both)
            / math.sqrt(norm_a * norm_b + 1e-12),
            "rarest": sum(telling[:3]) / 3,
            "standing": cosine / max(nearest, cosine, 1e-9),
        }

    def _left(self, around: Sequence[Mapping[int, Word]], size: int) -> Callable[[int], float]:
        """What is left of a word's weight when so many of the crowd use it."""

        def left(key: int) -> float:
            users = sum(key in words for words in around)
            return min(1.0, max(0.0, math.log((size + 2) / (users + 1)) / math.log(size + 2)))

        return left

    def _of_titles_and_leads(
        self, a: Mapping[int, Word], b: Mapping[int, Word], left: Callable[[int], float]
    ) -> dict[str, float]:
        idf = self.statistics.idf
        title_a, title_b = (
            {key: idf(key) ** 2 for key, word in words.items() if word.in_title} for words in (a, b)
        )
        lead_a, lead_b = ({key: idf(key) for key, word in words.items() if word.in_lead} for words in (a, b))
        leads = covers(lead_a, b), covers(lead_b, a)
        titled = bool(title_a and title_b)
        common = sum(weight for key, weight in title_a.items() if key in title_b)
        norm = math.sqrt(sum(title_a.values()) * sum(title_b.values()))
        return {
            "untitled": float(not titled),
            "title_cosine": common / norm if titled else 0.0,
            "title_told": max(telling(t, b, a, left, 2) for t in (title_a, title_b)) if titled else 0.0,
            "lead_cover": max(leads),
            "lead_cover_least": min(leads),
            "lead_told_least": min(telling(lead, b, a, left, 1) for lead in (lead_a, lead_b)),
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

    def _of_text(self, a: WindowArticle, b: WindowArticle) -> dict[str, float]:
        _, containment_a, containment_b, words, rarity = self.shares(a, b)
        return {
            "copied": rarity * max(containment_a, containment_b),
            "passage": math.log1p(rarity * words),
        }

    def shares(self, a: WindowArticle, b: WindowArticle) -> list[float]:
        """Words in common runs of at least 8 as difflib sees them; and where there are any, Jaccard and
        containment of 3-word shingles, and how rare the passages of both are among the others."""
        one, other = a.sketch.body.tolist(), b.sketch.body.tolist()
        runs = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
        words = sum(run.size - 7 for run in runs if run.size >= 8)
        if not words:
            return [0.0] * SHARES
        left, right = (set(zip(body, body[1:], body[2:], strict=False)) for body in (one, other))
        common = len(left & right)
        parts = common / len(left | right), common / len(left), common / len(right)
        return [*parts, float(words), self._rarity(a, b)]

    def _rarity(self, a: WindowArticle, b: WindowArticle) -> float:
        """1 where no other article has the passages of both, 0 from seven others on, in between linear."""
        others = Counter(
            passage
            for item in self.items
            if item.article_id not in (a.article_id, b.article_id)
            for passage in set(item.sketch.passages.tolist())
        )
        common = set(a.sketch.passages.tolist()) & set(b.sketch.passages.tolist())
        return float(np.mean([max(0.0, 1 - others[passage] / 7) for passage in common])) if common else 1.0


def covers(weights: Mapping[int, float], words: Mapping[int, Word]) -> float:
    """The part of a title or lead that an article repeats."""
    return sum(weight for key, weight in weights.items() if key in words) / max(sum(weights.values()), 1e-300)


def told(
    weights: Mapping[int, float], a: Mapping[int, Word], left: Callable[[int], float], power: int = 2
) -> float:
    """The sum of weights after the discount of the words that a uses: others keep their whole weight."""
    return sum(weight * (left(key) ** power if key in a else 1.0) for key, weight in weights.items())


def telling(
    weights: Mapping[int, float],
    b: Mapping[int, Word],
    a: Mapping[int, Word],
    left: Callable[[int], float],
    power: int,
) -> float:
    """The part of a title or lead, after the discount, that both articles use."""
    both = sum(weight * left(key) ** power for key, weight in weights.items() if key in a and key in b)
    whole = told(weights, a, left, power)
    return both / whole if whole > 1e-6 else 0.0


def of_days(a: WindowArticle, b: WindowArticle) -> dict[str, float]:
    if a.published_at is None or b.published_at is None:
        return {"days_apart": 0.0}
    return {"days_apart": abs(a.published_at - b.published_at) / DAY}


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
    """Places with another anchor are what `test_twins.py` is about."""
    for name in FEATURES:
        if name not in (*left_out, "replaced"):
            assert found[COLUMN[name]] == pytest.approx(expected[name], rel=CLOSE, abs=CLOSE), name


@pytest.mark.parametrize(("seed", "size"), [(1, 0), (2, 1), (3, 5), (4, 40), (5, 40)])
def test_features_against_window_articles_are_those_of_the_definitions(seed: int, size: int) -> None:
    rng = random.Random(seed)
    *items, asked = random_articles(rng, size + 1)
    held = Held(items)
    slot, found = held.look(asked)
    texts = set(found.texts.tolist())
    measured = held.against(slot, found, range(size))
    assert measured.slots.tolist() == list(range(size))
    assert (measured.articles, measured.neighbours) == (size, len(held.crowd(found)))
    for other in range(size):
        expected, shares = held.expected(asked, found, items[other], other), held.shares(asked, items[other])
        if other not in texts:  # text is compared with candidates by text only
            expected |= {"copied": 0.0, "passage": 0.0}
            shares = [0.0] * SHARES
        assert_features(measured.features[other], expected)
        assert measured.shares[other].tolist() == pytest.approx(shares)


@pytest.mark.parametrize("seed", [21, 22, 23])
def test_candidates_are_compared_as_any_articles_are(seed: int) -> None:
    """The words they share were found along with the neighbours; it must not matter."""
    rng = random.Random(seed)
    items = random_articles(rng, 60)
    held = Held(items)
    textual = 0
    for item in rng.sample(items, 10):
        slot, found = held.look(item)
        measured, again = measure(held.window, slot, found), held.against(slot, found, found.slots.tolist())
        assert measured.slots.tolist() == again.slots.tolist() == found.slots.tolist()
        assert measured.features == pytest.approx(again.features, rel=1e-12)
        assert (measured.articles, measured.neighbours) == (again.articles, again.neighbours)
        for part in ("shares", "runs", "ends"):
            assert getattr(measured, part).tolist() == getattr(again, part).tolist()
        for row, other in enumerate(found.slots.tolist()):
            alone = held.one(slot, found, other)
            assert alone.features[0, :13] == pytest.approx(measured.features[row, :13])
            if found.textual[row]:
                assert alone.features[0] == pytest.approx(measured.features[row])
                assert alone.shared(0).shares.tolist() == measured.shared(row).shares.tolist()
                assert alone.shared(0).runs.tolist() == measured.shared(row).runs.tolist()
                textual += len(measured.shared(row).runs)
            else:
                assert not measured.shared(row).shares.any()
                assert not len(measured.shared(row).runs)
    assert textual


@pytest.mark.parametrize("seed", [24, 25])
def test_text_compared_without_finding_any_changes_nothing(seed: int) -> None:
    *items, asked = random_articles(random.Random(seed), 41)
    held = Held(items)
    slot, found = held.look(asked)
    never, always = (
        measure_against(held.window, slot, found, range(40), np.full(40, textual))
        for textual in (False, True)
    )
    nothing = [row for row in range(40) if not len(always.shared(row).runs)]
    assert 0 < len(nothing) < 40
    assert always.features[nothing].tolist() == never.features[nothing].tolist()
    assert not never.shares.any()
    assert not always.shares[nothing].any()


def test_one_article_is_compared_in_all_ways_also_when_it_is_not_in_the_window() -> None:
    rng = random.Random(6)
    *items, asked, outside = random_articles(rng, 32)
    held = Held(items)
    slot, found = held.look(asked)
    for other, item in enumerate(items):
        measured = held.one(slot, found, other)
        assert_features(measured.features[0], held.expected(asked, found, item, other))
        assert measured.shares[0].tolist() == pytest.approx(held.shares(asked, item))
    staged = held.window.stage(outside)
    measured = held.one(slot, found, staged)
    assert_features(measured.features[0], held.expected(asked, found, outside, -1))
    # And an article of the window with one that is not there.
    slot, found = held.look(items[3])
    measured = held.one(slot, found, staged)
    assert_features(measured.features[0], held.expected(items[3], found, outside, -1))


@pytest.mark.parametrize("seed", [7, 8])
def test_what_does_not_depend_on_a_neighbourhood_is_symmetric(seed: int) -> None:
    rng = random.Random(seed)
    items = random_articles(rng, 25)
    held = Held(items)
    looks = [held.look(item) for item in items]
    # These look at the asking article's own neighbours.
    one_sided = ("contrast", "beginning", "title_told", "lead_told_least", "rarest", "standing")
    for a, b in [rng.sample(range(25), 2) for _ in range(60)]:
        there, back = held.one(*looks[a], b), held.one(*looks[b], a)
        assert_features(
            there.features[0],
            {name: float(back.features[0, COLUMN[name]]) for name in FEATURES},
            left_out=one_sided,
        )
        shared, mirrored = there.shared(0), back.shared(0)
        assert shared.shares[JACCARD] == mirrored.shares[JACCARD]
        assert shared.shares[CONTAINMENT_A] == mirrored.shares[CONTAINMENT_B]
        assert shared.runs[:, [1, 0, 2]].tolist() == mirrored.runs.tolist()


def test_comparing_with_nobody_gives_no_rows() -> None:
    *items, asked = random_articles(random.Random(10), 11)
    held = Held(items)
    measured = held.against(*held.look(asked), [])
    assert (measured.features.shape, measured.slots.tolist()) == ((0, len(FEATURES)), [])
    assert (measured.shares.shape, len(measured.runs), measured.ends.tolist()) == ((0, SHARES), 0, [0])


def test_a_word_that_all_neighbours_use_proves_nothing() -> None:
    rng = random.Random(11)
    formula = " ".join([prose(rng, 10)] * 3)
    items = [article(f"a{n}", "", f"{formula} {prose(rng, 15)}") for n in range(40)]
    held = Held([*items, *unrelated(200)])
    slot, found = held.look(article("asked", "", f"{formula} {prose(rng, 15)}"))
    assert len(found.neighbours) >= CROWD
    features = held.against(slot, found, range(3)).features
    assert (features[:, COLUMN["lead_cover"]] > 0.1).all()
    # Left is what the discount leaves of a word that 23 of 24 neighbours use.
    assert (features[:, COLUMN["contrast"]] < 0.01).all()


def test_two_reports_are_never_more_than_alike() -> None:
    """The sums of articles are of now when they are compared: a norm that was a tenth too small left nothing
    of a report that says what its neighbours say, and the contrast was 17,600 where 0.1 was right."""
    rng = random.Random(13)
    form = rng.sample(WORDS, 80)
    items = [article(f"a{n}", "", " ".join(rng.sample(form, 80))) for n in range(40)]
    held = Held([*items, *unrelated(200)])
    slot, found = held.look(article("asked", "", " ".join(rng.sample(form, 80))))
    features = held.against(slot, found, range(40)).features
    assert (features[:, COLUMN["contrast"]] <= 1.0 + CLOSE).all()
    assert (features[:, COLUMN["lead_cover"]] <= 1.0 + CLOSE).all()
    assert (features[:, COLUMN["standing"]] <= 1.0).all()


def test_it_hardly_matters_when_the_words_of_a_report_were_added_up() -> None:
    """In a large window that may be a while ago. What is left of a report that says what its neighbours say
    is a small difference of two large sums: a bit of age in one of them must not make it nothing."""
    rng = random.Random(26)
    form = rng.sample(WORDS, 80)
    *items, asked = (
        article(f"a{n}", "", " ".join(rng.sample(form, 80) + rng.sample(WORDS, 2))) for n in range(41)
    )
    late = int(FRESH * 1140)  # so few of a large window make nothing be added up anew
    assert SMALL < 1140
    others = unrelated(1100 + late)
    windows = [Held([*items, *others[:1100]]), Held([*items, *others[:1100]])]
    with windows[0].window.visit():
        windows[0].look(asked)  # only here are they added up before the others come
    found = []
    for held in windows:
        held.window.add(*others[1100:])
        slot, around = held.look(asked)
        found.append(held.against(slot, around, range(40)).features)
    assert found[0] == pytest.approx(found[1], abs=0.05)


def test_the_discount_is_none_in_an_empty_window_and_grows_with_the_crowd() -> None:
    assert DISCOUNT[0, 0] == 1.0
    assert (DISCOUNT[:, 0] == 1.0).all()
    assert (np.diff(DISCOUNT, axis=1) <= 0).all()
    assert DISCOUNT[CROWD, CROWD] < 0.02
    assert DISCOUNT.shape == (CROWD + 1, CROWD + 2)


def test_every_feature_has_words() -> None:
    assert all(FEATURES.values())
    assert list(COLUMN.values()) == list(range(len(FEATURES)))
