"""Does the window name every article that may be related, and forget those that left?"""

from __future__ import annotations

import random

import numpy as np
import pytest
from window_articles import DAY, WORDS, article, edited, prose, unrelated

from service.index.window import FAR, TEXTUAL, Candidates, Window
from service.model import WindowArticle
from service.settings import Settings


def opened(**options: object) -> Window:
    return Window(Settings(**options))


def enter(window: Window, item: WindowArticle) -> int:
    return window.add(item, window.query(item))


def candidates(window: Window, item: WindowArticle) -> Candidates:
    return window.candidates(item, window.query(item))


def ids(window: Window, slots: object) -> set[str]:
    return {window.item(slot).article_id for slot in list(slots)}  # type: ignore[call-overload]


@pytest.fixture
def rng() -> random.Random:
    return random.Random(11)


def test_each_index_names_its_kind_of_relative(rng: random.Random) -> None:
    window = opened()
    original, quote, subject = prose(rng, 120), prose(rng, 40), prose(rng, 20).split()
    for item in unrelated(30):
        enter(window, item)
    enter(window, article("copy", "A", edited(rng, original, 5)))
    enter(window, article("quotes", "B", f"{prose(rng, 50)} {quote} {prose(rng, 50)}"))
    enter(window, article("same words", "C", f"{prose(rng, 60)} {' '.join(rng.sample(subject * 2, 40))}"))
    asked = article("asked", "D", f"{original} {quote} {' '.join(subject * 3)}")
    found = candidates(window, asked)
    assert ids(window, found.copies) == {"copy"}
    assert {"copy", "quotes"} <= ids(window, found.passages)
    assert ids(window, found.passages) <= {"copy", "quotes"}
    assert {"copy", "same words"} <= ids(window, found.neighbours.tolist())
    assert found.cosines.tolist() == sorted(found.cosines.tolist(), reverse=True)


def test_an_article_is_no_candidate_of_its_own(rng: random.Random) -> None:
    window = opened()
    item = article("a", "Title", prose(rng, 80))
    enter(window, item)
    assert len(candidates(window, item).neighbours) == 0
    assert candidates(window, item)[2:] == ((), ())
    enter(window, article("b", "Title", prose(random.Random(11), 80)))
    found = candidates(window, item)
    assert [ids(window, slots) for slots in (found.neighbours.tolist(), found.copies, found.passages)] == [
        {"b"}
    ] * 3


@pytest.mark.parametrize(
    ("days", "copies", "others"),
    [(6.9, True, True), (7.1, True, False), (29.9, True, False), (30.1, False, False)],
)
def test_time_keeps_articles_apart_and_copies_less(
    rng: random.Random, days: float, copies: bool, others: bool
) -> None:
    window = opened()
    text = prose(rng, 100)
    enter(window, article("old", "Title", text, published_at=0.0))
    found = candidates(window, article("new", "Title", text, published_at=days * DAY))
    assert [len(slots) == 1 for slots in (found.copies, found.passages, found.neighbours)] == [
        copies,
        others,
        others,
    ]
    unknown = candidates(window, article("new", "Title", text, published_at=None))
    assert [len(slots) for slots in (unknown.copies, unknown.passages, unknown.neighbours)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("lang", "certain", "compared"), [("en", True, True), ("fr", True, False), ("fr", False, True)]
)
def test_two_certain_languages_are_kept_apart_whatever_text_they_share(
    rng: random.Random, lang: str, certain: bool, compared: bool
) -> None:
    """A copy under another certain language was a candidate."""
    window = opened()
    text = prose(rng, 100)
    enter(window, article("a", "Title", text, lang="en"))
    found = candidates(window, article("b", "Title", text, lang=lang, certain=certain))
    assert [len(slots) for slots in (found.neighbours, found.copies, found.passages)] == [int(compared)] * 3


