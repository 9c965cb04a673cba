"""What does a measurement mean for a pair? The kind of the link, its probability, and the reasons to keep.

The one place where features become `Evidence`: placing, re-clustering, matching and explaining judge alike.
"""

from __future__ import annotations

import numpy as np

from service.model import Evidence, Float64, Kind, Relation
from service.stories.evidence import CROWD, FEATURES, Measured, Shared
from service.stories.same_event import SameEventModel

# A text of which this part stands in the other is a copy of it, or holds one; and so are two this alike.
COPY_CONTAINMENT = 0.8
COPY_JACCARD = 0.5
EXACT_JACCARD = 0.999999

_NOTHING_SHARED = Shared(0.0, 0.0, 0.0, np.empty((0, 3), np.int32))


def kind_of(shared: Shared) -> Kind:
    """Which kind of evidence the shared text is: a copy, a shared passage, or none: then words must
    decide."""
    if shared.jaccard >= COPY_JACCARD or max(shared.containment_a, shared.containment_b) >= COPY_CONTAINMENT:
        return "copy"
    return "passage" if len(shared.runs) else "event"


def relation_of(evidence: Evidence) -> Relation:
    """How an article relates to the one it is linked to."""
    if evidence.kind == "copy":
        return "exact_copy" if evidence.jaccard >= EXACT_JACCARD else "near_duplicate"
    return "shared_passages" if evidence.kind == "passage" else "same_event"


def judge(model: SameEventModel, measured: Measured) -> Float64:
    """The probability of one event for each measured pair: float64 (n,).

    A copy is certain by arithmetic: the model is not asked. Words alone say less the fewer neighbours they
    could be weighed against: the odds fall in proportion. A shared passage needs no neighbours to be one.
    """
    odds = np.exp(model.log_odds(measured.features, measured.articles))
    alone = np.ones(len(odds), np.bool_)
    copies = []
    for row, slot in enumerate(measured.slots.tolist()):
        shared = measured.shared.get(slot)
        if shared is not None:
            kind = kind_of(shared)
            alone[row] = kind == "event"
            if kind == "copy":
                copies.append((row, certainty(shared)))
    odds[alone] *= (measured.neighbours + 1) / (CROWD + 1)
    probabilities: Float64 = odds / (1.0 + odds)
    for row, certain in copies:
        probabilities[row] = certain
    return probabilities


def certainty(shared: Shared) -> float:
    """The probability given to a copy: half for being one, half for how much of the one text stands in the
    other."""
    return 0.5 + 0.5 * max(shared.jaccard, shared.containment_a, shared.containment_b)


def evidence_of(
    model: SameEventModel, measured: Measured, row: int, probability: float, threshold: float
) -> Evidence:
    """Put one measured pair into numbers that can be stored and shown; it is a link from `threshold` on,
    while stories are decided on means over pairs."""
    shared = measured.shared.get(int(measured.slots[row]), _NOTHING_SHARED)
    features = measured.features[row : row + 1]
    added = model.contributions(features, measured.articles)
    return Evidence(
        kind=kind_of(shared),
        linked=bool(probability >= threshold),
        probability=float(probability),
        jaccard=shared.jaccard,
        containment_a=shared.containment_a,
        containment_b=shared.containment_b,
        passages=tuple((a, b, length) for a, b, length in shared.runs.tolist()),
        features=_named(features),
        contributions=_named(added),
    )


def _named(row: Float64) -> dict[str, float]:
    """Values by feature; what is 0 is left out."""
    return {name: value for name, value in zip(FEATURES, row[0].round(4).tolist(), strict=True) if value}
