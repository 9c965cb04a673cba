"""Does a cursor continue exactly the list it was made for, and is everything else refused?"""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.api import cursors
from service.errors import InvalidInput

KINDS: tuple[type | tuple[type, ...], ...] = ((float, type(None)), str)


@given(st.floats(allow_nan=False, allow_infinity=False) | st.none(), st.text(st.characters(codec="utf-8")))
def test_a_position_comes_back_as_it_went(number: float | None, text: str) -> None:
    cursor = cursors.encode([number, text], {"sort": "latest"})
    assert cursors.decode(cursor, {"sort": "latest"}, KINDS) == [number, text]
    assert cursor.isascii()
    assert "=" not in cursor


@given(st.text(max_size=80))
def test_any_other_text_is_refused_by_name(cursor: str) -> None:
    with pytest.raises(InvalidInput):
        cursors.decode(cursor, {}, KINDS)


def test_a_cursor_is_bound_to_its_filters() -> None:
    cursor = cursors.encode([1.0, "s"], {"lang": "ar"})
    with pytest.raises(InvalidInput, match="to other filters"):
        cursors.decode(cursor, {"lang": "fr"}, KINDS)


def test_a_forged_position_of_another_type_is_refused() -> None:
    genuine = cursors.encode([{"a": 1}, "s"], {})
    with pytest.raises(InvalidInput):
        cursors.decode(genuine, {}, KINDS)
    nested = base64.urlsafe_b64encode(b"[" * 100_000).decode()
    with pytest.raises(InvalidInput):
        cursors.decode(nested, {}, KINDS)
