"""Are an article's terms its different words in the order of first use, rightly counted and placed?"""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from window_articles import SKETCHER, words_of

from service.sketch.terms import IN_LEAD, IN_TITLE, IS_NUMBER, LEAD, MOST, Terms, terms_of

WORD = st.sampled_from(["harbour", "bridge", "5", "2026", "B52", "été", "جسر", "٣", "a_b"])
LINE = st.lists(WORD, max_size=70).map(" ".join)


def uses(terms: Terms) -> dict[int, tuple[int, int]]:
    """Count and places of each key."""
    return {
        key: (count, place)
        for key, count, place in zip(
            terms.keys.tolist(), terms.counts.tolist(), terms.places.tolist(), strict=True
        )
    }


@settings(deadline=None)
@given(LINE, LINE)
def test_terms_are_the_words_of_title_and_body(title: str, text: str) -> None:
    sketch = SKETCHER.sketch(title, text)
    terms = terms_of(sketch)
    assert (terms.keys.dtype, terms.counts.dtype, terms.places.dtype) == (np.uint32, np.uint8, np.uint8)
    expected = {
        key: (word.count, IN_TITLE * word.in_title | IN_LEAD * word.in_lead | IS_NUMBER * word.is_number)
        for key, word in words_of(sketch).items()
    }
    assert list(uses(terms).items()) == list(expected.items())


def test_a_word_used_very_often_does_not_overflow_its_count() -> None:
    terms = terms_of(SKETCHER.sketch("", "again " * 700))
    assert terms.counts.tolist() == [MOST]


def test_the_lead_ends_after_its_last_word() -> None:
    body = " ".join(f"w{number}x" for number in range(LEAD + 1))
    in_lead = [bool(place & IN_LEAD) for place in terms_of(SKETCHER.sketch("", body)).places]
    assert in_lead == [True] * LEAD + [False]


def test_an_empty_article_has_no_terms() -> None:
    assert [len(array) for array in terms_of(SKETCHER.sketch("", ""))] == [0, 0, 0]
