"""Is a sketch what its parts say, does it survive storage, and when may two be compared?"""

from __future__ import annotations

import hashlib
from copy import copy
from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import StoreCorrupt, StoreMismatch
from service.model import Sketch, Span
from service.settings import Settings
from service.sketch.kernels import shingles32, winnow
from service.sketch.sketch import DEFAULT_PARAMETERS, Sketcher, pack, unpack
from service.sketch.tokens import tokenise, tokenise_spans

TEXT = "The minister opened the new bridge over the river on Monday, said the agency. Traffic flows again."
HARD = st.text(st.sampled_from("abcdeÉ\u0301سالم\u0654ﷺ½𝐀😀. \n"), max_size=120)


def assert_same(one: Sketch, other: Sketch) -> None:
    for field in fields(Sketch):
        left, right = getattr(one, field.name), getattr(other, field.name)
        assert left.dtype == right.dtype
        assert left.tolist() == right.tolist(), field.name


@settings(deadline=None)
@given(HARD, HARD, st.lists(st.tuples(st.integers(0, 120), st.integers(0, 120)), max_size=3))
def test_a_sketch_holds_the_tokens_of_title_and_spans(title: str, text: str, spans: list[Span]) -> None:
    sketch = Sketcher(key=b"k").sketch(title, text, spans)
    head, body = tokenise(title, b"k"), tokenise_spans(text, spans, b"k")
    assert sketch.title.tolist() == head.hashes.tolist()
    assert sketch.body.tolist() == body.hashes.tolist()
    assert sketch.flags.tolist() == [*head.flags.tolist(), *body.flags.tolist()]


def test_a_stray_astral_character_changes_nothing_else() -> None:
    """The two ways to make a sketch agree: in one call, and step by step for text beyond the table."""
    plain, with_emoji = (Sketcher().sketch("A title", TEXT * 9 + end) for end in ("", " 😀"))
    assert_same(plain, with_emoji)


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "c", "d", "É", "سالم", "𝐀", "x1", "ﷺ"]), min_size=12, max_size=80))
def test_passages_are_the_winnowed_shingles_sorted_and_each_there_once(words: list[str]) -> None:
    sketch = Sketcher().sketch("", " ".join(words))
    chosen = winnow(shingles32(sketch.body, 5), 4).tolist() if sketch.matchable else []
    assert sketch.passages.tolist() == sorted(set(chosen))


@settings(deadline=None)
@given(HARD)
def test_a_signature_alone_is_that_of_the_sketch(text: str) -> None:
    text = f"{text} {TEXT}"
    assert Sketcher().signature(text).tolist() == Sketcher().sketch("A title", text).signature.tolist()


def test_letters_of_one_byte_and_of_two_are_the_same_words() -> None:
    """Python keeps a text without letters beyond U+00FF in bytes."""
    narrow, wide = (Sketcher().sketch(end, f"Été: {TEXT}{end}") for end in ("", " \u2014"))
    assert_same(narrow, wide)


def test_a_sketcher_is_sent_to_another_process_as_what_it_was_made_from() -> None:
    sketcher = Sketcher({"seed": 3}, key=b"k")
    expected = sketcher.sketch("", TEXT)
    sent = copy(sketcher)  # as pickle does
    assert sent.fingerprint == sketcher.fingerprint
    assert_same(sent.sketch("", TEXT), expected)
    assert copy(sketcher) is sent, "kernels are asked for once"


@pytest.mark.parametrize("text", ["", "one", "a b c d e f g h i", "again " * 50, "a b c " * 30, "😀 !!! \n"])
def test_too_little_text_is_unmatchable(text: str) -> None:
    sketch = Sketcher().sketch("The same title for all", text)
    assert not sketch.matchable
    assert sketch.signature.shape == sketch.passages.shape == (0,)


def test_eight_different_shingles_are_enough() -> None:
    assert Sketcher().sketch("", "a b c d e f g h i j").signature.shape == (128,)


def test_parameters_shape_the_sketch() -> None:
    sketch = Sketcher({"num_perm": 64, "max_tokens": 50}).sketch(
        "t " * 70, "w1 w2 w3 w4 w5 w6 w7 w8 w9 " * 20
    )
    assert sketch.signature.shape == (64,)
    assert sketch.body.shape == sketch.title.shape == (50,)


def test_fingerprints_differ_with_every_parameter_and_with_the_key() -> None:
    changed = [{name: 7} for name in DEFAULT_PARAMETERS if name not in ("scheme", "fold", "unspaced")]
    changed.append({"unspaced": "icu"})
    sketchers = [Sketcher(), Sketcher(key=b"k"), *(Sketcher(change) for change in changed)]
    assert len({sketcher.fingerprint for sketcher in sketchers}) == len(sketchers)
    assert Sketcher(key=b"k").fingerprint == Sketcher(dict(DEFAULT_PARAMETERS), b"k").fingerprint


def test_anchors_are_hashed_under_the_key_and_kept_with_their_words() -> None:
    words = [{"~NTN": 28, "=netan": 100}, {}, {"384": 100}]
    sketch = Sketcher(key=b"k").anchored(Sketcher(key=b"k").sketch("A title", TEXT), words)
    assert sketch.anchors[:, 1].tolist() == [28, 100, 2 << 8 | 100]
    assert_same(unpack(pack(sketch)), sketch)
    other = Sketcher(key=b"other").anchored(sketch, words)
    assert not set(sketch.anchors[:, 0].tolist()) & set(other.anchors[:, 0].tolist())
    assert len(Sketcher().sketch("A title", TEXT).anchors) == 0


def test_settings_and_sketcher_name_the_same_parameters() -> None:
    assert Settings().sketch_parameters() == DEFAULT_PARAMETERS


@pytest.mark.parametrize("wrong", [{"scheme": "legacy"}, {"fold": 2}, {"shingles": 3}])
def test_parameters_it_cannot_honour_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Sketcher(wrong)


def test_sketches_do_not_change_between_versions() -> None:
    """They are stored: a change here needs another format number, so that fingerprints differ."""
    sketch = Sketcher(key=b"k").sketch("A title عنوان", f"{TEXT} 😀 {TEXT} Fin. و{TEXT}")
    assert hashlib.sha256(pack(sketch)).hexdigest()[:16] == "da80dbd7c0387c72"


def test_batch_is_one_by_one() -> None:
    articles = [("A", TEXT, None), ("B", "", None), ("C", TEXT, (Span(0, 40),))]
    for batched, article in zip(Sketcher().batch(articles), articles, strict=True):
        assert_same(batched, Sketcher().sketch(*article))


@settings(deadline=None)
@given(HARD, HARD)
def test_storage_keeps_everything(title: str, text: str) -> None:
    sketch = Sketcher().sketch(title, text)
    stored = unpack(pack(sketch))
    assert_same(stored, sketch)
    assert all(getattr(stored, field.name).flags.writeable for field in fields(Sketch))
    assert pack(stored) == pack(sketch)


def test_a_damaged_blob_is_named() -> None:
    blob = pack(Sketcher().sketch("A title", TEXT))
    for damaged in (b"", b"SK", blob[:-1], blob + b"\0", b"XX" + blob[2:]):
        with pytest.raises(StoreCorrupt):
            unpack(damaged)
    for version in (b"\x02\x00", b"\x04\x00"):  # the one before, and one to come
        with pytest.raises(StoreMismatch):
            unpack(blob[:2] + version + blob[4:])