def test_articles_that_may_not_be_compared_take_no_candidate_s_place(rng: random.Random) -> None:
    window = opened()
    text = prose(rng, 100)
    enter(window, article("original", "Title", text))
    asked = article("asked", "Title", text)
    enter(window, asked)
    for number in range(TEXTUAL):
        assert "original" in ids(window, candidates(window, asked).copies)
        enter(window, article(f"copy-{number}", "Title", edited(rng, text, 1 + number)))


def test_neighbours_far_behind_the_nearest_are_not_worth_comparing() -> None:
    found = Candidates(
        np.array([5, 3, 8], np.int32), np.array([0.9, FAR * 0.9, FAR * 0.9 - 0.01]), (8, 1), (1, 2, 5)
    )
    assert found.slots() == [5, 3, 8, 1, 2]
    assert found._replace(copies=(), passages=()).slots() == [5, 3]
    nobody = Candidates(np.empty(0, np.int32), np.empty(0), (), (7,))
    assert nobody.slots() == [7]


def test_removed_articles_leave_every_index(rng: random.Random) -> None:
    window = opened()
    text = prose(rng, 100)
    for name in ("a", "b"):
        enter(window, article(name, "Title", text))
    window.remove("a")
    window.remove("a")
    window.remove("never there")
    found = candidates(window, article("c", "Title", text))
    assert [ids(window, slots) for slots in (found.neighbours.tolist(), found.copies, found.passages)] == [
        {"b"}
    ] * 3
    assert ("a" in window, "b" in window, len(window)) == (False, True, 1)


def test_articles_expire_by_arrival_and_by_number() -> None:
    window = opened(window_days=7, window_articles=5)
    items = unrelated(10)
    for day, item in enumerate(items):
        enter(window, article(item.article_id, "T", f"text of {day} " * 9, arrived_at=day * DAY))
    enter(window, article("late", "T", "another text of words " * 9, arrived_at=9 * DAY))
    window.remove(items[1].article_id)
    assert window.expire(3 * DAY) == [item.article_id for item in (items[0], *items[2:6])]
    assert window.expire(3 * DAY) == []
    assert window.expire(14.5 * DAY) == [item.article_id for item in items[6:8]]
    assert sorted(ids(window, (window.slot(id) for id in ("late", items[8].article_id)))) == [
        "late",
        items[8].article_id,
    ]
    assert window.expire(1000 * DAY) == [items[8].article_id, items[9].article_id, "late"]
    assert len(window) == 0


def test_renewing_changes_slots_and_nothing_else(rng: random.Random) -> None:
    window = opened()
    among = WORDS[:150]
    items = [article(f"{n}", "T", prose(rng, 20, among), lang=rng.choice(["en", "fr"])) for n in range(45)]
    for item in items:
        enter(window, item)
    for item in items[:20]:
        window.remove(item.article_id)
    asked = article("asked", "T", f"{prose(rng, 20, among)} {prose(random.Random(11), 20, among)}")
    before = candidates(window, asked)
    named = [
        [window.item(slot).article_id for slot in list(slots)] for slots in (before.neighbours, *before[2:])
    ]
    assert len(named[0]) >= 10
    assert [item.article_id for item in window.renew()] == [item.article_id for item in items[20:]]
    after = candidates(window, asked)
    assert [
        [window.item(slot).article_id for slot in list(slots)] for slots in (after.neighbours, *after[2:])
    ] == named
    assert after.cosines.tolist() == pytest.approx(before.cosines.tolist())
    assert [window.slot(item.article_id) for item in items[20:]] == list(range(25))


def test_only_a_large_and_half_empty_window_is_sparse() -> None:
    window = opened()
    item = unrelated(1)[0]
    query = window.query(item)
    for number in range(4098):
        window.add(article(str(number), "T", "one text of ten words that is the same one"), query)
    assert not window.sparse
    for number in range(2050):
        window.remove(str(number))
    assert window.sparse
    window.renew()
    assert not window.sparse
