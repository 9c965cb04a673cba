"""Does training find what is in the examples, the way that sense demands, and the same each time?"""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
from window_articles import WORDS, article

from service.model import WindowArticle
from service.settings import Settings
from service.stories.evidence import COLUMN, FEATURES
from service.stories.examples import FOLDS, Examples, LabelledSet, examples, join
from service.stories.same_event import from_json
from service.stories.train import (
    COLD_ONLY,
    DIRECTION,
    PASSAGES_COLD,
    PASSAGES_WARM,
    fit_curves,
    importance,
    judge_fit,
    train,
)


def made_up(count: int, seed: int = 1, cold_share: float = 0.4) -> Examples:
    """Pairs of one event have like beginnings and few numbers apart, and the untitled ones differ; the rest
    is noise."""
    rng = np.random.default_rng(seed)
    features = rng.random((count, len(FEATURES)))
    features[:, [COLUMN["passage"], COLUMN["replaced"]]] = 0.0  # never present
    features[:, COLUMN["untitled"]] = rng.random(count) < 0.3
    pull = (
        6 * features[:, COLUMN["beginning"]]
        - 4 * features[:, COLUMN["numbers_apart"]]
        + 2 * features[:, COLUMN["untitled"]]
        - 3 * features[:, COLUMN["contrast"]]  # against all sense
        - 1.5
    )
    same = rng.random(count) < 1 / (1 + np.exp(-pull))
    return Examples(
        features,
        same,
        rng.integers(0, FOLDS, (count, 2)).astype(np.int32),
        rng.integers(2, 3000, count),
        rng.random(count) < cold_share,
        np.ones(count),
    )


@pytest.fixture(scope="module")
def learnt() -> tuple[Examples, object]:
    seen = made_up(4000)
    return seen, train(seen)


def adds(curves: object, name: str) -> np.ndarray:
    result: np.ndarray = curves.adds[COLUMN[name]]  # type: ignore[attr-defined]
    return result


@pytest.mark.parametrize("part", ["warm", "cold"])
def test_curves_are_monotone_where_sense_demands_it(learnt: tuple[Examples, object], part: str) -> None:
    curves = getattr(learnt[1], part)
    for name, direction in DIRECTION.items():
        assert (np.diff(curves.knots[COLUMN[name]]) >= 0).all()
        if direction:
            assert (np.diff(adds(curves, name)) * direction >= -1e-9).all(), name
    assert np.ptp(adds(curves, "beginning")) > 3
    assert np.ptp(adds(curves, "numbers_apart")) > 2
    # What the data say against all sense is not learnt; what has no direction is learnt either way.
    assert np.ptp(adds(curves, "contrast")) < 0.2
    assert adds(curves, "untitled")[-1] > 1


def test_training_is_repeatable_and_can_be_written_down(learnt: tuple[Examples, object]) -> None:
    seen, model = learnt
    once = json.dumps(train(seen).to_json())
    assert once == json.dumps(model.to_json())  # type: ignore[attr-defined]
    read = from_json(json.loads(once))
    for articles in (5, 5000):
        found, written = (one.log_odds(seen.features, articles) for one in (model, read))  # type: ignore[attr-defined]
        assert written == pytest.approx(found, abs=1e-3)


def test_probabilities_fit_pairs_that_were_not_seen(learnt: tuple[Examples, object]) -> None:
    unseen = made_up(4000, seed=2)
    fit = judge_fit(learnt[1], unseen)  # type: ignore[arg-type]
    assert (fit.pairs, fit.positives) == (4000, int(unseen.same.sum()))
    base = unseen.same.mean()
    assert fit.average_precision > base + 0.2
    assert fit.brier < 0.85 * base * (1 - base)
    assert fit.log_loss < -(base * np.log(base) + (1 - base) * np.log(1 - base)) - 0.08


def test_a_weighty_example_counts_as_many_light_ones() -> None:
    seen = made_up(3000)
    weight = np.where(seen.same, 5.0, 1.0)
    weighed = Examples(seen.features, seen.same, seen.folds, seen.articles, seen.cold, weight)
    middle = np.full((1, len(FEATURES)), 0.5)
    assert fit_curves(weighed).log_odds(middle)[0] > fit_curves(seen).log_odds(middle)[0] + 0.8


