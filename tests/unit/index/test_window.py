"""Does the window name every article that may be related, and forget those that left?"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import pytest
from window_articles import DAY, WORDS, article, edited, prose, unrelated

from service.index.passages import KEPT
from service.index.window import FAR, LEAST_PASSAGES, TEXTUAL, Candidates, Window
from service.model import WindowArticle
from service.settings import Settings


def opened(**options: object) -> Window:
    return Window(Settings(**options))


def enter(window: Window, item: WindowArticle) -> int:
    return window.add(item, window.query(item))


def candidates(window: Window, item: WindowArticle) -> Candidates:
    return window.candidates(item, window.look(item))


def ids(window: Window, slots: Iterable[int]) -> set[str]:
    return {window.item(int(slot)).article_id for slot in slots}


def named(window: Window, found: Candidates) -> list[set[str]]:
    """The ids of the neighbours, of what may share text, and of all that are worth comparing."""
    return [ids(window, slots) for slots in (found.neighbours.slots, found.texts, found.slots)]


def assert_whole(window: Window, item: WindowArticle, found: Candidates) -> None:
    """Near neighbours first, then the others that may share text, nobody twice; and the counts are true."""
    slots, cosines, _, _ = found.neighbours
    near = [slot for slot, cosine in zip(slots, cosines, strict=True) if cosine >= FAR * cosines[0]]
    assert found.near == len(near)
    assert found.slots[: found.near] == near
    assert set(found.slots[found.near :]) == found.texts - set(near)
    assert len(set(found.slots)) == len(found.slots)
    assert all(type(slot) is int for slot in (*found.slots, *found.texts))
    assert found.counted == (item.article_id in window)
    carried = Counter(passage for one in window._items if one for passage in one.sketch.passages.tolist())
    true = [min(KEPT, carried[passage]) for passage in item.sketch.passages.tolist()]
    told = found.carriers.tolist()
    if None in window._items:  # where newer carriers of a formula left, the older are unknown
        assert all(some <= count for some, count in zip(told, true, strict=True))
    else:
        assert told == true


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
    assert ids(window, found.texts) == {"copy", "quotes"}
    assert {"copy", "same words"} <= ids(window, found.neighbours.slots)
    assert {"copy", "same words", "quotes"} <= ids(window, found.slots)
    assert found.neighbours.cosines.tolist() == sorted(found.neighbours.cosines.tolist(), reverse=True)
    assert_whole(window, asked, found)


@pytest.mark.parametrize(("seed", "leave"), [(1, 0.0), (2, 0.0), (3, 0.1), (4, 0.1)])
def test_candidates_are_whole_in_windows_of_quotes_and_copies(seed: int, leave: float) -> None:
    """Also for an article that is in the window itself, and after some have left."""
    rng = random.Random(seed)
    window, among = opened(), WORDS[:400]
    quotes, made = [prose(rng, 25) for _ in range(3)], list[WindowArticle]()
    for number in range(60):
        text = f"{prose(rng, 30, among)} {rng.choice([*quotes, prose(rng, 25)])} {prose(rng, 30, among)}"
        if made and rng.random() < 0.2:
            text = edited(rng, text, 3)
        made.append(article(f"{number}", prose(rng, 4, among), text))
        assert_whole(window, made[-1], candidates(window, made[-1]))
        enter(window, made[-1])
        if rng.random() < leave:
            window.remove(rng.choice(made).article_id)
    for item in made:
        assert_whole(window, item, candidates(window, item))
    assert any(len(found.slots) > found.near > 1 for found in (candidates(window, item) for item in made))


def test_an_article_is_no_candidate_of_its_own(rng: random.Random) -> None:
    window = opened()
    item = article("a", "Title", prose(rng, 80))
    enter(window, item)
    assert named(window, candidates(window, item)) == [set(), set(), set()]
    enter(window, article("b", "Title", prose(random.Random(11), 80)))
    assert named(window, candidates(window, item)) == [{"b"}] * 3


def test_a_run_of_sixteen_words_makes_a_candidate_and_one_of_eight_mostly_not() -> None:
    """Passages are winnowed, so that a run of 16 words has LEAST_PASSAGES of them wherever it stands."""
    rng = random.Random(12)
    few = 0
    for _ in range(40):
        window = opened()
        for words in (8, 16):
            run = prose(rng, words)
            one, other = (
                article(name, "", f"{prose(rng, rng.randint(5, 40))} {run} {prose(rng, rng.randint(0, 40))}")
                for name in (f"a{words}", f"b{words}")
            )
            shared = len(set(one.sketch.passages.tolist()) & set(other.sketch.passages.tolist()))
            enter(window, one)
            found = ids(window, candidates(window, other).texts)
            assert found == ({f"a{words}"} if shared >= LEAST_PASSAGES else set())
            assert shared >= (LEAST_PASSAGES if words == 16 else 1)
            few += shared < LEAST_PASSAGES
    assert few > 20


@pytest.mark.parametrize(
    ("days", "copies", "others"),
    [(6.9, True, True), (7.1, True, False), (29.9, True, False), (30.1, False, False)],
)
def test_time_keeps_articles_apart_and_copies_less(
    rng: random.Random, days: float, copies: bool, others: bool
) -> None:
    window = opened()
    text, quote = prose(rng, 100), prose(rng, 30)
    enter(window, article("copy", "Title", text, published_at=0.0))
    enter(window, article("quotes", "Title", f"{prose(rng, 90)} {quote} {prose(rng, 90)}", published_at=0.0))
    copied, passages = {"copy"} if copies else set(), {"quotes"} if others else set()
    asked = article("new", "Title", f"{text} {quote}", published_at=days * DAY)
    found = candidates(window, asked)
    assert ids(window, found.texts) == copied | passages
    assert "copy" in ids(window, found.neighbours.slots) or not others
    assert not len(found.neighbours.slots) or others
    assert ids(window, found.slots) == copied | passages
    assert_whole(window, asked, found)
    unknown = candidates(window, article("new", "Title", f"{text} {quote}", published_at=None))
    assert ids(window, unknown.texts) == {"copy", "quotes"}
    assert "copy" in ids(window, unknown.neighbours.slots)


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
    assert named(window, found) == [{"a"} if compared else set()] * 3


def test_articles_that_may_not_be_compared_take_no_candidate_s_place(rng: random.Random) -> None:
    window = opened()
    text = prose(rng, 100)
    enter(window, article("original", "Title", text))
    asked = article("asked", "Title", text)
    enter(window, asked)
    for number in range(TEXTUAL):
        assert "original" in ids(window, candidates(window, asked).texts)
        enter(window, article(f"copy-{number}", "Title", edited(rng, text, 1 + number)))


def test_neighbours_far_behind_the_nearest_are_not_worth_comparing(rng: random.Random) -> None:
    window, subject = opened(), prose(rng, 40).split()
    for shared in range(0, 41, 4):  # from nothing in common to everything
        text = [*subject[:shared], *prose(rng, 60 - shared).split()]
        enter(window, article(f"{shared:02}", "", " ".join(rng.sample(text, 60))))
    asked = article("asked", "", " ".join(rng.sample(subject, 40)))
    found = candidates(window, asked)
    cosines = found.neighbours.cosines.tolist()
    alike = [f"{shared:02}" for shared in range(40, -1, -4)]
    assert in_order(window, found.neighbours.slots) == alike[: len(cosines)]
    assert in_order(window, found.slots) == in_order(window, found.neighbours.slots[: found.near])
    assert 1 < found.near < len(cosines)
    assert cosines[found.near - 1] >= FAR * cosines[0] > cosines[found.near]
    assert_whole(window, asked, found)
    nobody = candidates(window, article("stranger", "", prose(rng, 60)))
    assert (nobody.near, nobody.slots, nobody.texts) == (0, [], frozenset())


def test_several_articles_are_told_comparable_at_once(rng: random.Random) -> None:
    window, text = opened(), prose(rng, 50)
    made = [
        article(f"{lang}{days}", "T", text, lang=lang, published_at=days * DAY)
        for lang in ("en", "fr")
        for days in (0, 5, 10)
    ]
    slots = [enter(window, item) for item in made]
    query = window.query(article("asked", "T", text, lang="en", published_at=9 * DAY))
    assert window.comparable(query, slots, 7.0) == [slots[1], slots[2]]
    assert window.comparable(query, slots[::-1], 30.0) == [slots[2], slots[1], slots[0]]
    assert window.comparable(query, [], 7.0) == []
    unsure = window.query(article("asked", "T", text, certain=False, published_at=None))
    assert window.comparable(unsure, slots, 7.0) == slots


def test_removed_articles_leave_every_index(rng: random.Random) -> None:
    window = opened()
    text = prose(rng, 100)
    for name in ("a", "b"):
        enter(window, article(name, "Title", text))
    window.remove("a")
    window.remove("a")
    window.remove("never there")
    asked = article("c", "Title", text)
    found = candidates(window, asked)
    assert named(window, found) == [{"b"}] * 3
    assert set(found.carriers.tolist()) == {1}
    assert_whole(window, asked, found)
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
    window.terms.renew(np.arange(45, dtype=np.int32))
    before = candidates(window, asked)
    listed = [in_order(window, slots) for slots in (before.neighbours.slots, before.slots)]
    texts = ids(window, before.texts)
    assert len(listed[0]) >= 10
    assert [item.article_id for item in window.renew()] == [item.article_id for item in items[20:]]
    window.terms.renew(np.arange(25, dtype=np.int32))
    after = candidates(window, asked)
    assert [in_order(window, slots) for slots in (after.neighbours.slots, after.slots)] == listed
    assert ids(window, after.texts) == texts
    assert after.carriers.tolist() == before.carriers.tolist()
    assert after.neighbours.cosines.tolist() == pytest.approx(before.neighbours.cosines.tolist(), rel=1e-5)
    assert [window.slot(item.article_id) for item in items[20:]] == list(range(25))
    assert_whole(window, asked, after)


def in_order(window: Window, slots: Sequence[int]) -> list[str]:
    return [window.item(int(slot)).article_id for slot in slots]


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
