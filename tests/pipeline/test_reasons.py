"""Does an explanation name every feature that decided, with its value and its weight, in words?"""

from __future__ import annotations

import pytest

from service.model import Evidence
from service.reasons import (
    ANCHORS_NAMED,
    MATTERS,
    NAMED,
    SAYINGS,
    against_one_story,
    for_one_story,
    same_in_both,
)
from service.stories.evidence import FEATURES


def evidence(pull: float, value: float = 0.5, *, linked: bool = True) -> Evidence:
    """Evidence in which every feature pulls as much."""
    same = dict.fromkeys(FEATURES, pull)
    return Evidence("event", linked, 0.9, 0.0, 0.0, 0.0, (), dict.fromkeys(FEATURES, value), same)


def test_every_feature_has_a_saying() -> None:
    assert list(SAYINGS) == list(FEATURES)


@pytest.mark.parametrize("name", FEATURES)
@pytest.mark.parametrize("value", [0.0, 0.3, 1.0, 5.5])
def test_a_saying_is_a_sentence_with_the_value(name: str, value: float) -> None:
    told = Evidence("event", True, 0.9, 0.0, 0.0, 0.0, (), {name: value}, {name: 1.5})
    [said] = for_one_story(told)
    assert said.endswith(": speaks clearly for one event (+1.5).")
    assert said[0].isupper() or said[0].isdigit()
    assert value or not any(digit in said.partition(":")[0] for digit in "123456789")


@pytest.mark.parametrize(
    ("pull", "weight"), [(0.3, "a little"), (0.99, "a little"), (1.0, "clearly"), (2.0, "strongly")]
)
def test_weights_are_said_in_words_on_either_side(pull: float, weight: str) -> None:
    for said, side, sign in (
        (for_one_story(evidence(pull)), "for", "+"),
        (against_one_story(evidence(-pull), None, same_story=True), "against", "-"),
    ):
        assert len(said) == NAMED
        assert all(f"speaks {weight} {side} one event ({sign}{pull:.1f})" in sentence for sentence in said)


def test_what_hardly_pulls_is_not_named() -> None:
    little = evidence(MATTERS - 0.01)
    assert for_one_story(little) == []
    assert against_one_story(little, None, same_story=True) == []


def test_passages_are_told_in_words_and_not_as_the_model_sees_them() -> None:
    told = Evidence(
        "passage", True, 0.9, 0.1, 0.2, 0.1, ((3, 5, 20), (40, 9, 9)), {"passage": 3.09}, {"passage": 2.5}
    )
    assert for_one_story(told) == [
        "They share 2 passages, 29 words together, the longest 20 words.",
        "They share 21 words in passages that few others carry: speaks strongly for one event (+2.5).",
    ]


def test_languages_that_differ_and_stories_that_do_are_named() -> None:
    said = against_one_story(evidence(0.0), ("ar", "fr"), same_story=False)
    assert said == [
        "Their languages differ: ar and fr.",
        "They are linked, but the stories as wholes have too little in common.",
    ]
    [probability, passage] = against_one_story(evidence(0.0, linked=False), None, same_story=False)
    assert "0.90: too low" in probability
    assert "no passage" in passage


def test_what_two_languages_share_is_named_rarest_first_and_counted() -> None:
    assert same_in_both([]) == []
    assert same_in_both([("Palu", "palu")]) == [
        "Across their languages they share one name, number or word: Palu."
    ]
    many = [("Palu", "بالو"), *((str(number), str(number)) for number in range(ANCHORS_NAMED))]
    [said] = same_in_both(many)
    assert said.startswith(
        f"Across their languages they share {len(many)} names, numbers and words: Palu (بالو), 0"
    )
    assert said.endswith(", 10 and others.")
