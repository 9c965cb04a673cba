"""Is each kind of evidence judged by its own rule, and does `Evidence` say what was measured?"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.index.terms import CROWD
from service.model import Evidence
from service.stories.evidence import COLUMN, FEATURES, Measured
from service.stories.judge import LONG_PASSAGE, evidence_of, judge, relation_of
from service.stories.same_event import default_model
from service.stories.shared_text import CONTAINMENT_A, CONTAINMENT_B, RARITY, SHARES, WORDS, Shared

LONG = [(10, 20, 60)]
RUN = [(10, 20, 12)]


def shared(
    jaccard: float = 0.0,
    a: float = 0.0,
    b: float = 0.0,
    runs: Sequence[tuple[int, int, int]] = (),
    rarity: float = 1.0,
) -> Shared:
    rows = np.array(runs, np.int32).reshape(-1, 3)
    return Shared(np.array([jaccard, a, b, rows[:, 2].sum(), rarity]), rows)


NOTHING = Shared(np.zeros(SHARES), np.empty((0, 3), np.int32))


def measured(*found: Shared, neighbours: int = CROWD, articles: int = 5000) -> Measured:
    """One row for each, in slots 100, 101...; features that leave the matter open."""
    features = np.zeros((len(found), len(FEATURES)))
    features[:, COLUMN["beginning"]] = 0.1
    features[:, COLUMN["contrast"]] = 0.1
    features[:, COLUMN["rarest"]] = 3.0
    shares = np.array([one.shares for one in found]).reshape(-1, SHARES)
    features[:, COLUMN["passage"]] = np.log1p(shares[:, RARITY] * shares[:, WORDS])
    containment = shares[:, [CONTAINMENT_A, CONTAINMENT_B]].max(axis=1)
    features[:, COLUMN["copied"]] = shares[:, RARITY] * containment
    slots = np.arange(100, 100 + len(found), dtype=np.int32)
    runs = np.concatenate([NOTHING.runs, *(one.runs for one in found)])
    ends = np.cumsum([0, *(len(one.runs) for one in found)]).astype(np.int32)
    return Measured(slots, features, shares, runs, ends, articles, neighbours)


def probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


@settings(deadline=None)
@given(st.integers(0, 300), st.integers(8, 300), st.integers(8, 300), st.floats(0, 1))
def test_a_copy_is_certain_by_arithmetic(common: int, a: int, b: int, rarity: float) -> None:
    """And more certain than any threshold asks for: a copy is always a link, however many there are."""
    common = min(common, a, b)
    found = shared(common / (a + b - common), common / a, common / b, RUN, rarity)
    if found.kind == "copy":
        for neighbours in (0, CROWD):
            probability = judge(default_model(), measured(found, neighbours=neighbours))[0]
            assert probability == pytest.approx(0.5 + 0.5 * common / min(a, b))
            assert probability > default_model().cautious


def test_words_say_less_the_fewer_neighbours_and_a_rare_passage_needs_none() -> None:
    """As far as the passage is long."""
    model = default_model()
    copy, passage, formula = shared(0.9, 0.9, 0.9, RUN), shared(runs=LONG), shared(runs=RUN, rarity=0.0)
    for neighbours in (0, 5, CROWD):
        pairs = measured(NOTHING, passage, formula, copy, neighbours=neighbours)
        words, by_passage, by_formula, _ = model.log_odds(pairs.features, pairs.articles)
        assert by_formula == words
        found = judge(model, pairs)
        doubt = math.log((neighbours + 1) / (CROWD + 1))
        assert found.tolist() == pytest.approx(
            [probability(words + doubt), probability(by_passage), probability(words + doubt), 0.95]
        )
        short = measured(shared(runs=RUN), neighbours=neighbours)
        by_short = model.log_odds(short.features, short.articles)[0] + (1 - 12 / LONG_PASSAGE) * doubt
        assert judge(model, short)[0] == pytest.approx(probability(by_short))


def test_judging_leaves_what_was_measured_as_it_was() -> None:
    pairs = measured(NOTHING, shared(runs=RUN), shared(0.9, 0.9, 0.9, RUN))
    before = [part.tolist() for part in pairs[:5]]
    first = judge(default_model(), pairs)
    assert first.dtype == np.float64
    assert judge(default_model(), pairs).tolist() == first.tolist()
    evidence_of(default_model(), pairs, 1, 0.5, 0.5)
    assert [part.tolist() for part in pairs[:5]] == before


def test_each_pair_is_judged_for_itself() -> None:
    model = default_model()
    found = [NOTHING, shared(runs=RUN), shared(0.9, 0.9, 0.9, LONG), shared(0.1, 0.2, 0.1, LONG, 0.5)]
    together = judge(model, measured(*found, neighbours=7)).tolist()
    assert together == [judge(model, measured(one, neighbours=7))[0] for one in found]
    assert len(set(together)) == 4
    assert len(judge(model, measured())) == 0


@pytest.mark.parametrize("articles", [10, 200, 5000])
def test_evidence_holds_what_was_measured(articles: int) -> None:
    model = default_model()
    pairs = measured(NOTHING, shared(0.2, 0.3, 0.4, [(1, 2, 20), (50, 40, 9)], rarity=0.5), articles=articles)
    evidence = evidence_of(model, pairs, 1, 0.61, 0.6)
    assert (evidence.kind, evidence.linked, evidence.probability) == ("passage", True, 0.61)
    assert (evidence.jaccard, evidence.containment_a, evidence.containment_b) == (0.2, 0.3, 0.4)
    assert evidence.passages == ((1, 2, 20), (50, 40, 9))
    assert list(evidence.features) == list(evidence.contributions) == list(FEATURES)  # zeros too
    added = model.contributions(pairs.features, articles)[1]
    for name, column in COLUMN.items():
        assert evidence.features[name] == pytest.approx(pairs.features[1, column], abs=5e-5)
        assert evidence.contributions[name] == pytest.approx(added[column], abs=5e-5)
    assert evidence.features["passage"] == pytest.approx(math.log1p(14.5), abs=5e-5)
    assert evidence.features["untitled"] == 0.0
    assert type(evidence.linked) is bool
    numbers = (evidence.probability, *evidence.features.values(), *evidence.contributions.values())
    assert all(type(value) is float for value in numbers)
    assert all(type(place) is int for run in evidence.passages for place in run)
    alone = evidence_of(model, pairs, 0, 0.59, 0.6)
    assert (alone.kind, alone.linked, alone.jaccard, alone.passages) == ("event", False, 0.0, ())


def test_evidence_is_a_link_from_the_threshold_on() -> None:
    pairs = measured(NOTHING)
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
