"""Is every feature the number that a slow and obvious computation gives, whichever way a pair is compared?"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from difflib import SequenceMatcher

import numpy as np
import pytest
from window_articles import DAY, WORDS, Statistics, Word, article, prose, unrelated, words_of

from service.index.terms import BEGINNING_WORDS, CROWD
from service.index.window import Candidates, Window
from service.model import WindowArticle
from service.settings import Settings
from service.stories.evidence import COLUMN, DISCOUNT, ENOUGH_NUMBERS, FEATURES, Measure

# Tables of the window are float32.
CLOSE = 2e-5


class Held:
    """A window and, beside it, its articles as words. All its sums are of now."""

    def __init__(self, items: Sequence[WindowArticle]) -> None:
        self.window = Window(Settings())
        self.items = list(items)
        for item in items:
            self.window.add(item, self.window.query(item))
        self.words = [words_of(item.sketch) for item in items]
        self.statistics = Statistics(self.words)
        self.window.terms.renew(np.arange(len(self.items), dtype=np.int32))

    def measure(self, item: WindowArticle) -> tuple[Measure, Candidates]:
        look = self.window.look(item)
        candidates = self.window.candidates(item, look)
        return Measure(self.window, item, look, candidates), candidates

    def crowd(self, candidates: Candidates) -> list[int]:
        return [int(slot) for slot in candidates.neighbours.slots[:CROWD]]

    def expected(
        self, item: WindowArticle, candidates: Candidates, other: WindowArticle, slot: int
    ) -> dict[str, float]:
        """All features of a pair, from their definitions; `slot` is where the other lies, -1 for nowhere."""
        crowd = self.crowd(candidates)
        around = [self.words[member] for member in crowd if member != slot]
        cosines = candidates.neighbours.cosines
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
        """Words in common runs of at least 8 as difflib sees them; and where there are any, the containment
        of 3-word shingles; as far as the passages of both are rare among the others of the window."""
        one, other = a.sketch.body.tolist(), b.sketch.body.tolist()
        left, right = (set(zip(body, body[1:], body[2:], strict=False)) for body in (one, other))
        common = len(left & right)
        runs = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
        words = sum(run.size - 7 for run in runs if run.size >= 8)
        copied = max(common / max(1, len(left)), common / max(1, len(right)))
        rarity = self._rarity(a, b)
        return {"copied": rarity * copied if words else 0.0, "passage": math.log1p(rarity * words)}

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
    for name in FEATURES:
        if name not in left_out:
            assert found[COLUMN[name]] == pytest.approx(expected[name], rel=CLOSE, abs=CLOSE), name


@pytest.mark.parametrize(("seed", "size"), [(1, 0), (2, 1), (3, 5), (4, 40), (5, 40)])
def test_features_against_window_articles_are_those_of_the_definitions(seed: int, size: int) -> None:
    rng = random.Random(seed)
    *items, asked = random_articles(rng, size + 1)
    held = Held(items)
    measure, candidates = held.measure(asked)
    measured = measure.against(range(size))
    assert measured.slots.tolist() == list(range(size))
    assert (measured.articles, measured.neighbours) == (size, len(held.crowd(candidates)))
    assert measured.shared.keys() == candidates.texts
    for slot in range(size):
        expected = held.expected(asked, candidates, items[slot], slot)
        if slot not in candidates.texts:  # text is compared with candidates by text only
            expected |= {"copied": 0.0, "passage": 0.0}
        assert_features(measured.features[slot], expected)
        certain = measured.shared[slot].certainty if slot in candidates.texts else 0.0
        assert measured.certain[slot] == certain


@pytest.mark.parametrize("seed", [21, 22, 23])
def test_candidates_are_compared_as_any_articles_are(seed: int) -> None:
    """The words they share were found along with the neighbours; it must not matter."""
    rng = random.Random(seed)
    items = random_articles(rng, 60)
    held = Held(items)
    for item in rng.sample(items, 10):
        measure, candidates = held.measure(item)
        measured, again = measure.candidates(), measure.against(candidates.slots)
        assert measured.slots.tolist() == candidates.slots
        assert measured.features == pytest.approx(again.features, rel=1e-12)
        assert measured.certain.tolist() == again.certain.tolist()
        assert measured.shared.keys() == again.shared.keys() == candidates.texts
        assert (measured.articles, measured.neighbours) == (again.articles, again.neighbours)
        for row, slot in enumerate(candidates.slots):
            assert measure.one(slot, items[slot]).features[0, :13] == pytest.approx(
                measured.features[row, :13]
            )


def test_measurements_are_joined_and_cut_row_by_row() -> None:
    rng = random.Random(24)
    *items, asked = random_articles(rng, 41)
    measure, _ = Held(items).measure(asked)
    every = measure.against(range(40))
    joined = measure.against(range(15)).and_more(measure.against(range(15, 40)))
    kept = every.rows(np.array([3, 17, 30]))
    for one, rows in ((joined, range(40)), (kept, [3, 17, 30])):
        assert one.slots.tolist() == list(rows)
        assert one.features.tolist() == every.features[list(rows)].tolist()
        assert one.certain.tolist() == every.certain[list(rows)].tolist()
        assert one.shared.keys() == every.shared.keys()
        assert (one.articles, one.neighbours) == (40, every.neighbours)


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
    # These look at the asking article's own neighbours.
    one_sided = ("contrast", "beginning", "title_told", "lead_told_least", "rarest", "standing")
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
    assert len(candidates.neighbours.slots) >= CROWD
    features = measure.against(range(3)).features
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
    measure, _ = held.measure(article("asked", "", " ".join(rng.sample(form, 80))))
    features = measure.against(range(40)).features
    assert (features[:, COLUMN["contrast"]] <= 1.0 + CLOSE).all()
    assert (features[:, COLUMN["lead_cover"]] <= 1.0 + CLOSE).all()
    assert (features[:, COLUMN["standing"]] <= 1.0).all()


def test_the_discount_is_none_in_an_empty_window_and_grows_with_the_crowd() -> None:
    assert DISCOUNT[0, 0] == 1.0
    assert (DISCOUNT[:, 0] == 1.0).all()
    assert (np.diff(DISCOUNT, axis=1) <= 0).all()
    assert DISCOUNT[CROWD, CROWD] < 0.02
    assert DISCOUNT.shape == (CROWD + 1, CROWD + 2)


def test_every_feature_has_words() -> None:
    assert all(FEATURES.values())
    assert list(COLUMN.values()) == list(range(len(FEATURES)))
