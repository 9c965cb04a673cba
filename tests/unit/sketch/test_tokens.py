"""Are the tokens the words of the folded text, and do they stand where the offsets say?"""

from __future__ import annotations

import re
from itertools import groupby

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.sketch.kernels import FLAG_CAPITAL, FLAG_DIGIT, FLAG_FIRST
from service.sketch.tokens import tokenise, tokenise_spans
from service.sketch.unspaced import letters_in_group
from service.text.normalise import fold

# Letters that compose, decompose, widen, fall away or need two UTF-16 units, among ordinary ones.
HARD = (
    "eÉ\u0301سا\u0654\u0651ـﻷﷺ½ﬁİßΣς٣۴\u200f\u00ad\u200d가\u1161𝐀𞤀😀"
    "東京ガ\u3099ｶﾞก\u0e34ข𠀀\ud800\udc00_'-.!؟\n\u2028 …ab1"
)
hard_texts = st.text(st.sampled_from(HARD), max_size=40)
texts = st.one_of(st.text(max_size=60), hard_texts, st.lists(hard_texts, max_size=9).map(" ".join))


def words(text: str) -> list[str]:
    return [word for run in re.findall(r"\w+", fold(text)) for word in words_of_run(run)]


def words_of_run(run: str) -> list[str]:
    found = []
    for letters, of_one_kind in groupby(run, lambda letter: letters_in_group(ord(letter))):
        part = "".join(of_one_kind)
        size = letters or len(part)
        found += [part[i : i + size] for i in range(max(1, len(part) - size + 1))]
    return found


def hash_of(word: str) -> int:
    (value,) = tokenise(word).hashes.tolist()
    return int(value)


@settings(deadline=None)
@given(texts)
@example("e\u0301te \u0651 سـلا\u0654م")
@example("𝐀𝐁 😀 𞤀x \ud800y")
@example("⒫\u0301")
def test_tokens_are_the_words_of_the_folded_text(text: str) -> None:
    tokens = tokenise(text)
    assert tokens.hashes.tolist() == [hash_of(word) for word in words(text)]
    assert {len(column) for column in tokens} == {len(words(text))}


@settings(deadline=None)
@given(texts)
def test_offsets_are_code_points_of_the_original_in_order(text: str) -> None:
    tokens = tokenise(text)
    assert (tokens.starts >= 0).all()
    assert (tokens.starts < tokens.ends).all()
    assert (tokens.ends <= len(text)).all()
    assert (np.diff(tokens.starts) >= 0).all()


def test_a_token_is_found_again_in_the_text_between_its_offsets() -> None:
    text = "الأُمَّــة 😀 E\u0301tat, ﷺ Straße x²  \u200fنعم\u200f _under_ 𝐀bc ٣٤"
    tokens = tokenise(text)
    found = [text[start:end] for start, end in zip(tokens.starts, tokens.ends, strict=True)]
    assert found[:2] == ["الأُمَّــة", "E\u0301tat"]
    assert found[-5:] == ["x²", "نعم\u200f", "_under_", "𝐀bc", "٣٤"]
    assert [word for piece in dict.fromkeys(found) for word in words(piece)] == words(text)


@settings(deadline=None)
@given(st.lists(texts, max_size=6), st.integers(1, 30))
def test_spans_are_tokenised_each_by_itself_up_to_the_limit(parts: list[str], limit: int) -> None:
    text = "#".join(parts)
    ends = np.cumsum([len(part) + 1 for part in parts]).tolist()
    spans = [(end - 1 - len(part), end - 1) for end, part in zip(ends, parts, strict=True)]
    tokens = tokenise_spans(text, spans, max_tokens=limit)
    alone = [hash_of(word) for part in parts for word in words(part)]
    assert tokens.hashes.tolist() == alone[:limit]


def test_spans_beyond_the_text_hold_nothing() -> None:
    assert tokenise_spans("one two", [(-5, 3), (3, 99), (50, 60), (7, 2)]).hashes.shape == (2,)
    assert tokenise_spans("one 𐀀𐀀 two", [(-5, 3), (7, 99)]).ends.tolist() == [3, 10]
    assert tokenise_spans("one two", []).hashes.shape == (0,)


