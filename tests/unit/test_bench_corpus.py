"""Is a grown stream one of news: other words, the same events, copies and quotations?"""

from __future__ import annotations

import random
import sys
from importlib.util import module_from_spec, spec_from_file_location
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from window_articles import SKETCHER, prose

from service.sketch.exact import resemblance


@pytest.fixture(scope="module")
def corpus() -> Any:
    """The module of bench: by its path, since tests have one of that name, too."""
    path = Path(__file__).parents[2] / "bench" / "corpus.py"
    spec = spec_from_file_location("bench_corpus", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["bench_corpus"] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def stream() -> list[dict[str, Any]]:
    """Twenty reports of which each second one is the former with another ending."""
    rng = random.Random(3)
    texts = [prose(rng, 60) for _ in range(10)]
    return [
        {
            "id": f"{n}",
            "url": f"http://a.example/{n}",
            "title": "Report",
            "text": f"{texts[n // 2]} {n} and {end}",
        }
        for n, end in enumerate(prose(rng, 4) for _ in range(20))
    ]


def jaccard(a: str, b: str) -> float:
    return resemblance(SKETCHER.sketch("", a).body, SKETCHER.sketch("", b).body)[0]


def test_the_first_copy_is_the_stream_and_the_number_is_kept(corpus: Any, stream: Any) -> None:
    grown = list(corpus.Corpus(stream).grown(50))
    assert grown[:20] == stream
    assert len({article["id"] for article in grown}) == len({article["url"] for article in grown}) == 50


def test_a_copy_has_the_same_likenesses_in_other_words(corpus: Any, stream: Any) -> None:
    copy = list(corpus.Corpus(stream).copy(1))
    for one, other in ((0, 1), (1, 2), (4, 9)):
        own = jaccard(stream[one]["text"], stream[other]["text"])
        assert jaccard(copy[one]["text"], copy[other]["text"]) == pytest.approx(own, abs=0.05)
    assert jaccard(stream[0]["text"], stream[1]["text"]) > 0.7
    assert max(jaccard(a["text"], b["text"]) for a in stream for b in copy) < 0.2
    assert {article["title"] for article in copy} == {"Report"}, "what most articles say stays"


def test_what_comes_out_depends_on_the_stream_and_the_seed_alone(corpus: Any, stream: Any) -> None:
    once, again, other = (list(corpus.Corpus(stream, seed).grown(45)) for seed in (1, 1, 2))
    assert once == again != other
    assert once[40:] == list(islice(corpus.Corpus(stream).copy(2), 5))
