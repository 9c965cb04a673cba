"""How is evidence kept as JSON? Numbers rounded to what a reader can use; offsets, never a word of text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.model import Evidence

DIGITS = 6


def evidence_json(evidence: Evidence) -> dict[str, Any]:
    """The evidence as a JSON object; `read_evidence` reads it back up to rounding.

    Features and contributions were rounded when the evidence was made; those that are nothing are left out.
    """
    return {
        "kind": evidence.kind,
        "linked": evidence.linked,
        "probability": round(evidence.probability, DIGITS),
        "jaccard": round(evidence.jaccard, DIGITS),
        "containment_a": round(evidence.containment_a, DIGITS),
        "containment_b": round(evidence.containment_b, DIGITS),
        "passages": evidence.passages,
        "features": {name: value for name, value in evidence.features.items() if value},
        "contributions": {name: value for name, value in evidence.contributions.items() if value},
    }


def read_evidence(stored: Mapping[str, Any]) -> Evidence:
    """The evidence that `evidence_json` wrote."""
    runs = tuple((start_a, start_b, length) for start_a, start_b, length in stored["passages"])
    return Evidence(**{**stored, "passages": runs})
