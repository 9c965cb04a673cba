"""What does a measurement mean for a pair? The kind of the link, its probability, and the reasons to keep.

The one place where features become `Evidence`: placing, re-clustering, matching and explaining judge alike.
"""

from __future__ import annotations

import numpy as np

from service.index.terms import CROWD
from service.model import Evidence, Float64, Relation
from service.sketch.jit import kernel
from service.stories.evidence import FEATURES, PASSAGE, Measured
from service.stories.same_event import SameEventModel
from service.stories.shared_text import NOTHING

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

    A copy is certain by arithmetic: the model is not asked. Words alone say less the fewer neighbours they
    could be weighed against: the odds fall in proportion. A shared rare passage needs none, as far as it is
    long.
    """
    out = model.log_odds(measured.features, measured.articles)
    _to_probabilities(out, measured.features[:, PASSAGE], measured.certain, measured.neighbours, out)
    return out


@kernel
def _to_probabilities(
    log_odds: Float64, passage: Float64, certain: Float64, neighbours: int, out: Float64
) -> None:
    for row in range(len(log_odds)):
        odds = np.exp(log_odds[row])
        doubt = max(0.0, 1.0 - np.expm1(passage[row]) / LONG_PASSAGE)
        odds *= ((neighbours + 1) / (CROWD + 1)) ** doubt
        out[row] = certain[row] if certain[row] else odds / (1.0 + odds)


def evidence_of(
    model: SameEventModel, measured: Measured, row: int, probability: float, threshold: float
) -> Evidence:
    """Put one measured pair into numbers that can be stored and shown; it is a link from `threshold` on,
    while stories are decided on means over pairs."""
    shared = measured.shared.get(int(measured.slots[row]), NOTHING)
    features = measured.features[row : row + 1]
    added = model.contributions(features, measured.articles)
    values, pulls = _rounded(features[0], added[0]).tolist()
    return Evidence(
        kind=shared.kind,
        linked=bool(probability >= threshold),
        probability=float(probability),
        jaccard=shared.jaccard,
        containment_a=shared.containment_a,
        containment_b=shared.containment_b,
        passages=tuple(map(tuple, shared.runs.tolist())) if shared.words else (),
        features=dict(zip(_NAMES, values, strict=True)),
        contributions=dict(zip(_NAMES, pulls, strict=True)),
    )


@kernel
def _rounded(features: Float64, added: Float64) -> Float64:
    """Both in one array, with four digits: what a reader can use."""
    out = np.empty((2, len(features)))
    for f in range(len(features)):
        out[0, f], out[1, f] = np.rint(features[f] * 1e4) / 1e4, np.rint(added[f] * 1e4) / 1e4
    return out
