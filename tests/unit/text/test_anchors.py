"""Are names, numbers and dates known again in other languages, and found where they stand?"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from languages import TOLD

from service.model import Span
from service.text.anchors import MOST_WORDS, Anchor, consonants, find_anchors
from service.text.names import names_of


def anchors(text: str, lang: str, title: str = "") -> list[Anchor]:
    return find_anchors(title, text, [Span(0, len(text))], lang)


def keys(text: str, lang: str) -> set[str]:
    return {key for anchor in anchors(text, lang) for key in anchor.keys}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Netanyahu", "en"), ("نتنياهو", "ar")),
        (("Netanyahu", "en"), ("Нетаньяху", "ru")),
        (("Brandis", "de"), ("برانديس", "ar")),
        (("Merkel", "fr"), ("وميركل", "ar")),
        (("Papandreou", "en"), ("Παπανδρέου", "el")),
        (("Sharon", "en"), ("שרון", "he")),
        (("Indonesia", "en"), ("印度尼西亚", "zh")),
        (("Indonesian", "en"), ("بإندونيسيا", "ar")),
        (("the United Kingdom", "en"), ("المملكة المتحدة", "ar")),
        (("London", "en"), ("在伦敦的", "zh")),
        (("samedi", "fr"), ("周六", "zh")),
        (("Samstag", "de"), ("السبت", "ar")),
        (("septembre", "fr"), ("9月", "zh")),
        (("16,700 people", "en"), ("16 700 Menschen", "de")),
        (("16.700", "es"), ("١٦٬٧٠٠", "ar")),
        (("7.50", "en"), ("7,5", "fr")),
        (("2.4 million", "en"), ("240万", "zh")),
        (("Kaninchenzüchter", "de"), ("Kaninchenzuchter", "en")),
        (("Macédoine", "fr"), ("Macedonians", "en")),
    ],
)
def test_a_word_and_its_counterpart_share_a_key(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert keys(*one) & keys(*other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Monday", "en"), ("الثلاثاء", "ar")),
        (("1.5", "en"), ("15", "fr")),
        (("Palermo", "it"), ("برانديس", "ar")),
        (("Iran", "en"), ("伊拉克", "zh")),
    ],
)
def test_different_things_share_none(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert not keys(*one) & keys(*other)


def test_anchors_say_where_they_stand_in_the_original() -> None:
    text = "Ph\u0301. Le Château: E\u0301tat 16 700, château"
    found = {anchor.word: [text[a:b] for a, b in anchor.spans] for anchor in anchors(text, "fr")}
    assert found["château"] == ["Château", "château"]
    assert found["16 700"] == ["16 700"]
    assert found["état"] == ["E\u0301tat"]


def test_what_stands_only_in_the_title_stands_nowhere_in_the_text() -> None:
    [title_only, both] = anchors("Palu again", "xx", title="Sulawesi Palu")[:2]
    assert (title_only.word, title_only.spans) == ("sulawesi", [])
    assert (both.word, both.spans) == ("palu", [Span(0, 4)])


def test_only_so_many_words_are_kept() -> None:
    assert len(anchors(" ".join(f"Name{chr(97 + i % 26)}{i}" for i in range(2000)), "en")) == MOST_WORDS


def test_a_language_that_cldr_does_not_know_has_no_names() -> None:
    assert names_of("xx").meaning == names_of("no such-language").meaning == {}


@settings(deadline=None)
@given(st.text(max_size=80), st.sampled_from(["en", "ar", "zh", "de", "und"]))
def test_any_text_may_come(text: str, lang: str) -> None:
    for anchor in anchors(text, lang):
        assert all(0 <= start < end <= len(text) for start, end in anchor.spans)
        assert all(0 < strength <= 100 for strength in anchor.keys.values())


def test_consonants_keep_what_scripts_share() -> None:
    assert consonants("waters") == consonants("ووترز") == "VTRS"
    assert consonants("branstad") != consonants("lindholm")


def test_every_telling_of_an_event_shares_several_words_with_every_other() -> None:
    for (event, lang), (title, text) in TOLD.items():
        for (same, other), (other_title, other_text) in TOLD.items():
            if event == same and lang < other:
                one, two = (
                    keys(f"{t}\n{x}", c)
                    for t, x, c in ((title, text, lang), (other_title, other_text, other))
                )
                assert len(one & two) >= 5, (event, lang, other)
