"""Do folding, its offsets and its table agree with each other, on any input and in linear time?"""

import re
import unicodedata

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.text.normalise import (
    DROPPED,
    SEPARATOR,
    fold,
    fold_table,
    fold_with_offsets,
    fold_words,
    is_foldable_by_table,
)

# Characters at which folding and normalising go wrong first, mixed with any others.
AWKWARD = (
    "aAeÉßİıΣςσ'_-9٣۳०²½™ﷺﻻﬁ…éأإآٱىةـًُِّْٰ\u0653\u0654\u0655وe\u0301\u0323\u0344\u0308i \n\x00\ud800"
    "\u200b\u200c\u200d\u200f\u202e\u2066\ufeff\u00ad\u00a0\ufe0f\U000e0100\U0001d400\U00010400😀🇲🇦"
    "\u1100\u1161\u11a8가각\uff76\uff9e\u3099\u0f73\u0f71\u0958क\u093c"
)
anything = st.text(st.one_of(st.sampled_from(AWKWARD), st.characters()), max_size=60)
awkward = st.text(st.sampled_from(AWKWARD), max_size=60)


def slow_fold(text: str) -> str:
    """The definition, one character at a time; valid for texts without long runs of marks."""
    folded = []
    for character in unicodedata.normalize("NFKC", text):
        category = unicodedata.category(character)
        if category[0] == "M" or category == "Cf" or character in "ـ\u115f\u1160":
            continue
        digit = unicodedata.decimal(character, None)
        folded.append(str(digit) if digit is not None else character.lower()[0].translate(LETTERS))
    return "".join(folded)


LETTERS = str.maketrans("آأإٱٲٳىةς", "اااااايهσ")


def words_by_table(text: str) -> list[str]:
    table, words, word = fold_table(), [], ""
    for unit in np.frombuffer(text.encode("utf-16-le", "surrogatepass"), dtype="<u2"):
        if table[unit] == SEPARATOR:
            words.append(word)
            word = ""
        elif table[unit] != DROPPED:
            word += chr(table[unit])
    return [word for word in [*words, word] if word]


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("الأُمَّــة ٢٠٢٤", "الامه 2024"),
        ("إلى آخر ٱلعام", "الي اخر العام"),
        ("ΟΔΟΣ οδος", "οδοσ οδοσ"),
        ("İstanbul ISTANBUL", "istanbul istanbul"),
        ("Éa e\u0301a éa", "éa éa éa"),
        ("pass\u00adword\u200b zero\u200dwidth \u202eabc\u202c", "password zerowidth abc"),
        ("ﷺ", "صلي الله عليه وسلم"),
        ("ﻻ x² ½", "لا x2 1⁄2"),
        ("हिन्दी १२", "हनद 12"),
        ("don't snake_case", "don't snake_case"),
        ("", ""),
    ],
)
def test_pinned_forms(written: str, folded: str) -> None:
    assert fold(written) == folded


@given(anything)
@example("\uff9e\u0323")
@example("e\u0301")
def test_fold_is_its_definition(text: str) -> None:
    assert fold(text) == slow_fold(text)


@settings(max_examples=300)
@given(st.one_of(anything, awkward))
@example("क\u093c\u0301")
@example("\u1100\u1161\u11a8\u11a8")
@example("a" + "\u0301" * 70 + "b" + "\u0323\u0301" * 40)
@example("ﷺ" * 400)
def test_offsets_belong_to_the_fold(text: str) -> None:
    folded, offsets = fold_with_offsets(text)
    assert folded == fold(text)
    assert offsets.dtype == np.int32
    assert offsets.shape == (len(folded),)
    if len(offsets):
        assert offsets[0] >= 0
        assert offsets[-1] < len(text)
        assert (np.diff(offsets) >= 0).all()


@given(awkward, awkward)
def test_an_offset_points_at_its_own_character(before: str, after: str) -> None:
    folded, offsets = fold_with_offsets(f"{before} q {after}")
    position = folded.index("q")
    assert offsets[position] == len(before) + 1


@settings(max_examples=300)
@given(st.one_of(anything, awkward))
@example("x²…\u00a0ـé")
def test_the_table_gives_the_words_of_the_fold(text: str) -> None:
    if is_foldable_by_table(text):
        assert words_by_table(text) == re.findall(r"\w+", fold(text))


def test_the_table_serves_every_simple_unit() -> None:
    for code in range(0x10000):
        text = f"a{chr(code)}b"
        if is_foldable_by_table(text):
            assert words_by_table(text) == re.findall(r"\w+", fold(text)), hex(code)


@pytest.mark.parametrize("text", ["قال الرئيس… غدا", "déjà vu – l’été", "١٢\u00a0مليون", "Привет", "東京で"])
def test_news_text_needs_no_slow_path(text: str) -> None:
    assert is_foldable_by_table(text)


@pytest.mark.parametrize("text", ["e\u0301", "ﷺ", "½", "™", "\U0001d400", "ﻻ", "\u1100\u1161"])
def test_what_one_unit_cannot_describe_is_told(text: str) -> None:
    assert not is_foldable_by_table(text)


def test_the_table_cannot_be_changed_by_a_caller() -> None:
    with pytest.raises(ValueError, match="read-only"):
        fold_table()[65] = 0


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "marks", ["\u0301\u0323", "\u0f73\u0323", "\uff9e\u0323", "\U0001d165\u0301", "\u064e\u0651"]
)
def test_a_bomb_of_combining_marks_is_defused(marks: str) -> None:
    """NFC sorts a run of marks in quadratic time: 80,000 took 4.8 s, a megabyte would take minutes."""
    bomb = "a" + marks * 500_000 + " end"
    folded, offsets = fold_with_offsets(bomb)
    assert fold(bomb) == folded
    assert folded.endswith(" end")
    assert bomb[offsets[-1]] == "d"


@pytest.mark.timeout(20)
def test_characters_that_expand_are_capped() -> None:
    bomb = "\ufdfa" * 350_000
    folded, offsets = fold_with_offsets(bomb)
    assert len(fold(bomb)) == len(folded) == len(offsets) <= 2 * len(bomb) + 1024


def test_invisible_characters_leave_no_trace() -> None:
    hidden = "\u200b\u200e\u200f\u202a\u202e\u2060\u2066\u2069\ufeff\u00ad\u061c\u3164"
    assert fold(hidden.join("خبر")) == "خبر"
    assert fold(hidden * 10_000) == ""


@given(anything)
@example("الأُمَّــة، ٢٠٢٤")
def test_the_words_alone_are_those_of_the_folded_text(text: str) -> None:
    assert re.findall(r"\w+", fold_words(text)) == re.findall(r"\w+", fold(text))
