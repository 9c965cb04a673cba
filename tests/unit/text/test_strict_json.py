"""Is every document that means more than one thing, or nothing, refused with the place of its fault?"""

import json
import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.errors import InvalidInput
from service.text.intake import read_json

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 63), (1 << 64) - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.sampled_from('ab:"\\u003a{}[]é \n'), max_size=8),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text(st.sampled_from('ab:"\\{'), max_size=4), inner, max_size=4),
    ),
    max_leaves=20,
)


@given(values, st.booleans(), st.sampled_from([None, 1]))
@example({"a:": ":"}, True, None)
@example([1e300, 2.0**63], False, 1)
def test_reads_what_json_writes(value: Any, ascii_only: bool, indent: int | None) -> None:
    document = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    assert read_json(document) == value


@given(st.dictionaries(st.text(max_size=3), scalars, min_size=1, max_size=4), st.data())
def test_finds_every_duplicate_key(members: dict[str, Any], data: st.DataObject) -> None:
    again = data.draw(st.sampled_from(sorted(members)))
    pairs = [f"{json.dumps(key)} : {json.dumps(value)}" for key, value in members.items()]
    pairs.insert(data.draw(st.integers(0, len(pairs))), f"{json.dumps(again)}:{json.dumps('x:y')}")
    document = '[{"outer":{' + ",".join(pairs) + "}}]"
    with pytest.raises(InvalidInput, match="second time"):
        read_json(document.encode())


def test_the_same_key_in_two_objects_is_no_duplicate() -> None:
    assert read_json(b'[{"a":1},{"a":{"a":"\\u003a"}}]') == [{"a": 1}, {"a": {"a": ":"}}]


@pytest.mark.parametrize(
    ("document", "place"),
    [
        (b'{"a":1,\n"a":2}', "Line 2, byte 8: a key for the second time"),
        (b'{"\\u0061":1,"a":2}', "Line 1, byte 12: a key for the second time"),
        (b"[1,NaN]", "Line 1, byte 3: a word"),
        (b"[-Infinity]", "Line 1, byte 1: a word"),
        (b"[1e999]", "Line 1, byte 1: a number beyond"),
        (b"[18446744073709551616]", "Line 1, byte 1: an integer of more than 64 bits"),
        (b"[-9223372036854775809]", "Line 1, byte 1: an integer of more than 64 bits"),
        (b'{"a":\n"\xff"}', "Line 2, byte 7: not UTF-8"),
        (b'{"a":"\xed\xa0\x80"}', "Line 1, byte 6: not UTF-8"),
        (b'{"a":1,}', "Line 1, byte"),
        (b'{"a":1}}', "Line 1, byte 7"),
        (b"{'a':1}", "Line 1, byte 2: a word"),
        (b'"\\x"', "Line 1, byte"),
        (b'{"a', "Line 1, byte 1"),
        (b"", "Line 1, byte 0"),
        (b"  \n ", "Line 2, byte"),
    ],
)
def test_names_the_place_of_a_fault(document: bytes, place: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_json(document)
    assert place in caught.value.detail
    assert caught.value.status == 400


def test_counts_lines_from_where_the_document_stands() -> None:
    with pytest.raises(InvalidInput, match="Line 17, byte 1"):
        read_json(b"[NaN]", first_line=17)


def test_reads_a_byte_order_mark_over() -> None:
    assert read_json(b"\xef\xbb\xbf{}") == {}


def test_lets_lone_surrogates_through_to_intake() -> None:
    assert read_json(b'{"a":"\\ud800x"}') == {"a": "\ud800x"}


def test_never_repeats_the_input() -> None:
    with pytest.raises(InvalidInput) as caught:
        read_json(b'{"secret-key":1,"secret-key":"secret-value"}')
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_64_levels_are_enough(opening: str, closing: str) -> None:
    assert read_json((opening * 64 + "1" + closing * 64).encode())
    with pytest.raises(InvalidInput, match="more than 64 levels"):
        read_json((opening * 65 + "1" + closing * 65).encode())


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "document",
    [
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000,
        b"[" + b"9" * 5_000 + b"]",
        b'{"a":' + b"-" + b"9" * 5_000 + b"}",
        b"[" + b"1" * 1_000_000 + b".5.5]",
        b'"' + b'\\"' * 500_000,
        b'"' * 1_000_001,
        b'{"a":1,' * 100_000,
        b"[1e" + b"9" * 5_000 + b"]",
    ],
)
def test_bombs_are_refused_at_once(document: bytes) -> None:
    with pytest.raises(InvalidInput, match="Line 1, byte"):
        read_json(document)


def test_large_good_documents_are_read() -> None:
    document = json.dumps([{"text": "a:b " * 1000, "n": [1.5, -3, math.pi]} for _ in range(50)]).encode()
    assert len(read_json(document)) == 50