def test_what_matters_is_seen_to_matter(learnt: tuple[Examples, object]) -> None:
    seen, model = learnt
    weights = importance(model.warm, seen)  # type: ignore[attr-defined]
    assert list(weights) == list(FEATURES)
    assert max(weights, key=lambda name: weights[name]) == "beginning"
    assert weights["passage"] == 0


def test_what_a_passage_adds_is_stated_and_the_rest_is_fitted_on_top(learnt: tuple[Examples, object]) -> None:
    """The dev sets have few and contradict one another: the examples here, without any, change nothing."""
    for part, stated in (("warm", PASSAGES_WARM), ("cold", PASSAGES_COLD)):
        curves = getattr(learnt[1], part)
        knots, added = curves.knots[COLUMN["passage"]], adds(curves, "passage")
        for words, value in stated.items():
            assert np.interp(np.log1p(words), knots, added) == pytest.approx(value)


def test_what_is_for_cold_windows_is_not_used_in_full_ones(learnt: tuple[Examples, object]) -> None:
    for name in COLD_ONLY:
        assert np.ptp(adds(learnt[1].warm, name)) == 0  # type: ignore[attr-defined]


def test_examples_of_one_kind_teach_nothing() -> None:
    seen = made_up(500)
    with pytest.raises(ValueError, match="pairs of one event and pairs of two"):
        train(seen.where(seen.same))


def labelled(rng: random.Random, stories: int = 60) -> LabelledSet:
    """Two reports of each of some events, and a report that nobody labelled is not among them."""
    items: list[WindowArticle] = []
    gold = {}
    for story in range(stories):
        core = rng.sample(WORDS, 30)
        for report in range(2):
            words = [rng.choice(core if rng.random() < 0.5 else WORDS[:2000]) for _ in range(80)]
            items.append(article(f"{story}-{report}", " ".join(core[:4]), " ".join(words)))
            gold[items[-1].article_id] = f"story {story}"
    return LabelledSet("made up", items, gold)


def test_examples_are_labelled_pairs_measured_in_each_way() -> None:
    made = labelled(random.Random(1))
    found = examples(made, Settings())
    count = len(found.same)
    assert found.features.shape == (count, len(FEATURES))
    assert found.folds.shape == (count, 2)
    assert {len(part) for part in (found.articles, found.cold, found.weight)} == {count}
    for cold in (False, True):
        part = found.where(found.cold == cold)
        assert part.weight.sum() == pytest.approx(1.0)
        assert 0 < part.same.mean() < 1
        untitled = part.features[:, COLUMN["untitled"]] == 1
        assert 0.1 < untitled.mean() < 0.6
        assert (part.articles <= (60 if cold else 120)).all()
    # A pair of one event lies in one fold, and a fold's articles are left out on either side.
    assert (found.folds[found.same, 0] == found.folds[found.same, 1]).all()
    for fold in range(FOLDS):
        outside = found.outside(fold)
        assert not (outside.folds == fold).any()
        assert len(outside.same) < count
    both = join([found, found])
    assert len(both.same) == 2 * count


def test_labelled_pairs_are_examples_of_their_own() -> None:
    rng = random.Random(2)
    made = labelled(rng, 30)
    ids = [item.article_id for item in made.items]
    pairs = {(f"{n}-0", f"{n}-1"): True for n in range(30)}
    pairs |= {(f"{n}-0", f"{(n + 1) % 30}-1"): False for n in range(30)}
    pairs |= {(b, a): same for (a, b), same in pairs.items()}
    found = examples(LabelledSet("pairs", made.items, pairs=pairs), Settings())
    assert len(ids) == 60
    assert found.same.any()
    assert not found.same.all()
    full = found.where((found.articles == 60) & (found.features[:, COLUMN["untitled"]] == 0))
    assert int(full.same.sum()) == 60  # each from both sides


def test_an_article_that_nobody_labelled_is_no_example() -> None:
    """It ended the training with a KeyError."""
    made = labelled(random.Random(3), 20)
    stories = {id: story for id, story in made.stories.items() if id != "7-1"}
    partly = LabelledSet("partly", made.items, stories)
    assert examples(partly, Settings()).same.any()
    others = [("7-0", "7-1"), ("7-1", "8-0"), ("8-0", "8-1"), ("8-0", "9-0")]
    assert [partly.same(a, b) for a, b in others] == [None, None, True, False]
    paired = LabelledSet("paired", made.items, pairs={("8-0", "8-1"): True, ("8-0", "9-0"): False})
    assert [paired.same(a, b) for a, b in others] == [None, None, True, False]
