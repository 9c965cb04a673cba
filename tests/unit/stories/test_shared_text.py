"""Is shared text found exactly, and does it count as far as few others carry it?"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from window_articles import WORDS, article, edited, prose

from service.index.passages import KEPT
from service.index.terms import CROWD
from service.index.window import Window
from service.model import Sketch, UInt8, WindowArticle
from service.settings import Settings
from service.sketch.exact import MAX_RUNS, MIN_RUN, distinct_shingles, lay_out_text
from service.stories.evidence import COLUMN, FEATURES, Measured, measure, measure_against
from service.stories.judge import judge, probabilities_of
from service.stories.same_event import Curves, SameEventModel
from service.stories.shared_text import (
    CONTAINMENT_A,
    CONTAINMENT_B,
    FORMULA,
    JACCARD,
    RARITY,
    SHARES,
    Shared,
    share,
)
from service.stories.shared_text import WORDS as SHARED_WORDS

RUN = [(10, 20, 12)]

# Curves by which no words prove anything: what is probable is so by arithmetic.
_NEVER = Curves(-1e9, np.zeros((len(FEATURES), 2)), np.zeros((len(FEATURES), 2)))
NEVER = SameEventModel(_NEVER, _NEVER, 0.5, 0.5, 0.5)


def sketch_of(text: str) -> Sketch:
    return article("a", "", text).sketch


def carried(sketch: Sketch, count: int) -> UInt8:
    """That so many articles carry each passage."""
    return np.full(len(sketch.passages), count, np.uint8)


def shared(
    jaccard: float = 0.0, a: float = 0.0, b: float = 0.0, runs: Sequence[tuple[int, int, int]] = ()
) -> Shared:
    rows = np.array(runs, np.int32).reshape(-1, 3)
    return Shared(np.array([jaccard, a, b, rows[:, 2].sum(), 1.0]), rows)


def found_in(a: Sketch, b: Sketch, carriers: UInt8, counted: int) -> Shared:
    """What two texts share. What stood in the arrays before must not matter."""
    shares, runs = np.full(SHARES, np.nan), np.full((MAX_RUNS, 3), -1, np.int32)
    text = a.body, a.passages, carriers, lay_out_text(a.body, MIN_RUN)
    count = share(text, (b.body, b.passages, distinct_shingles(b.body)), counted, shares, runs)
    return Shared(shares, runs[:count])


def containment_of(found: Shared) -> float:
    return float(max(found.shares[CONTAINMENT_A], found.shares[CONTAINMENT_B]))


def rare_words_of(found: Shared) -> float:
    return float(found.shares[RARITY] * found.shares[SHARED_WORDS])


def certainty_of(found: Shared) -> float:
    """The probability that arithmetic gives to a copy, 0 for others."""
    return float(
        probabilities_of(np.zeros((1, len(FEATURES))), found.shares[None], CROWD, NEVER.curves(5000))[0]
    )


def test_sharing_text_is_exact() -> None:
    rng = random.Random(12)
    passage = prose(rng, 9)
    a = sketch_of(f"{prose(rng, 20)} {passage} {prose(rng, 20)}")
    b = sketch_of(f"{prose(rng, 30)} {passage} {prose(rng, 5)}")
    found = found_in(a, b, carried(a, 0), 0)
    assert found.runs.tolist() == [[20, 30, 9]]
    assert (found.shares[SHARED_WORDS], found.shares[RARITY]) == (9 - FORMULA, 1.0)
    assert found.shares[JACCARD] == pytest.approx(7 / (47 + 42 - 7))
    assert found.shares[CONTAINMENT_A] == pytest.approx(7 / 47)
    assert found.shares[CONTAINMENT_B] == pytest.approx(7 / 42)
    same = found_in(a, a, carried(a, 2), 2)
    assert same.shares.tolist() == [1.0, 1.0, 1.0, 49 - FORMULA, 1.0]


def test_texts_without_a_common_run_share_nothing() -> None:
    rng = random.Random(13)
    common = prose(rng, 7)
    a, b, nothing = (
        sketch_of(text) for text in (f"{common} {prose(rng, 30)}", f"{prose(rng, 30)} {common}", "")
    )
    for one, other in ((a, b), (a, nothing), (nothing, a)):
        found = found_in(one, other, carried(one, 0), 0)
        assert (found.shares.tolist(), len(found.runs)) == ([0.0] * SHARES, 0)
        assert (found.kind, certainty_of(found)) == ("event", 0.0)


@pytest.mark.parametrize("seed", range(5))
def test_runs_and_words_are_those_of_difflib(seed: int) -> None:
    """On texts whose common runs stand in the same order and nowhere else."""
    rng = random.Random(seed)
    runs = [prose(rng, rng.randint(5, 30)) for _ in range(6)]
    a, b = (sketch_of(" ".join(f"{prose(rng, rng.randint(1, 20))} {run}" for run in runs)) for _ in range(2))
    one, other = a.body.tolist(), b.body.tolist()
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    expected = [list(block) for block in blocks if block.size >= 8]
    found = found_in(a, b, carried(a, 0), 0)
    assert sorted(found.runs.tolist()) == sorted(expected)
    assert found.shares[SHARED_WORDS] == sum(length - FORMULA for _, _, length in expected)
    lengths = found.runs[:, 2].tolist()
    assert lengths == sorted(lengths, reverse=True)


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
    for rarity in (0.0, 0.3, 1.0):  # a copy is a copy however many there are
        found.shares[RARITY] = rarity
        assert found.kind == kind


@settings(deadline=None)
@given(st.integers(0, 300), st.integers(8, 300), st.integers(8, 300))
def test_a_copy_is_as_certain_as_one_text_stands_in_the_other(common: int, a: int, b: int) -> None:
    common = min(common, a, b)
    found = shared(common / (a + b - common), common / a, common / b)
    if found.kind == "copy":
        assert certainty_of(found) == pytest.approx(0.5 + 0.5 * common / min(a, b))
        assert certainty_of(found) >= 0.75
    else:
        assert certainty_of(found) == 0.0


def rarity_of(a: Sketch, b: Sketch, others: Mapping[int, int]) -> float:
    """The mean over the passages of both: 1 where nobody else has one, 0 from 7 others on, linear between."""
    common = set(a.passages.tolist()) & set(b.passages.tolist())
    return sum(max(0.0, 1 - others[passage] / 7) for passage in common) / len(common) if common else 1.0


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(8, 60), st.integers(0, 2))
def test_rarity_is_the_mean_over_the_passages_of_both(seed: int, words: int, counted: int) -> None:
    rng = random.Random(seed)
    run = prose(rng, words)
    a, b = (sketch_of(f"{prose(rng, rng.randint(5, 40))} {run} {prose(rng, 9)}") for _ in range(2))
    own = set(a.passages.tolist())
    both = own & set(b.passages.tolist())
    others = {passage: rng.randint(0, KEPT - counted) for passage in own}
    # Of the passages that only a has, it is the only one of the two that is counted.
    carriers = [others[passage] + (counted if passage in both else min(1, counted)) for passage in own]
    order = np.argsort(np.array(list(own), np.uint32))
    found = found_in(a, b, np.array(carriers, np.uint8)[order], counted)
    assert both
    assert found.shares[RARITY] == pytest.approx(rarity_of(a, b, others))
    assert rare_words_of(found) == pytest.approx(rarity_of(a, b, others) * (words - FORMULA))


def test_what_the_index_did_not_count_is_rare() -> None:
    """It may have lost its place in a full bucket: fewer carriers than the two is no surprise."""
    rng = random.Random(14)
    a = sketch_of(prose(rng, 40))
    for counted in (0, 1, 2):
        assert found_in(a, a, carried(a, 0), counted).shares[RARITY] == 1.0


def test_texts_whose_sketches_name_no_common_passage_are_rare() -> None:
    """A passage may be shaped in another way than these two texts share."""
    rng = random.Random(15)
    a = sketch_of(prose(rng, 40))
    found = found_in(a, replace(a, passages=a.passages[:0]), carried(a, KEPT), 0)
    assert found.shares[RARITY] == 1.0


def with_formula(rng: random.Random, name: str, formula: str) -> WindowArticle:
    """An article of its own words that carries the formula somewhere."""
    return article(name, "", f"{prose(rng, rng.randint(10, 60))} {formula} {prose(rng, rng.randint(10, 60))}")


@pytest.mark.parametrize("others", [0, 1, 2, 3, 5, 6, 7, 8, 9, 20])
@pytest.mark.parametrize("inside", [(), ("a",), ("b",), ("a", "b")])
@pytest.mark.parametrize("first", [True, False])
def test_a_formula_proves_less_the_more_others_carry_it(
    others: int, inside: tuple[str, ...], first: bool
) -> None:
    """Carried by the two alone it counts in full, with seven others (eight and more too) not at all, and it
    makes no difference which of the two are in the window or when they came."""
    rng = random.Random(others)
    formula = prose(rng, 30)
    pair = {name: with_formula(rng, name, formula) for name in ("a", "b")}
    common = {*pair["a"].sketch.passages.tolist()} & {*pair["b"].sketch.passages.tolist()}
    carrying: list[WindowArticle] = []
    while len(carrying) < others:  # at a formula's edge the words around it decide which passages are kept
        other = with_formula(rng, f"other-{len(carrying)}", formula)
        carrying += [other] * (common <= {*other.sketch.passages.tolist()})
    two = [pair[name] for name in inside]
    window = Window(Settings())
    window.add(*([*two, *carrying] if first else [*carrying, *two]))
    passage, copied, containment = features(window, pair["a"], pair["b"])
    rarity = max(0.0, 1 - others / 7)
    assert passage == pytest.approx(math.log1p((30 - FORMULA) * rarity))
    assert copied == pytest.approx(rarity * containment)
    assert features(window, pair["b"], pair["a"]) == pytest.approx((passage, copied, containment))


def against(window: Window, a: WindowArticle, b: WindowArticle) -> Measured:
    """What an article and another have in common; neither needs to be in the window."""
    with window.visit():
        slot, other = (
            window.slot(item.article_id) if item.article_id in window else window.stage(item)
            for item in (a, b)
        )
        return measure_against(window, slot, window.candidates(slot), [other], np.ones(1, np.bool_))


def features(window: Window, a: WindowArticle, b: WindowArticle) -> tuple[float, float, float]:
    """The features of shared text, and the larger containment."""
    measured = against(window, a, b)
    row = measured.features[0]
    return float(row[COLUMN["passage"]]), float(row[COLUMN["copied"]]), containment_of(measured.shared(0))


def test_a_rare_quote_beside_a_formula_counts_for_its_part() -> None:
    rng = random.Random(16)
    formula, quote = prose(rng, 40), prose(rng, 40)
    a, b = (article(n, "", f"{formula} {prose(rng, 50)} {quote} {prose(rng, 30)}") for n in "ab")
    others = [with_formula(rng, f"other-{n}", formula) for n in range(12)]
    window = Window(Settings())
    window.add(*others, a)
    text = against(window, b, a).shared(0)
    common = set(a.sketch.passages.tolist()) & set(b.sketch.passages.tolist())
    formulaic = set.intersection(*(set(other.sketch.passages.tolist()) for other in others))
    expected = len(common - formulaic) / len(common)
    assert 0.3 < expected < 0.7
    assert text.shares[SHARED_WORDS] == 80 - 2 * FORMULA
    # At the formula's edge passages are of few.
    assert text.shares[RARITY] == pytest.approx(expected, abs=0.12)


def test_a_copy_is_certain_however_many_there_are() -> None:
    """All they share is carried by all: passage and copied say nothing, arithmetic says it all."""
    rng = random.Random(17)
    text = prose(rng, 120, WORDS)
    copies = [article(f"copy-{n}", "", edited(rng, text, n % 4)) for n in range(20)]
    window = Window(Settings())
    window.add(*copies[1:])
    with window.visit():
        slot = window.stage(copies[0])
        found = window.candidates(slot)
        measured = measure(window, slot, found)
    assert len(found.texts) >= 16
    probabilities = judge(NEVER, measured)
    for row, textual in enumerate(found.textual.tolist()):
        if textual:
            text_shared = measured.shared(row)
            assert text_shared.kind == "copy"
            assert probabilities[row] == certainty_of(text_shared) > 0.9
            assert measured.features[row, COLUMN["passage"]] < math.log1p(120) / 2
        else:
            assert probabilities[row] == 0.0
