"""How probable is it that two articles report one event? A small calibrated model that says what decided.

Each feature adds to the log-odds along a piecewise linear curve, so that contributions can be read off
feature by feature. The curves are fitted in `stories.train`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from service.model import Float64
from service.sketch.jit import kernel
from service.stories.evidence import FEATURES

FORMAT = 1
WEIGHTS = "same_event.json"

# A window of so few articles is cold, one of so many is warm; in between curves are mixed by the logarithm.
COLD, WARM = 30.0, 1000.0


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """bias: log-odds; knots, adds: float64 (features, k), the curve of each feature, its last knot repeated
    to fill the row."""

    bias: float
    knots: Float64
    adds: Float64

    def contributions(self, features: Float64) -> Float64:
        """What each feature adds to the log-odds: float64, shape like `features`, (n, features)."""
        return _contribute(features, self.knots, self.adds)

    def log_odds(self, features: Float64) -> Float64:
        """The log-odds of one event for each row of features: float64 (n,)."""
        return _add_up(features, self.knots, self.adds, self.bias)

    def to_json(self) -> dict[str, Any]:
        """One curve per feature, readable by people."""
        curves = {
            name: {"at": _trimmed(at, at), "adds": _trimmed(at, adds)}
            for name, at, adds in zip(FEATURES, self.knots, self.adds, strict=True)
        }
        return {"bias": float(f"{self.bias:.6g}"), "features": curves}


@dataclass(frozen=True, slots=True, eq=False)
class SameEventModel:
    """warm: the curves for a window that knows which words are rare; cold: those for one that does not.

    join: the mean probability from which an article joins a story of a warm window as it comes; merge: the
    one from which re-clustering joins two stories; cautious: what takes the place of both in a cold window.
    """

    warm: Curves
    cold: Curves
    join: float
    merge: float
    cautious: float

    def join_from(self, articles: int) -> float:
        """`join` for a window of so many articles."""
        return self._threshold(self.join, articles)

    def merge_from(self, articles: int) -> float:
        """`merge` for a window of so many articles."""
        return self._threshold(self.merge, articles)

    def _threshold(self, warm: float, articles: int) -> float:
        warmth = warmth_of(articles)
        return (1 - warmth) * self.cautious + warmth * warm

    def contributions(self, features: Float64, articles: int) -> Float64:
        """What each feature adds to the log-odds: float64, shape like `features`, (n, features), for pairs
        measured in a window of so many articles."""
        return self._mixed(Curves.contributions, features, articles)

    def log_odds(self, features: Float64, articles: int) -> Float64:
        """The log-odds of one event for each row of features, calibrated: float64 (n,)."""
        return self._mixed(Curves.log_odds, features, articles)

    def _mixed(self, what: Callable[[Curves, Float64], Float64], features: Float64, articles: int) -> Float64:
        warmth = warmth_of(articles)
        if warmth in (0.0, 1.0):
            return what(self.warm if warmth else self.cold, features)
        return (1 - warmth) * what(self.cold, features) + warmth * what(self.warm, features)

    def to_json(self) -> dict[str, Any]:
        """The form that is committed."""
        curves = {"warm": self.warm.to_json(), "cold": self.cold.to_json()}
        thresholds = {"join": self.join, "merge": self.merge, "cautious": self.cautious}
        return {"format": FORMAT, **thresholds, **curves}


def from_json(stored: Mapping[str, Any]) -> SameEventModel:
    """Read what `to_json` wrote.

    Raises:
        ValueError: the file is of another format or of other features.
    """
    fits = all(list(stored[part]["features"]) == list(FEATURES) for part in ("warm", "cold"))
    if stored["format"] != FORMAT or not fits:
        raise ValueError("the weights do not fit this version; train them again: `samestory train`")
    thresholds = stored["join"], stored["merge"], stored["cautious"]
    return SameEventModel(_curves(stored["warm"]), _curves(stored["cold"]), *thresholds)


def _curves(stored: Mapping[str, Any]) -> Curves:
    curves = stored["features"].values()
    most = max(len(curve["at"]) for curve in curves)
    knots = np.array([_filled(curve["at"], most) for curve in curves])
    return Curves(stored["bias"], knots, np.array([_filled(curve["adds"], most) for curve in curves]))


def warmth_of(articles: int) -> float:
    """How far a window of so many articles is from cold to warm, in [0, 1]."""
    if articles >= WARM:
        return 1.0
    return max(0.0, math.log(max(articles, 1) / COLD) / math.log(WARM / COLD))


@cache
def default_model() -> SameEventModel:
    """The model that is shipped."""
    return from_json(json.loads(files("service.stories").joinpath(WEIGHTS).read_text("utf-8")))


def _filled(values: list[float], most: int) -> list[float]:
    return [*values, *[values[-1]] * (most - len(values))]


def _trimmed(knots: Float64, values: Float64) -> list[float]:
    count = int(np.searchsorted(knots, knots[-1])) + 1
    return [float(f"{value:.6g}") for value in values[:count]]


@kernel
def _contribute(features: Float64, knots: Float64, adds: Float64) -> Float64:
    out = np.empty_like(features)
    for row in range(features.shape[0]):
        for f in range(features.shape[1]):
            out[row, f] = _read(features[row, f], knots[f], adds[f])
    return out


@kernel
def _add_up(features: Float64, knots: Float64, adds: Float64, bias: float) -> Float64:
    out = np.empty(features.shape[0])
    for row in range(features.shape[0]):
        out[row] = bias
        for f in range(features.shape[1]):
            out[row] += _read(features[row, f], knots[f], adds[f])
    return out


@kernel
def _read(x: float, knots: Float64, adds: Float64) -> float:
    """Read a feature off its curve; beyond the outer knots the curve is flat."""
    k, last = 1, len(knots) - 1
    while k < last:  # the first knot from the second on that is not below x
        middle = (k + last) // 2
        if knots[middle] < x:
            k = middle + 1
        else:
            last = middle
    low, high = knots[k - 1], knots[k]
    part = 1.0 if high <= low else min(1.0, max(0.0, (x - low) / (high - low)))
    return float(adds[k - 1] + part * (adds[k] - adds[k - 1]))
