"""Does every language say what English says, reason by reason?"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from service.model import Evidence
from service.reasons import SAYINGS, against_one_story, for_one_story
from service.web.reasons import FEATURES, SENTENCES, reasons, why_not
from service.web.words import Tongue


def pair(evidence: Evidence, langs: tuple[str, str] | None = None, *, same: bool = False) -> dict[str, Any]:
    """An explanation as the page gets it."""
    return {
        "same_story": same,
        "evidence": asdict(evidence),
        "reasons": for_one_story(evidence),
        "why_not": against_one_story(evidence, langs, same_story=same),
        "anchors": [],
    }


def evidence(**changes: Any) -> Evidence:
    nothing = {"jaccard": 0.0, "containment_a": 0.0, "containment_b": 0.0, "passages": ()}
    return Evidence(**{"kind": "event", "linked": False, "probability": 0.2, **nothing, **changes})


def all_features(pull: float) -> Evidence:
    names = list(SAYINGS)
    return evidence(features=dict.fromkeys(names, 0.5), contributions=dict.fromkeys(names, pull))


CASES = [
    evidence(),
    evidence(linked=True, probability=0.9, jaccard=0.8, containment_a=0.9),
    evidence(containment_b=0.7, passages=((0, 0, 12),)),
    evidence(passages=((0, 0, 12), (20, 30, 9))),
    all_features(2.5),
    all_features(-1.2),
    evidence(features={"numbers": 0.0}, contributions={"numbers": -0.4}),
]


@pytest.mark.parametrize("tongue", ["ar", "fr"])
@pytest.mark.parametrize("langs", [None, ("ar", "fr")])
@pytest.mark.parametrize("found", CASES)
def test_there_are_as_many_reasons_in_every_language(found: Evidence, langs: Any, tongue: Tongue) -> None:
    told = pair(found, langs)
    for mine, english in (
        (reasons(told, tongue), told["reasons"]),
        (why_not(told, langs, tongue), told["why_not"]),
    ):
        assert len(mine) == len(english)
        assert not any(reason.english for reason in mine)
        for reason, sentence in zip(mine, english, strict=True):
            assert ("+" in reason.text, "%" in reason.text) == ("(+" in sentence, "%" in sentence)


def test_english_is_what_the_engine_said() -> None:
    told = pair(CASES[4])
    assert [reason.text for reason in reasons(told, "en")] == told["reasons"]


def test_every_feature_has_words_in_both_languages() -> None:
    assert FEATURES.keys() == SAYINGS.keys()
    assert all(said.keys() == {"ar", "fr"} for said in [*FEATURES.values(), *SENTENCES.values()])


def test_a_feature_without_words_is_told_in_english() -> None:
    unknown = evidence(features={"brand_new": 1.0}, contributions={"brand_new": 1.0})
    told = {**pair(CASES[0]), "evidence": asdict(unknown)}
    assert reasons(told, "fr")[0].english
