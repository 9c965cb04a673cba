"""Which words of a report count when passages of it do not?"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.model import WindowArticle
from service.sketch.sketch import Sketcher
from service.stories.ignored import Ignored

SKETCHER = Sketcher()
WORDS = st.lists(st.sampled_from(["rain", "coast", "harbour", "mayor"]), max_size=30)


def article(text: str, outlet: str = "") -> WindowArticle:
    return WindowArticle("a", 1, outlet, "en", True, None, 0.0, SKETCHER.sketch("A title", text))


def plainly(words: list[str], passages: list[list[str]]) -> list[str]:
    """Word by word: the longest passage that begins here goes."""
    left, at = [], 0
    while at < len(words):
        here = [len(passage) for passage in passages if passage and words[at : at + len(passage)] == passage]
        if not here:
            left.append(words[at])
        at += max(here, default=1)
    return left


@given(WORDS, st.lists(WORDS.map(lambda words: words[:6]), max_size=4))
def test_every_whole_occurrence_is_left_out(words: list[str], passages: list[list[str]]) -> None:
    ignored = Ignored((), map(" ".join, passages), SKETCHER)
    narrowed = ignored.narrowed(article(" ".join(words))).sketch
    expected = SKETCHER.sketch("A title", " ".join(plainly(words, passages)))
    assert narrowed.body.tolist() == expected.body.tolist()
    assert narrowed.signature.tolist() == expected.signature.tolist()
    assert narrowed.passages.tolist() == expected.passages.tolist()
    assert len(narrowed.flags) == len(narrowed.title) + len(narrowed.body)


def test_an_ignored_outlet_is_compared_with_nothing_and_others_are_as_they_were() -> None:
    ignored = Ignored(["The Stars"])
    text = "Rain fell on the coast and the mayor of the harbour spoke of it at length."
    assert not ignored.narrowed(article(text, "The Stars")).sketch.matchable
    other = article(text, "The Stars Today")
    assert ignored.narrowed(other) is other


def test_a_digest_names_what_is_ignored_whatever_its_order() -> None:
    assert Ignored().digest == ""
    assert Ignored(["a", "b"]).digest == Ignored(["b", "a", "a"]).digest
    passage = "one two three four five"
    assert len({Ignored(["a"]).digest, Ignored(["b"]).digest, Ignored((), [passage]).digest}) == 3
