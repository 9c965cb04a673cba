"""Are the largest of many values found in their order?"""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.index.ranking import largest

# Few different values, so that many are equal.
VALUE = st.sampled_from([-np.inf, 0.0, 0.5, 1.0]) | st.floats(0, 1)


@given(st.lists(VALUE, max_size=60), st.sampled_from([1, 5, 40, 100]))
def test_the_largest_come_first_and_of_equal_ones_the_first(values: list[float], most: int) -> None:
    found = largest(np.array(values, np.float64), most)
    assert found.dtype == np.int64
    # sorted() is stable: of equal values the first stays first.
    assert found.tolist() == sorted(range(len(values)), key=lambda at: -values[at])[:most]
