"""Is evidence read back as it was written, up to the rounding that a reader does not see?"""

from __future__ import annotations

import orjson
from hypothesis import given
from hypothesis import strategies as st

from service.model import Evidence
from service.store.evidence import DIGITS, evidence_json, read_evidence
from service.store.schema import to_json

shares = st.floats(0, 1)
numbers = st.dictionaries(st.text("abcdef_", min_size=1), st.floats(-1e6, 1e6))
runs = st.lists(st.tuples(*[st.integers(0, 2000)] * 3), max_size=5).map(tuple)


@given(
    st.builds(
        Evidence,
        kind=st.sampled_from(["copy", "passage", "event"]),
        linked=st.booleans(),
        probability=shares,
        jaccard=shares,
        containment_a=shares,
        containment_b=shares,
        passages=runs,
        features=numbers,
        contributions=numbers,
    )
)
def test_round_trip(evidence: Evidence) -> None:
    read = read_evidence(orjson.loads(to_json(evidence_json(evidence))))
    assert (read.kind, read.linked, read.passages) == (evidence.kind, evidence.linked, evidence.passages)
    assert read.probability == round(evidence.probability, DIGITS)
    assert read.features == {name: value for name, value in evidence.features.items() if value}
    assert read.contributions == {name: value for name, value in evidence.contributions.items() if value}
    assert evidence_json(read) == evidence_json(evidence)
