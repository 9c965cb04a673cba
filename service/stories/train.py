"""How is the same-event model fitted? Boosted one-feature trees, monotone where sense demands it, read off
as curves.

Trees that see one feature each add up to one curve per feature (a generalised additive model; Lou et al.
2012), so nothing is lost by writing the model down as curves. Training happens here and nowhere else.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss

from service.model import Float64
from service.stories.evidence import FEATURES
from service.stories.examples import Examples
from service.stories.same_event import Curves, SameEventModel, warmth_of

KNOTS = 16  # points at which a curve is read off

# More of these speaks for one event (1), against it (-1), or either way (0); the data may not say the
# contrary.
DIRECTION = {
    "cosine": 1,
    "contrast": 1,
    "title_cosine": 1,
    "title_cover": 1,
    "title_cover_least": 1,
    "lead_cover": 1,
    "lead_cover_least": 1,
    "rarest": 1,
    "numbers": 1,
    "numbers_apart": -1,
    "days_apart": -1,
    "days_unknown": 0,
    "untitled": 0,
    "standing": 1,
    "passage": 1,
    "copied": 1,
}

# Mean probabilities from which a story takes an article in, and from which two stories are one: chosen on
# the three dev sets together, under cross-validation (docs/decisions.md).
JOIN = 0.3
MERGE = 0.25
# In a window of a few articles wrong merges weigh more than missed ones: here about 90 % of the pairs that
# are linked are one event, under cross-validation.
CAUTIOUS = 0.8


class Fit(NamedTuple):
    """How well probabilities fit unseen pairs."""

    pairs: int
    positives: int
    average_precision: float
    log_loss: float
    brier: float


def train(examples: Examples) -> SameEventModel:
    """Fit the model: one set of curves for full windows, one for windows of a few articles.

    Raises:
        ValueError: the examples are all of one kind.
    """
    warm, cold = (fit_curves(examples.where(examples.cold == is_cold)) for is_cold in (False, True))
    return SameEventModel(warm, cold, JOIN, MERGE, CAUTIOUS)


def fit_curves(examples: Examples) -> Curves:
    """Fit one curve per feature, and the bias."""
    if len(np.unique(examples.same)) < 2:
        raise ValueError("training needs pairs of one event and pairs of two; add labelled articles")
    model = HistGradientBoostingClassifier(
        max_iter=150,
        learning_rate=0.15,
        max_leaf_nodes=8,
        min_samples_leaf=100,
        l2_regularization=5.0,
        interaction_cst="no_interactions",
        monotonic_cst=[DIRECTION[name] for name in FEATURES],
        early_stopping=False,
        random_state=0,
    )
    weight = examples.weight * len(examples.weight) / examples.weight.sum()
    model.fit(examples.features, examples.same, sample_weight=weight)
    return _read_off(model, examples.features)


def _read_off(model: HistGradientBoostingClassifier, features: Float64) -> Curves:
    """The sum of trees that see one feature each, as the curve of that feature from its least value on."""
    knots = np.array([_knots(features[:, column]) for column in range(len(FEATURES))])
    origin = knots[:, 0]
    bias = float(model.decision_function(origin[None, :])[0])
    adds = np.zeros_like(knots)
    for column in range(len(FEATURES)):
        points = np.repeat(origin[None, :], KNOTS, axis=0)
        points[:, column] = knots[column]
        adds[column] = model.decision_function(points) - bias
    return Curves(bias, knots, adds)


def _knots(values: Float64) -> Float64:
    """Where a curve is read: evenly over the values that are not 0, and at 0, so that a feature that is
    mostly absent is drawn where it is present."""
    present = values[values != 0.0]
    if not len(present):
        return np.linspace(0.0, 1.0, KNOTS)
    spread = np.unique(np.round(np.quantile(present, np.linspace(0.0, 1.0, KNOTS - 1)), 6))
    knots = np.unique(np.concatenate(([0.0], spread)))
    return np.concatenate((knots, np.full(KNOTS - len(knots), knots[-1])))


def judge_fit(model: SameEventModel, examples: Examples) -> Fit:
    """Compare a model's probabilities with labels it was not trained on."""
    warmth = np.array([warmth_of(articles) for articles in examples.articles.tolist()])
    cold, warm = model.cold.log_odds(examples.features), model.warm.log_odds(examples.features)
    probabilities = np.clip(1 / (1 + np.exp(-((1 - warmth) * cold + warmth * warm))), 1e-9, 1 - 1e-9)
    same, weight = examples.same, examples.weight
    return Fit(
        len(same),
        int(same.sum()),
        float(average_precision_score(same, probabilities, sample_weight=weight)),
        float(log_loss(same, probabilities, sample_weight=weight)),
        float(brier_score_loss(same, probabilities, sample_weight=weight)),
    )


def importance(curves: Curves, examples: Examples) -> dict[str, float]:
    """How much each feature moves the log-odds: the standard deviation of what it adds."""
    added = curves.contributions(examples.features)
    spread = np.sqrt(np.average((added - np.average(added, axis=0)) ** 2, axis=0))
    return {name: round(float(spread[column]), 4) for column, name in enumerate(FEATURES)}
