"""How is evidence kept? Numbers rounded to what a reader can use, and offsets, never a word of text.

A link keeps it packed, in a third of the JSON's bytes (193, not 570) and two thirds of the time; readers are
given what the JSON would say.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any, get_args
from zlib import crc32

from service.errors import StoreCorrupt
from service.model import Evidence, Kind
from service.stories.evidence import FEATURES

DIGITS = 6
FEATURE_DIGITS = 4

_KINDS: tuple[Kind, ...] = get_args(Kind)

# Packed: which features in which order, the kind, whether it is a link, how many numbers of features follow
# and how many of passages; then the probability and what the texts share, as doubles; all little-endian.
_HEADER = struct.Struct("<IBBHI4d")
_FEATURES = crc32("\n".join(FEATURES).encode())
_NOTHING = dict.fromkeys(FEATURES, 0.0)
_VALUES = struct.Struct(f"<{2 * len(FEATURES)}f")


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


def pack_evidence(evidence: Evidence) -> bytes:
    """The evidence as a link keeps it; `unpack_evidence` gives its JSON."""
    runs = [number for run in evidence.passages for number in run]
    header = _HEADER.pack(
        _FEATURES,
        _KINDS.index(evidence.kind),
        evidence.linked,
        2 * len(FEATURES),
        len(runs),
        evidence.probability,
        evidence.jaccard,
        evidence.containment_a,
        evidence.containment_b,
    )
    ordered = ({**_NOTHING, **evidence.features}, {**_NOTHING, **evidence.contributions})
    values = _VALUES.pack(*ordered[0].values(), *ordered[1].values())
    return header + values + struct.pack(f"<{len(runs)}I", *runs)


def unpack_evidence(packed: bytes) -> dict[str, Any]:
    """What `evidence_json` says of the evidence that `pack_evidence` packed.

    Where it was packed by another version, with other features, these are left out: nobody knows their names.
    Raises StoreCorrupt.
    """
    try:
        features, kind, linked, count, numbers, *shares = _HEADER.unpack_from(packed)
        values = struct.unpack_from(f"<{count}f", packed, _HEADER.size)
        runs = struct.unpack_from(f"<{numbers}I", packed, _HEADER.size + 4 * count)
        probability, jaccard, containment_a, containment_b = (round(share, DIGITS) for share in shares)
        return {
            "kind": _KINDS[kind],
            "linked": bool(linked),
            "probability": probability,
            "jaccard": jaccard,
            "containment_a": containment_a,
            "containment_b": containment_b,
            "passages": [list(runs[i : i + 3]) for i in range(0, numbers, 3)],
            "features": _named(values[: count // 2]) if features == _FEATURES else {},
            "contributions": _named(values[count // 2 :]) if features == _FEATURES else {},
        }
    except (struct.error, IndexError):
        raise StoreCorrupt("(evidence of a link cannot be read)") from None


def _named(values: Sequence[float]) -> dict[str, float]:
    """Values by feature; what is 0 is left out."""
    return {name: round(value, FEATURE_DIGITS) for name, value in zip(FEATURES, values, strict=True) if value}
