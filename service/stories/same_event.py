"""How probable is it that two articles report one event? A small calibrated model that says what decided.

Each feature adds to the log-odds along a piecewise linear curve, so that contributions can be read off
feature by feature. The curves are fitted in `stories.train`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

import numpy as np

from service.model import Float64
from service.sketch.jit import kernel, tight
from service.stories.evidence import FEATURES

FORMAT = 1
WEIGHTS = "same_event.json"

# A window of so few articles is cold, one of so many is warm; in between curves are mixed by the logarithm.
COLD, WARM = 30.0, 1000.0

# The larger the window, the more look-alikes has any article in it: each tenfold of WARM asks for so much
# more to join as articles come, and for more in re-clustering, where a stray among five is seen.
CROWDED_JOIN, CROWDED_MERGE = 0.05, 0.15


# What the kernels see: the share of each of k sets of curves, float64 (k,), which sum to 1; their biases
# (k,); knots and adds, (k, features, knots).
CurveArrays = tuple[Float64, Float64, Float64, Float64]
# Those of a model, cold ones first, and its thresholds join, merge and cautious.
ModelArrays = tuple[CurveArrays, Float64]


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """bias: log-odds; knots, adds: float64 (features, k), the curve of each feature, its last knot repeated
    to fill the row."""

    bias: float
    knots: Float64
    adds: Float64

    def contributions(self, features: Float64) -> Float64:
        """What each feature adds to the log-odds: float64, shape like `features`, (n, features)."""
        return _contributions(features, self._arrays)

    def log_odds(self, features: Float64) -> Float64:
        """The log-odds of one event for each row of features: float64 (n,)."""
        return _log_odds(features, self._arrays)

    @property
    def _arrays(self) -> CurveArrays:
        return np.ones(1), np.array([self.bias]), self.knots[None], self.adds[None]

    def to_json(self) -> dict[str, Any]:
        """One curve per feature, readable by people."""
        curves = {
            name: {"at": _trimmed(at, at), "adds": _trimmed(at, adds)}
            for name, at, adds in zip(FEATURES, self.knots, self.adds, strict=True)
        }
        return {"bias": float(f"{self.bias:.6g}"), "features": curves}


@dataclass(frozen=True, eq=False)
class SameEventModel:
    """warm: the curves for a window that knows which words are rare; cold: those for one that does not.

    join: the mean probability from which an article joins a story of a warm window as it comes, and two
    stories merge there; merge: the one from which re-clustering, which judges each pair from both sides,
    joins two stories; cautious: what takes the place of both in a cold window.
    """

    warm: Curves
    cold: Curves
    join: float
    merge: float
    cautious: float

    def join_from(self, articles: int) -> float:
        """`join` for a window of so many articles."""
        return float(at_warmth(articles, self.arrays)[1])

    def merge_from(self, articles: int) -> float:
        """`merge` for a window of so many articles."""
        return float(at_warmth(articles, self.arrays)[2])

    def contributions(self, features: Float64, articles: int) -> Float64:
        """What each feature adds to the log-odds in a window of so many articles: float64 (n, features)."""
        return _contributions(features, self.curves(articles))

    def log_odds(self, features: Float64, articles: int) -> Float64:
        """The log-odds of one event for each row of features, calibrated: float64 (n,)."""
        return _log_odds(features, self.curves(articles))

    def curves(self, articles: int) -> CurveArrays:
        """The cold and the warm curves, each with its share in a window of so many articles."""
        return at_warmth(articles, self.arrays)[0]

    @cached_property
    def arrays(self) -> ModelArrays:
        """What kernels work on."""
        parts, most = (self.cold, self.warm), max(self.cold.knots.shape[1], self.warm.knots.shape[1])
        curves = (
            np.zeros(2),
            np.array([part.bias for part in parts]),
            np.array([[_filled(row.tolist(), most) for row in part.knots] for part in parts]),
            np.array([[_filled(row.tolist(), most) for row in part.adds] for part in parts]),
        )
        return curves, np.array([self.join, self.merge, self.cautious])

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


@kernel
def warmth_of(articles: int) -> float:
    """How far a window of so many articles is from cold to warm, in [0, 1]."""
    if articles >= WARM:
        return 1.0
    return max(0.0, np.log(max(articles, 1) / COLD) / np.log(WARM / COLD))  # type: ignore[no-any-return]


@kernel
def at_warmth(articles: int, model: ModelArrays) -> tuple[CurveArrays, float, float]:
    """Return the curves of a window of so many articles, and its thresholds to join and to merge."""
    (_, biases, knots, adds), thresholds = model
    warmth = warmth_of(articles)
    shares = np.array([1.0 - warmth, warmth])
    least, crowd = (1.0 - warmth) * thresholds[2], np.log10(max(1.0, articles / WARM))
    curves = shares, biases, knots, adds
    join = least + warmth * thresholds[0] + CROWDED_JOIN * crowd
    return curves, join, least + warmth * thresholds[1] + CROWDED_MERGE * crowd


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
def _contributions(features: Float64, curves: CurveArrays) -> Float64:
    out = np.empty_like(features)
    for row in range(features.shape[0]):
        contribute(features[row], curves, out[row])
    return out


@tight
def contribute(features: Float64, curves: CurveArrays, out: Float64) -> None:
    """Write what each feature of a pair adds to the log-odds, float64 (features,)."""
    shares, _, knots, adds = curves
    out[:] = 0.0
    for part in range(len(shares)):
        if shares[part]:
            for f in range(len(features)):
                out[f] += shares[part] * _read(features[f], knots[part, f], adds[part, f])


@kernel
def _log_odds(features: Float64, curves: CurveArrays) -> Float64:
    out = np.empty(features.shape[0])
    for row in range(features.shape[0]):
        out[row] = log_odds_of(features[row], curves)
    return out


@tight
def log_odds_of(features: Float64, curves: CurveArrays) -> float:
    """The log-odds of one event for a pair of these features."""
    shares, biases, knots, adds = curves
    total = 0.0
    for part in range(len(shares)):
        if shares[part]:
            said = biases[part]
            for f in range(len(features)):
                said += _read(features[f], knots[part, f], adds[part, f])
            total += shares[part] * said
    return total


@tight
def _read(x: float, knots: Float64, adds: Float64) -> float:
    """Read a feature off its curve; beyond the outer knots the curve is flat."""
    k = 1  # the first knot from the second on that is not below x, without a branch that cannot be foretold
    for middle in range(1, len(knots) - 1):
        k += knots[middle] < x
    low, high = knots[k - 1], knots[k]
    part = 1.0 if high <= low else min(1.0, max(0.0, (x - low) / (high - low)))
    return float(adds[k - 1] + part * (adds[k] - adds[k - 1]))
