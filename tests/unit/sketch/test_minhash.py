"""Do the kernels compute what their sources define: datasketch's MinHash and robust winnowing?"""

from __future__ import annotations

import numpy as np
import pytest
from datasketch import LeanMinHash, MinHash
from hypothesis import given, settings
from hypothesis import strategies as st

from service.sketch.exact import shingle_hashes
from service.sketch.kernels import distinct_reach, minhash, winnow
from service.sketch.sketch import Sketcher, permutations
from service.sketch.tokens import tokenise

hashes = st.lists(st.integers(0, 2**32 - 1), max_size=80)


def datasketch_signature(base: list[int], num_perm: int = 128, seed: int = 1) -> list[int]:
    reference = MinHash(num_perm=num_perm, seed=seed, scheme="affine32", hashfunc=lambda value: value)
    for value in base:
        reference.update(value)
    return [int(value) for value in reference.hashvalues]


@settings(deadline=None)
@given(hashes, st.sampled_from([16, 128, 200]), st.integers(0, 5))
def test_signature_is_bit_identical_to_datasketch(base: list[int], num_perm: int, seed: int) -> None:
    ours = minhash(np.array(base, np.uint32), *permutations(num_perm, seed))
    assert ours.dtype == np.uint32
    assert ours.tolist() == datasketch_signature(base, num_perm, seed)


@settings(deadline=None)
@given(st.lists(st.text(min_size=1, max_size=8), min_size=12, max_size=60))
def test_a_sketch_of_any_unicode_words_has_datasketchs_signature(words: list[str]) -> None:
    text = " ".join(words)
    sketch = Sketcher().sketch("", text)
    base = shingle_hashes(tokenise(text).hashes).tolist()
    if sketch.matchable:
        assert sketch.signature.tolist() == datasketch_signature(base)
    else:
        assert len(set(base)) < 8


def test_signatures_load_in_datasketch() -> None:
    text = " ".join(f"word{i}" for i in range(300))
    one, other = (Sketcher().sketch("", part) for part in (text, text[:1500]))
    lean = [LeanMinHash(seed=1, hashvalues=s.signature, scheme="affine32") for s in (one, other)]
    assert lean[0].jaccard(lean[0]) == 1.0
    assert lean[0].jaccard(lean[1]) == pytest.approx((one.signature == other.signature).mean())
    again = LeanMinHash(MinHash(hashvalues=one.signature, scheme="affine32"))
    assert again == lean[0]


@settings(deadline=None)
@given(hashes, st.integers(1, 10))
def test_distinct_reach_counts_different_values(base: list[int], least: int) -> None:
    assert distinct_reach(np.array(base, np.uint32), least) == (len(set(base)) >= least)


def winnow_by_definition(values: list[int], window: int) -> list[int]:
    width = min(window, len(values))
    places = []
    for begin in range(len(values) - width + 1) if values else []:
        inside = range(begin, begin + width)
        places.append(max(i for i in inside if values[i] == min(values[j] for j in inside)))
    return [values[i] for i in dict.fromkeys(places)]


@settings(deadline=None)
@given(st.lists(st.integers(0, 12), max_size=50), st.integers(1, 8))
def test_winnowing_keeps_the_rightmost_least_of_each_window(values: list[int], window: int) -> None:
    assert winnow(np.array(values, np.uint32), window).tolist() == winnow_by_definition(values, window)


@settings(deadline=None)
@given(
    st.lists(st.integers(), min_size=2, max_size=20), st.lists(st.integers(), min_size=2), st.integers(0, 9)
)
def test_texts_that_share_eight_words_share_a_passage(before: list[int], after: list[int], seed: int) -> None:
    shared = " ".join(f"shared{seed}x{i}" for i in range(8))
    a = " ".join([*(f"a{i}" for i in before), shared, *(f"b{i}" for i in after)])
    b = " ".join([*(f"c{i}" for i in after), shared, *(f"d{i}" for i in before)])
    sketch = Sketcher().sketch
    assert set(sketch("", a).passages.tolist()) & set(sketch("", b).passages.tolist())
