"""Are scripts without spaces cut where ICU says, and do texts in them share text like others?"""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import InvalidSetting
from service.model import Span
from service.sketch.exact import passages
from service.sketch.sketch import Sketcher
from service.sketch.tokens import tokenise_spans
from service.sketch.unspaced import spaced
from service.stories.near_duplicates import pairs

HARD = "東京で地震ガ\u3099ｶﾞ、。นายก\u0e31รัฐ𠀀😀BNPB 7.5é e\u0301ﷺ\n"
hard_texts = st.text(st.sampled_from(HARD), max_size=60)
REPORT = (
    "港口管理局星期一宣布，旧城的渡轮码头在修缮十一个月之后重新开放，首班渡轮于清晨六点驶往对岸的灯塔岛。"
    "局长说，工程费用为四百二十万，比原先的预算少了一成，下一步将加固东侧的防波堤。"
)
OTHER = "市立图书馆宣布今年夏天延长开放时间，读者周末也可以借还书籍，儿童阅览室则会增加三百个座位。"


def cut(text: str, spans: list[Span] | None = None) -> list[str]:
    tokens = tokenise_spans(text, spans or [Span(0, len(text))], unspaced="icu")
    return [text[start:end] for start, end in zip(tokens.starts, tokens.ends, strict=True)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("东京发生地震6点BNPB。", ["东京", "发生", "地震", "6", "点", "BNPB"]),
        ("東京で地震が発生。", ["東京", "で", "地震", "が", "発生"]),
        ("นายกรัฐมนตรีกล่าวว่า", ["นายก", "รัฐมนตรี", "กล่าว", "ว่า"]),
        ("The mayor's 3.5 𝐀 😀", ["The", "mayor", "s", "3", "5", "𝐀"]),
    ],
)
def test_icu_says_where_words_begin_in_scripts_without_spaces(text: str, words: list[str]) -> None:
    assert cut(text) == words


@settings(deadline=None)
@given(hard_texts)
def test_blanks_are_put_in_and_nothing_else_changes(text: str) -> None:
    put = spaced(text)
    kept = [letter for place, letter in enumerate(put.text) if place not in set(put.blanks.tolist())]
    assert "".join(kept) == text
    assert {put.text[blank] for blank in put.blanks} <= {" "}


@settings(deadline=None)
@given(hard_texts, hard_texts, st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=3))
def test_a_sketch_and_its_tokens_are_cut_alike(title: str, text: str, spans: list[Span]) -> None:
    sketch = Sketcher({"unspaced": "icu"}, b"k").sketch(title, text, spans)
    head, body = (
        tokenise_spans(whole, parts, b"k", unspaced="icu")
        for whole, parts in ((title, [(0, len(title))]), (text, spans))
    )
    assert sketch.title.tolist() == head.hashes.tolist()
    assert sketch.body.tolist() == body.hashes.tolist()
    inside = [(s, e) for s, e in zip(body.starts.tolist(), body.ends.tolist(), strict=True)]
    assert all(any(start <= s and e <= end for start, end in spans) for s, e in inside)


def test_icu_without_the_extra_is_refused_with_the_command_that_helps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "icu", None)
    with pytest.raises(InvalidSetting, match=r"samestory\[cjk\]"):
        _ = Sketcher({"unspaced": "icu"}).fingerprint


@pytest.mark.parametrize("unspaced", ["ngrams", "icu"])
def test_a_chinese_report_is_matchable_and_has_a_word_for_each_group(unspaced: str) -> None:
    sketch = Sketcher({"unspaced": unspaced}).sketch("码头重新开放", REPORT)
    assert sketch.matchable
    assert len(set(sketch.body.tolist())) > 40


def test_a_passage_shared_in_chinese_is_found_at_its_place() -> None:
    quoted = f"据报道，{REPORT[10:60]}"
    [found] = passages(REPORT, [(0, len(REPORT))], quoted, [(0, len(quoted))])
    [a], [b] = found.a, found.b
    assert REPORT[a.start : a.end] == quoted[b.start : b.end]
    assert REPORT[11:58] in REPORT[a.start : a.end]


def test_near_duplicates_are_found_in_chinese() -> None:
    edited = REPORT.replace("星期一", "周一")
    [pair] = pairs([("a", REPORT), ("b", edited), ("c", OTHER)])
    assert (pair.a, pair.b) == ("a", "b")
    assert 0.8 < pair.jaccard < 1.0
