"""Are B-cubed and pairwise figures those that one computes by hand, and those of the public scorer?"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.stories.evaluate import b_cubed, b_cubed_each, pairwise

SHARED = Path(os.environ.get("SAMESTORY_SHARED", Path(__file__).resolve().parents[4] / "shared"))
LABELS = st.dictionaries(st.integers(0, 15).map("a{}".format), st.integers(0, 4), min_size=1)


def by_definition(gold: Mapping[str, object], predicted: Mapping[str, object]) -> tuple[float, float]:
    """B-cubed from sets, article by article."""
    precision = recall = 0.0
    for article, story in gold.items():
        truth = {other for other in gold if gold[other] == story}
        found = {
            o for o in gold if o == article or (o in predicted and predicted.get(article) == predicted[o])
        }
        precision += len(truth & found) / len(found) / len(gold)
        recall += len(truth & found) / len(truth) / len(gold)
    return precision, recall


@given(LABELS, LABELS)
def test_figures_follow_from_their_definitions(gold: dict[str, int], predicted: dict[str, int]) -> None:
    quality = b_cubed(gold, predicted)
    assert (quality.precision, quality.recall) == pytest.approx(by_definition(gold, predicted))
    pairs = list(combinations(gold, 2))
    true = {pair for pair in pairs if gold[pair[0]] == gold[pair[1]]}
    found = {(a, b) for a, b in pairs if a in predicted and predicted[a] == predicted.get(b)}
    figures = pairwise(gold, predicted)
    assert figures.precision == pytest.approx(len(true & found) / max(1, len(found)))
    assert figures.recall == pytest.approx(len(true & found) / max(1, len(true)))
    for one in (quality, figures):
        both = one.precision + one.recall
        assert one.f1 == pytest.approx(2 * one.precision * one.recall / both if both else 0)


def test_by_hand() -> None:
    gold = {"a": 1, "b": 1, "c": 1, "d": 2, "e": 2}
    predicted = {"a": "x", "b": "x", "c": "y", "d": "y", "z": "x"}  # e is missing, z is not labelled
    assert b_cubed_each(gold, predicted) == {
        "a": (1.0, pytest.approx(2 / 3)),
        "b": (1.0, pytest.approx(2 / 3)),
        "c": (0.5, pytest.approx(1 / 3)),
        "d": (0.5, 0.5),
        "e": (1.0, 0.5),
    }
    quality = b_cubed(gold, predicted)
    assert (quality.precision, quality.recall) == (pytest.approx(4 / 5), pytest.approx((5 / 3 + 1) / 5))
    # Together are ab and cd; truly together ab, ac, bc, de.
    assert pairwise(gold, predicted)[:2] == (0.5, 0.25)


def test_extremes() -> None:
    gold = {"a": 1, "b": 1, "c": 2}
    assert b_cubed(gold, gold) == pairwise(gold, gold) == (1.0, 1.0, 1.0)
    assert b_cubed(gold, {}).precision == 1.0
    assert pairwise(gold, {}) == (0.0, 0.0, 0.0)
    assert b_cubed(gold, dict.fromkeys(gold, 0)).recall == 1.0
    assert b_cubed({}, gold) == pairwise({}, gold) == (0.0, 0.0, 0.0)


def test_the_public_scorer_agrees_where_it_is_at_hand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its figures are rounded to four places."""
    scorer = SHARED / "tools" / "score.py"
    with capsys.disabled():
        print(f"\npublic scorer: {'compared' if scorer.exists() else 'not on this machine'}", end=" ")  # noqa: T201
    rng = random.Random(1)
    for _ in range(3):
        gold = {f"a{n}": f"g{rng.randrange(12)}" for n in range(60)}
        predicted = {id: f"p{rng.randrange(12)}" for id in gold if rng.random() < 0.9}
        if scorer.exists():
            found = score(scorer, tmp_path, gold, predicted)
            expected = [*b_cubed(gold, predicted), *pairwise(gold, predicted)]
            names = ("bcubed_p", "bcubed_r", "bcubed_f1", "pair_p", "pair_r", "pair_f1")
            assert [found[name] for name in names] == pytest.approx(expected, abs=6e-5)


def score(
    scorer: Path, folder: Path, gold: Mapping[str, str], predicted: Mapping[str, str]
) -> dict[str, float]:
    for name, labels in (("gold", gold), ("found", predicted)):
        lines = (json.dumps({"id": id, "story": story}) + "\n" for id, story in labels.items())
        (folder / name).write_text("".join(lines))
    command = [sys.executable, str(scorer), "clusters", str(folder / "gold"), str(folder / "found")]
    result: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return result
