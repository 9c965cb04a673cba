"""Is a sentence traced to the report that had it first where something tells, and to a common source
elsewhere?"""

from __future__ import annotations

import random
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.model import UInt32
from service.stories import provenance
from service.stories.provenance import BY_CREDIT, BY_TIME, Report, Sentence, trace

LENGTH = 20  # words of a sentence


def sentence(seed: int) -> list[int]:
    """A sentence in words of its own."""
    return random.Random(seed).sample(range(10**6 * seed + 1, 10**6 * (seed + 1)), LENGTH)


def report(name: str, *sentences: int, at: float | None = None, credits: str = "") -> Report:
    words: UInt32 = np.array([word for seed in sentences for word in sentence(seed)], np.uint32)
    starts = range(0, LENGTH * len(sentences), LENGTH)
    return Report(name, words, starts, at, frozenset(credits.split()))


def origins(found: list[Sentence]) -> list[str]:
    return [one.origin for one in found]


def test_a_communique_in_two_reports_is_a_common_source() -> None:
    """Whatever the dates: neither is the other's source."""
    found = trace([report("a", 1, 2, 3, 9, at=0.0), report("b", 4, 5, 9, 6, 7, at=90_000.0)])
    assert origins(found["a"]) == ["unique"] * 3 + ["common_source"]
    assert origins(found["b"]) == ["unique", "unique", "common_source", "unique", "unique"]
    assert found["b"][2].sources == ("a",)
    assert found["a"][3].confidence == 1.0
    assert [one.new for one in found["a"]] == [True] * 4
    assert [one.new for one in found["b"]] == [True, True, False, True, True]


@pytest.mark.parametrize("first", ["wire", "paper"])
def test_a_reprint_is_traced_by_its_date(first: str) -> None:
    times = {"wire": 0.0, "paper": 7_200.0} if first == "wire" else {"wire": 7_200.0, "paper": 0.0}
    found = trace([report("wire", 1, 2, 3, at=times["wire"]), report("paper", 1, 2, 3, 8, at=times["paper"])])
    [second] = {"wire", "paper"} - {first}
    assert origins(found[first])[:3] == ["original"] * 3
    assert origins(found[second])[:3] == ["copied"] * 3
    assert {one.sources for one in found[second][:3]} == {(first,)}
    assert {one.confidence for one in found[second][:3]} == {BY_TIME}
    assert found["paper"][3].origin == "unique"


def test_a_credit_line_outranks_the_dates() -> None:
    found = trace([report("paper", 1, 2, 3, at=0.0, credits="wire"), report("wire", 1, 2, 3, at=9_000.0)])
    assert origins(found["paper"]) == ["copied"] * 3
    assert {(one.sources, one.confidence) for one in found["paper"]} == {(("wire",), BY_CREDIT)}
    assert origins(found["wire"]) == ["original"] * 3


@pytest.mark.parametrize("times", [(None, 0.0), (0.0, None), (0.0, 60.0)])
def test_where_nothing_tells_it_is_a_common_source(times: tuple[float | None, float | None]) -> None:
    found = trace([report("a", 1, 2, 3, at=times[0]), report("b", 1, 2, 3, at=times[1])])
    assert origins(found["a"]) == origins(found["b"]) == ["common_source"] * 3


def test_an_original_that_quotes_others_has_it_from_them() -> None:
    """A sentence that a third report has, too, which copied nothing."""
    wire, paper = report("wire", 1, 2, 9, at=0.0), report("paper", 1, 2, 9, at=9_000.0)
    found = trace([wire, paper, report("third", 4, 5, 6, 9, at=9_000.0)])
    assert origins(found["wire"]) == ["original", "original", "common_source"]
    assert found["paper"][2].sources == ("wire",)
    assert origins(found["third"]) == ["unique"] * 3 + ["common_source"]


def test_few_shared_words_do_not_make_a_sentence_shared() -> None:
    one, other = report("a", 1, 2), report("b", 3, 4)
    other.words[:9] = one.words[:9]
    assert origins(trace([one, other])["b"]) == ["unique", "unique"]


def test_empty_reports_have_no_sentences() -> None:
    assert trace([]) == {}
    assert trace([Report("a", np.empty(0, np.uint32), (0,), None)]) == {"a": []}


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6))
def test_whom_a_report_is_compared_with_changes_nothing_where_a_passage_is_in_few(seed: int) -> None:
    rng = random.Random(seed)
    reports = [
        report(
            f"r{n}",
            *rng.sample(range(1, 9), rng.randint(1, 5)),
            at=rng.choice([None, 0.0, 9_000.0]),
            credits=rng.choice(["", "r0", "r1 r2", "elsewhere"]),
        )
        for n in range(rng.randint(0, 8))
    ]
    everybody = list(combinations(range(len(reports)), 2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(provenance, "_pairs", lambda _: everybody)
        expected = trace(reports)
    assert trace(reports) == expected


def test_the_work_grows_with_the_number_of_copies_and_all_are_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of hundred has its text from the first, and a sentence of its own."""
    compared = []
    runs = provenance.runs
    monkeypatch.setattr(provenance, "runs", lambda *given: compared.append(1) or runs(*given))
    reports = [report(f"r{n}", 1, 2, 3, 100 + n, at=3_600.0 * n) for n in range(100)]
    found = trace(reports)
    assert origins(found["r0"]) == ["original"] * 3 + ["unique"]
    for one in reports[1:]:
        assert origins(found[one.article_id]) == ["copied"] * 3 + ["unique"]
        assert {sentence.sources for sentence in found[one.article_id][:3]} == {("r0",)}
        assert [sentence.new for sentence in found[one.article_id]] == [False] * 3 + [True]
    assert len(compared) <= provenance.CARRIERS * len(reports)


def test_a_report_that_is_credited_is_found_among_many_copies() -> None:
    reports = [report(f"r{n}", 1, 2, 3, at=3_600.0 * n) for n in range(2 * provenance.CARRIERS)]
    late = reports[-2].article_id
    reports[-1] = reports[-1]._replace(credits=frozenset({late}))
    assert {sentence.sources for sentence in trace(reports)[reports[-1].article_id]} == {(late,)}