def test_a_key_changes_every_hash() -> None:
    text = "one two three"
    assert tokenise(text, b"a").hashes.tolist() == tokenise(text, b"a").hashes.tolist()
    assert not set(tokenise(text, b"a").hashes.tolist()) & set(tokenise(text, b"b").hashes.tolist())


def test_hashes_do_not_change_between_versions() -> None:
    """Stored sketches hold them: a change here needs a new sketch format."""
    assert tokenise("Rabat الرباط 2024").hashes.tolist() == PINNED


def test_long_tokens_differ_wherever_they_differ() -> None:
    longs = ["a" * 200, "a" * 201, "a" * 64 + "b" + "a" * 135, "b" + "a" * 199, "a" * 199 + "b"]
    assert len({hash_of(word) for word in longs}) == len(longs)


def test_a_megabyte_without_a_blank_is_one_token() -> None:
    assert tokenise("x" * 1_000_000).ends.tolist() == [1_000_000]
    assert len(tokenise("e\u0301" * 300_000).hashes) == 1


def test_at_most_max_tokens_are_read() -> None:
    assert len(tokenise("word " * 5000).hashes) == 2000
    assert len(tokenise("𝐀 " * 5000, max_tokens=7).hashes) == 7


def test_long_text_beyond_the_table_is_read_whole_where_the_limit_allows() -> None:
    words = ["𝐀" + "x" * 50_000, "b", "é" * 70_000, *(["mot"] * 40_000), "e\u0301"]
    tokens = tokenise(" ".join(words), max_tokens=100_000)
    assert len(tokens.hashes) == len(words)
    assert (tokens.ends - tokens.starts).tolist() == [len(word) for word in words]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("東京で地震", ["東京", "京で", "で地", "地震"]),
        ("ガード、が", ["ガー", "ード", "が"]),
        ("第7级BNPB的发言", ["第", "7", "级", "BNPB", "的发", "发言"]),
        ("𠀀东京", ["𠀀", "东京"]),
        ("นายกรัฐ มา", ["นายก", "ายกรั", "ยกรัฐ", "มา"]),
        ("ພາສາລາວ", ["ພາສາ", "າສາລ", "ສາລາ", "າລາວ"]),
    ],
)
def test_a_run_of_letters_without_spaces_becomes_overlapping_groups(text: str, found: list[str]) -> None:
    tokens = tokenise(text)
    assert [text[start:end] for start, end in zip(tokens.starts, tokens.ends, strict=True)] == found
    assert tokens.hashes.tolist() == [hash_of(word) for word in found]


def test_a_run_of_letters_without_spaces_is_read_up_to_the_limit() -> None:
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 5000)))
    assert tokenise(text, max_tokens=7).ends.tolist() == [2, 3, 4, 5, 6, 7, 8]
    assert tokenise(text + "𝐀", max_tokens=7).ends.tolist() == [2, 3, 4, 5, 6, 7, 8]
    assert len(tokenise(text, max_tokens=9000).hashes) == 4999


FIRST = FLAG_FIRST


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("He met Omar", [FIRST | FLAG_CAPITAL, 0, FLAG_CAPITAL]),
        ("in 2024. Then", [FIRST, FLAG_DIGIT, FIRST | FLAG_CAPITAL]),
        ("3.5 rose", [FIRST | FLAG_DIGIT, FLAG_DIGIT, 0]),
        ('"Yes!" he said', [FIRST | FLAG_CAPITAL, FIRST, 0]),
        ("لماذا؟ نعم ٣", [FIRST, FIRST, FLAG_DIGIT]),
        ("one\ntwo", [FIRST, FIRST]),
        ("新聞。天気予", [FIRST, FIRST, 0]),
        ("a É e\u0301 E\u0301 𝐀 x", [FIRST, FLAG_CAPITAL, 0, FLAG_CAPITAL, FLAG_CAPITAL, 0]),
    ],
)
def test_flags_tell_how_a_token_begins(text: str, flags: list[int]) -> None:
    assert tokenise(text).flags.tolist() == flags


def test_the_first_token_of_each_span_is_first() -> None:
    assert tokenise_spans("one two three", [(0, 3), (4, 13)]).flags.tolist() == [FIRST, FIRST, 0]


PINNED = [130614129, 3554118982, 350097179]
