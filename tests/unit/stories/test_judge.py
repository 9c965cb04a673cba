"""Is each kind of evidence judged by its own rule, and does `Evidence` say what was measured?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.model import Evidence
from service.stories.evidence import COLUMN, CROWD, FEATURES, Measured, Shared, add_shared
from service.stories.judge import certainty, evidence_of, judge, kind_of, relation_of
from service.stories.same_event import default_model

RUN = [(10, 20, 12)]


def shared(
    jaccard: float = 0.0, a: float = 0.0, b: float = 0.0, runs: list[tuple[int, int, int]] | None = None
) -> Shared:
    return Shared(jaccard, a, b, np.array(runs or [], np.int32).reshape(-1, 3))


def measured(*found: Shared | None, neighbours: int = CROWD, articles: int = 5000) -> Measured:
    """One row for each, in slots 100, 101...; features that leave the matter open."""
    features = np.zeros((len(found), len(FEATURES)))
    features[:, COLUMN["cosine"]] = 0.3
    features[:, COLUMN["contrast"]] = 0.1
    features[:, COLUMN["rarest"]] = 3.0
    slots = np.arange(100, 100 + len(found), dtype=np.int32)
    by_slot = {100 + row: one for row, one in enumerate(found) if one is not None}
    for row, one in enumerate(found):
        if one is not None:
            add_shared(features[row], one)
    return Measured(slots, features, by_slot, articles, neighbours)


def probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (shared(), "event"),
        (shared(0.3, 0.79, 0.4), "event"),
        (shared(0.1, 0.2, 0.3, RUN), "passage"),
        (shared(0.5, 0.6, 0.7, RUN), "copy"),
        (shared(0.1, 0.8, 0.1, RUN), "copy"),
        (shared(0.1, 0.1, 0.8), "copy"),
    ],
)
def test_the_text_shared_decides_the_kind(found: Shared, kind: str) -> None:
    assert kind_of(found) == kind


@given(st.integers(0, 300), st.integers(8, 300), st.integers(8, 300))
def test_a_copy_is_as_certain_as_one_text_stands_in_the_other(common: int, a: int, b: int) -> None:
    """And more certain than any threshold asks for: a copy is always a link."""
    common = min(common, a, b)
    found = shared(common / (a + b - common), common / a, common / b)
    assert certainty(found) == pytest.approx(0.5 + 0.5 * common / min(a, b))
    if kind_of(found) == "copy":
        assert judge(default_model(), measured(found))[0] == certainty(found) > default_model().cautious


def test_words_say_less_the_fewer_neighbours_and_a_passage_needs_none() -> None:
    model = default_model()
    for neighbours in (0, 5, CROWD):
        pairs = measured(None, shared(runs=RUN), shared(0.9, 0.9, 0.9, RUN), neighbours=neighbours)
        words, passage = model.log_odds(pairs.features[:2], pairs.articles)
        found = judge(model, pairs)
        doubt = math.log((neighbours + 1) / (CROWD + 1))
        assert found.tolist() == pytest.approx([probability(words + doubt), probability(passage), 0.95])


def test_text_compared_without_finding_any_changes_nothing() -> None:
    model = default_model()
    assert judge(model, measured(shared(0.01, 0.02, 0.02))).tolist() == pytest.approx(
        judge(model, measured(None)).tolist(), abs=0.05
    )
    assert len(judge(model, measured())) == 0


@pytest.mark.parametrize("articles", [10, 200, 5000])
def test_evidence_holds_what_was_measured(articles: int) -> None:
    model = default_model()
    pairs = measured(None, shared(0.2, 0.3, 0.4, [(1, 2, 20), (50, 40, 9)]), articles=articles)
    evidence = evidence_of(model, pairs, 1, 0.61, 0.6)
    assert (evidence.kind, evidence.linked, evidence.probability) == ("passage", True, 0.61)
    assert (evidence.jaccard, evidence.containment_a, evidence.containment_b) == (0.2, 0.3, 0.4)
    assert evidence.passages == ((1, 2, 20), (50, 40, 9))
    assert {*evidence.features, *evidence.contributions} <= FEATURES.keys()
    added = model.contributions(pairs.features, articles)[1]
    for name, column in COLUMN.items():  # what is 0 is left out
        assert evidence.features.get(name, 0.0) == pytest.approx(pairs.features[1, column], abs=5e-5)
        assert evidence.contributions.get(name, 0.0) == pytest.approx(added[column], abs=5e-5)
    assert type(evidence.linked) is bool
    assert all(type(value) is float for value in (evidence.probability, *evidence.features.values()))


def test_evidence_is_a_link_from_the_threshold_on() -> None:
    pairs = measured(None)
    linked = [evidence_of(default_model(), pairs, 0, value, 0.45).linked for value in (0.449, 0.45, 0.9)]
    assert linked == [False, True, True]


@pytest.mark.parametrize(
    ("kind", "jaccard", "relation"),
    [
        ("copy", 1.0, "exact_copy"),
        ("copy", 0.99, "near_duplicate"),
        ("passage", 0.1, "shared_passages"),
        ("event", 0.0, "same_event"),
    ],
)
def test_the_relation_follows_from_the_evidence(kind: str, jaccard: float, relation: str) -> None:
    evidence = Evidence(kind, True, 0.9, jaccard, 0.9, 0.9)  # type: ignore[arg-type]
    assert relation_of(evidence) == relation
