"""Is evidence read back as it was written, up to the rounding that a reader does not see?"""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import StoreCorrupt
from service.model import Evidence
from service.store.evidence import DIGITS, evidence_json, pack_evidence, read_evidence, unpack_evidence
from service.store.schema import to_json
from service.stories.evidence import FEATURES

shares = st.floats(0, 1)
numbers = st.dictionaries(st.text("abcdef_", min_size=1), st.floats(-1e6, 1e6))
rounded = st.floats(-500, 500).map(lambda value: round(value, 4))
named = st.dictionaries(st.sampled_from(sorted(FEATURES)), rounded.filter(bool))
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
        features=named,
        contributions=named,
    )
)
def test_packed_evidence_says_what_its_json_says(evidence: Evidence) -> None:
    assert unpack_evidence(pack_evidence(evidence)) == orjson.loads(to_json(evidence_json(evidence)))


def test_features_of_another_version_are_left_out() -> None:
    packed = pack_evidence(
        Evidence("event", True, 0.9, 0.1, 0.2, 0.3, (), {"contrast": 0.5}, {"contrast": 1.5})
    )
    found = unpack_evidence(b"\0\0\0\0" + packed[4:])
    assert (found["features"], found["contributions"], found["probability"]) == ({}, {}, 0.9)


@pytest.mark.parametrize("cut", [0, 3, 40, 60])
def test_evidence_cut_short_is_damage(cut: int) -> None:
    packed = pack_evidence(Evidence("copy", True, 0.9, 0.1, 0.2, 0.3, ((1, 2, 3),)))
    with pytest.raises(StoreCorrupt):
        unpack_evidence(packed[:cut])
