"""What does a measurement mean for a pair? The kind of the link, its probability, and the reasons to keep.

The one place where features become `Evidence`: placing, re-clustering, matching and explaining judge alike.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from service.index.terms import CROWD
from service.model import Evidence, Float64, Kind, Relation
from service.sketch.jit import kernel, tight
from service.stories.evidence import FEATURES, PASSAGE, REPLACED, Measured
from service.stories.same_event import CurveArrays, SameEventModel, contribute, log_odds_of
from service.stories.shared_text import CONTAINMENT_A, CONTAINMENT_B, JACCARD, certainty_of

EXACT_JACCARD = 0.999999
_NAMES = tuple(FEATURES)

LONG_PASSAGE = 40.0  # rare words in common runs that leave no doubt for want of neighbours


def relation_of(evidence: Evidence) -> Relation:
    """How an article relates to the one it is linked to."""
    if evidence.kind == "copy":
        return "exact_copy" if evidence.jaccard >= EXACT_JACCARD else "near_duplicate"
    return "shared_passages" if evidence.kind == "passage" else "same_event"


def judge(model: SameEventModel, measured: Measured) -> Float64:
    """The probability of one event for each measured pair: float64 (n,).

    A copy is certain by arithmetic: the model is not asked, unless the two are twins. Words alone say less
    the fewer neighbours they could be weighed against: the odds fall in proportion. A shared rare passage
    needs none, as far as it is long.
    """
    curves = model.curves(measured.articles)
    return probabilities_of(measured.features, measured.shares, measured.neighbours, curves)


@kernel
def probabilities_of(features: Float64, shares: Float64, neighbours: int, curves: CurveArrays) -> Float64:
    """What `judge` returns."""
    out = np.empty(len(features))
    for row in range(len(features)):
        out[row] = _probability(features[row], shares[row], neighbours, curves)
    return out


@tight
def _probability(features: Float64, shares: Float64, neighbours: int, curves: CurveArrays) -> float:
    odds = np.exp(log_odds_of(features, curves))
    doubt = max(0.0, 1.0 - np.expm1(features[PASSAGE]) / LONG_PASSAGE)
    odds *= ((neighbours + 1) / (CROWD + 1)) ** doubt
    certain = certainty_of(shares) if features[REPLACED] == 0.0 else 0.0
    return float(certain if certain else odds / (1.0 + odds))


def evidence_of(
    model: SameEventModel, measured: Measured, row: int, probability: float, threshold: float
) -> Evidence:
    """Put one measured pair into numbers that can be stored and shown; it is a link from `threshold` on,
    while stories are decided on means over pairs."""
    told = np.empty((2, len(_NAMES)))
    tell(measured.features[row], model.curves(measured.articles), told)
    shared = measured.shared(row)
    runs = tuple(map(tuple, shared.runs.tolist()))
    return evidence_from(shared.kind, shared.shares.tolist(), runs, told.tolist(), probability, threshold)


@kernel
def tell(features: Float64, curves: CurveArrays, out: Float64) -> None:
    """Write the features of a pair and what each adds to the log-odds, float64 (2, features), with four
    digits: what a reader can use."""
    contribute(features, curves, out[1])
    for f in range(len(features)):
        out[0, f], out[1, f] = np.rint(features[f] * 1e4) / 1e4, np.rint(out[1, f] * 1e4) / 1e4


def evidence_from(
    kind: Kind,
    shares: Sequence[float],
    passages: Sequence[tuple[int, int, int]],
    told: Sequence[Sequence[float]],
    probability: float,
    threshold: float,
) -> Evidence:
    """The evidence for one pair: `shares` as in `shared_text`, `told` what `tell` wrote."""
    return Evidence(
        kind=kind,
        linked=probability >= threshold,
        probability=probability,
        jaccard=shares[JACCARD],
        containment_a=shares[CONTAINMENT_A],
        containment_b=shares[CONTAINMENT_B],
        passages=tuple(passages),
        features=dict(zip(_NAMES, told[0], strict=True)),
        contributions=dict(zip(_NAMES, told[1], strict=True)),
    )
