"""Do the curves say what they were written down to say, and does the shipped model make sense?"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.model import Float64
from service.stories.evidence import COLUMN, FEATURES
from service.stories.same_event import (
    COLD,
    CROWDED_JOIN,
    CROWDED_MERGE,
    WARM,
    Curves,
    SameEventModel,
    default_model,
    from_json,
    warmth_of,
)
from service.stories.train import DIRECTION

NUMBER = st.floats(-5, 20)
CURVE = st.lists(
    st.tuples(NUMBER, NUMBER), min_size=2, max_size=6, unique_by=lambda point: round(point[0], 3)
)


def curves_of(points: list[list[tuple[float, float]]], bias: float = 0.0) -> Curves:
    """Curves through (x, y) points, one list for each feature; the last point fills the row."""
    most = max(map(len, points))
    filled = [sorted(curve) + [max(curve)] * (most - len(curve)) for curve in points]
    both = np.array(filled)
    return Curves(bias, both[:, :, 0].copy(), both[:, :, 1].copy())


def flat(bias: float) -> Curves:
    """Curves that add nothing."""
    return curves_of([[(0.0, 0.0), (1.0, 0.0)]] * len(FEATURES), bias)


@settings(deadline=None)
@given(st.lists(CURVE, min_size=1, max_size=4), st.lists(st.floats(-10, 30), min_size=1, max_size=5))
def test_a_curve_is_read_as_numpy_interpolates(
    points: list[list[tuple[float, float]]], xs: list[float]
) -> None:
    features = np.repeat(np.array(xs)[:, None], len(points), axis=1)
    added = curves_of(points).contributions(features)
    for column, curve in enumerate(points):
        at, adds = zip(*sorted(curve), strict=True)
        assert added[:, column] == pytest.approx(np.interp(xs, at, adds), rel=1e-9, abs=1e-9)


def random_features(rows: int) -> Float64:
    rng = np.random.default_rng(1)
    features: Float64 = rng.random((rows, len(FEATURES))) * rng.choice([0.0, 1.0, 9.0], (rows, len(FEATURES)))
    return features


@pytest.mark.parametrize("articles", [0, 1, 30, 200, 1000, 100_000])
def test_contributions_and_bias_are_the_log_odds(articles: int) -> None:
    model, features = default_model(), random_features(50)
    warmth = warmth_of(articles)
    bias = (1 - warmth) * model.cold.bias + warmth * model.warm.bias
    log_odds = model.log_odds(features, articles)
    assert log_odds.shape == (50,)
    assert log_odds == pytest.approx(model.contributions(features, articles).sum(axis=1) + bias)


@pytest.mark.parametrize("articles", [5, 100, 400, 2000])
def test_cold_and_warm_curves_are_mixed_however_many_knots_each_has(articles: int) -> None:
    rng = np.random.default_rng(3)
    few, many = (
        curves_of([[(float(x), float(y)) for x, y in rng.random((knots, 2)) * 9] for _ in FEATURES], knots)
        for knots in (2, 7)
    )
    features, warmth = random_features(50), warmth_of(articles)
    for warm, cold in ((few, many), (many, few)):
        model = SameEventModel(warm, cold, 0.5, 0.5, 0.5)
        log_odds = (1 - warmth) * cold.log_odds(features) + warmth * warm.log_odds(features)
        assert model.log_odds(features, articles) == pytest.approx(log_odds)
        added = (1 - warmth) * cold.contributions(features) + warmth * warm.contributions(features)
        assert model.contributions(features, articles) == pytest.approx(added)


def test_a_window_warms_up_by_the_logarithm_of_its_articles() -> None:
    assert [warmth_of(articles) for articles in (0, 1, int(COLD), int(WARM), 10**6)] == [0, 0, 0, 1, 1]
    assert warmth_of(round((COLD * WARM) ** 0.5)) == pytest.approx(0.5, abs=0.01)
    model = SameEventModel(flat(3.0), flat(-1.0), join=0.4, merge=0.3, cautious=0.8)
    features = random_features(1)
    for articles, warmth in ((3, 0.0), (173, warmth_of(173)), (int(WARM), 1.0)):
        assert model.log_odds(features, articles)[0] == pytest.approx(-1.0 + 4.0 * warmth)
        assert model.join_from(articles) == pytest.approx(0.8 - 0.4 * warmth)
        assert model.merge_from(articles) == pytest.approx(0.8 - 0.5 * warmth)


def test_the_fuller_a_warm_window_the_more_is_asked_for() -> None:
    model = SameEventModel(flat(3.0), flat(-1.0), join=0.4, merge=0.3, cautious=0.8)
    for tenfolds in (1, 2):
        assert model.join_from(int(WARM) * 10**tenfolds) == pytest.approx(0.4 + tenfolds * CROWDED_JOIN)
        assert model.merge_from(int(WARM) * 10**tenfolds) == pytest.approx(0.3 + tenfolds * CROWDED_MERGE)
        assert model.log_odds(random_features(1), int(WARM) * 10**tenfolds)[0] == pytest.approx(3.0)


def test_the_committed_form_is_read_back_as_it_was_written() -> None:
    model = default_model()
    text = json.dumps(model.to_json())
    again = from_json(json.loads(text))
    assert json.dumps(again.to_json()) == text
    features = random_features(200)
    for articles in (5, 200, 2000):
        assert again.log_odds(features, articles).tolist() == model.log_odds(features, articles).tolist()
    assert (again.join, again.merge, again.cautious) == (model.join, model.merge, model.cautious)


def test_writing_rounds_to_six_figures_only() -> None:
    rng = np.random.default_rng(2)
    points = [[(float(x), float(y)) for x, y in rng.random((5, 2)) * 10] for _ in FEATURES]
    model = SameEventModel(curves_of(points, 0.123456789), flat(1.0), 0.5, 0.4, 0.6)
    again = from_json(json.loads(json.dumps(model.to_json())))
    features = random_features(100)
    assert again.warm.contributions(features) == pytest.approx(model.warm.contributions(features), abs=2e-4)
    assert again.warm.bias == pytest.approx(0.123457)


def stored() -> dict[str, Any]:
    result: dict[str, Any] = json.loads(json.dumps(default_model().to_json()))
    return result


def test_weights_of_another_version_are_refused() -> None:
    newer = {**stored(), "format": 2}
    unknown, missing, reordered = stored(), stored(), stored()
    unknown["warm"]["features"]["astrology"] = {"at": [0, 1], "adds": [0, 1]}
    del missing["cold"]["features"]["contrast"]
    reordered["warm"]["features"] = dict(reversed(reordered["warm"]["features"].items()))
    for wrong in (newer, unknown, missing, reordered):
        with pytest.raises(ValueError, match="samestory train"):
            from_json(wrong)


@pytest.mark.parametrize("part", ["warm", "cold"])
@pytest.mark.parametrize("name", FEATURES)
def test_the_shipped_curves_go_the_way_that_sense_demands(part: str, name: str) -> None:
    curves: Curves = getattr(default_model(), part)
    knots, adds = curves.knots[COLUMN[name]], curves.adds[COLUMN[name]]
    assert (np.diff(knots) >= 0).all()
    assert np.isfinite(adds).all()
    assert (np.diff(adds) * DIRECTION[name] >= -1e-6).all()


def test_the_shipped_thresholds_are_probabilities() -> None:
    model = default_model()
    assert 0 < model.merge < 1
    assert 0 < model.join < 1
    assert max(model.join, model.merge) <= model.cautious < 1
