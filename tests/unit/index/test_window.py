"""Does the window name every article that may be related, and forget those that left?"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, TypeVar, cast

import numba
import numpy as np
import pytest
from window_articles import DAY, WORDS, article, edited, prose, unrelated

from service.index.passages import KEPT
from service.index.terms import CROWD
from service.index.window import (
    FAR,
    LEAST_PASSAGES,
    STAGED,
    TEXTUAL,
    Candidates,
    Window,
    WindowArrays,
    is_entered,
)
from service.model import WindowArticle
from service.settings import Settings

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """As `jit.kernel`, but no machine code is kept: it would not be made anew when this file changes."""
    return cast(Function, numba.njit(function))


@kernel
def counted(slot: int, window: WindowArrays) -> bool:
    """Whether an article is one of the carriers that its candidates tell of."""
    return is_entered(slot, window[0][1], window[3])


def opened(**options: Any) -> Window:
    return Window(Settings(**options))


def candidates(window: Window, item: WindowArticle) -> Candidates:
    """Those of an article in the window, or of one that only visits."""
    if item.article_id in window:
        return window.candidates(window.slot(item.article_id))
    with window.visit():
        return window.candidates(window.stage(item))


def cosines_of(found: Candidates) -> list[float]:
    """Those of all neighbours."""
    return found.around[2].tolist()  # type: ignore[no-any-return]


def carriers_of(found: Candidates) -> list[int]:
    """For each passage how many articles of the window carry it, as `passages.Found` counts."""
    return found.around[5].tolist()  # type: ignore[no-any-return]


def ids(window: Window, slots: Iterable[int]) -> set[str]:
    return {window.item(int(slot)).article_id for slot in slots}


def named(window: Window, found: Candidates) -> list[set[str]]:
    """The ids of the neighbours, of what may share text, and of all that are worth comparing."""
    return [ids(window, slots) for slots in (found.neighbours, found.texts, found.slots)]


def entered(window: Window) -> list[WindowArticle]:
    return [window.item(window.slot(article_id)) for article_id in window]


def assert_whole(window: Window, item: WindowArticle, found: Candidates, left: bool = False) -> None:
    """Near neighbours first, then the others that may share text, nobody twice; and the counts are true, or,
    where newer carriers of a formula `left`, too low: the older ones are unknown then."""
    slots, neighbours = found.slots.tolist(), found.neighbours.tolist()
    cosines = cosines_of(found)
    near = [slot for slot, cosine in zip(neighbours, cosines, strict=True) if cosine >= FAR * cosines[0]]
    assert found.near == len(near)
    assert slots[: found.near] == near
    assert found.slots.dtype == np.int32
    assert found.textual.dtype == np.bool_
    assert found.textual.shape == found.slots.shape
    assert set(slots[found.near :]) == set(found.texts.tolist()) - set(near)
    assert len(set(slots)) == len(slots)
    assert ids(window, slots) <= {one.article_id for one in entered(window)} - {item.article_id}
    assert found.crowd == min(CROWD, len(neighbours))
    # An article in the window is itself one of the carriers.
    carried = Counter(passage for one in entered(window) for passage in one.sketch.passages.tolist())
    true = [min(KEPT, carried[passage]) for passage in item.sketch.passages.tolist()]
    told = carriers_of(found)
    if left:
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
        window.add(item)
    window.add(article("copy", "A", edited(rng, original, 5)))
    window.add(article("quotes", "B", f"{prose(rng, 50)} {quote} {prose(rng, 50)}"))
    window.add(article("same words", "C", f"{prose(rng, 60)} {' '.join(rng.sample(subject * 2, 40))}"))
    asked = article("asked", "D", f"{original} {quote} {' '.join(subject * 3)}")
    found = candidates(window, asked)
    assert ids(window, found.texts) == {"copy", "quotes"}
    assert {"copy", "same words"} <= ids(window, found.neighbours)
    assert {"copy", "same words", "quotes"} <= ids(window, found.slots)
    assert cosines_of(found) == sorted(cosines_of(found), reverse=True)
    assert_whole(window, asked, found)


@pytest.mark.parametrize(("seed", "leave"), [(1, 0.0), (2, 0.0), (3, 0.1), (4, 0.1)])
def test_candidates_are_whole_in_windows_of_quotes_and_copies(seed: int, leave: float) -> None:
    """Also for an article that is in the window itself, and after some have left."""
    rng = random.Random(seed)
    window, among = opened(), WORDS[:400]
    quotes, made = [prose(rng, 25) for _ in range(3)], list[WindowArticle]()
    for number in range(100):
        text = f"{prose(rng, 30, among)} {rng.choice([*quotes, prose(rng, 25)])} {prose(rng, 30, among)}"
        if made and rng.random() < 0.2:
            text = edited(rng, text, 3)
        made.append(article(f"{number}", prose(rng, 4, among), text))
        assert_whole(window, made[-1], candidates(window, made[-1]), left=len(window) < number)
        window.add(made[-1])
        if rng.random() < leave:
            window.remove(rng.choice(made).article_id)
    for item in made:
        assert_whole(window, item, candidates(window, item), left=len(window) < len(made))
    assert any(len(found.slots) > found.near > 1 for found in (candidates(window, item) for item in made))


def test_an_article_is_no_candidate_of_its_own(rng: random.Random) -> None:
    window = opened()
    item = article("a", "Title", prose(rng, 80))
    window.add(item)
    assert named(window, candidates(window, item)) == [set(), set(), set()]
    window.add(article("b", "Title", prose(random.Random(11), 80)))
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
            window.add(one)
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
    window.add(article("copy", "Title", text, published_at=0.0))
    window.add(article("quotes", "Title", f"{prose(rng, 90)} {quote} {prose(rng, 90)}", published_at=0.0))
    copied, passages = {"copy"} if copies else set(), {"quotes"} if others else set()
    asked = article("new", "Title", f"{text} {quote}", published_at=days * DAY)
    found = candidates(window, asked)
    assert ids(window, found.texts) == copied | passages
    assert "copy" in ids(window, found.neighbours) or not others
    assert not len(found.neighbours) or others
    assert ids(window, found.slots) == copied | passages
    assert_whole(window, asked, found)
    unknown = candidates(window, article("new", "Title", f"{text} {quote}", published_at=None))
    assert ids(window, unknown.texts) == {"copy", "quotes"}
    assert "copy" in ids(window, unknown.neighbours)


@pytest.mark.parametrize(
    ("lang", "certain", "compared"), [("en", True, True), ("fr", True, False), ("fr", False, True)]
)
def test_two_certain_languages_are_kept_apart_whatever_text_they_share(
    rng: random.Random, lang: str, certain: bool, compared: bool
) -> None:
    """A copy under another certain language was a candidate."""
    window = opened()
    text = prose(rng, 100)
    window.add(article("a", "Title", text, lang="en"))
    found = candidates(window, article("b", "Title", text, lang=lang, certain=certain))
    assert named(window, found) == [{"a"} if compared else set()] * 3


def test_articles_that_may_not_be_compared_take_no_candidate_s_place(rng: random.Random) -> None:
    window = opened()
    text = prose(rng, 100)
    window.add(article("original", "Title", text))
    asked = article("asked", "Title", text)
    window.add(asked)
    for number in range(TEXTUAL):
        assert "original" in ids(window, candidates(window, asked).texts)
        window.add(article(f"copy-{number}", "Title", edited(rng, text, 1 + number)))


def test_neighbours_far_behind_the_nearest_are_not_worth_comparing(rng: random.Random) -> None:
    window, subject = opened(), prose(rng, 40).split()
    for shared in range(0, 41, 4):  # from nothing in common to everything
        text = [*subject[:shared], *prose(rng, 60 - shared).split()]
        window.add(article(f"{shared:02}", "", " ".join(rng.sample(text, 60))))
    asked = article("asked", "", " ".join(rng.sample(subject, 40)))
    found = candidates(window, asked)
    cosines = cosines_of(found)
    alike = [f"{shared:02}" for shared in range(40, -1, -4)]
    assert in_order(window, found.neighbours) == alike[: len(cosines)]
    assert in_order(window, found.slots) == in_order(window, found.neighbours[: found.near])
    assert 1 < found.near < len(cosines)
    assert cosines[found.near - 1] >= FAR * cosines[0] > cosines[found.near]
    assert_whole(window, asked, found)
    nobody = candidates(window, article("stranger", "", prose(rng, 60)))
    assert (nobody.near, nobody.slots.tolist(), nobody.texts.tolist()) == (0, [], [])


def test_articles_are_comparable_that_neither_time_nor_language_keeps_apart(rng: random.Random) -> None:
    """Staged ones too, whoever is asked about whom; and none with itself."""
    window, text = opened(), prose(rng, 50)
    made = [
        article(f"{lang}{days}", "T", text, lang=lang, published_at=days * DAY)
        for lang in ("en", "fr")
        for days in (0, 5, 10)
    ]
    window.add(*made)
    sure = article("asked", "T", text, lang="en", published_at=9 * DAY)
    unsure = article("asked", "T", text, certain=False, published_at=None)
    for asked, days, expected in (
        (sure, 7.0, {"en5", "en10"}),
        (sure, 30.0, {"en0", "en5", "en10"}),
        (sure, 0.5, set()),
        (unsure, 7.0, {item.article_id for item in made}),
    ):
        with window.visit():
            slot = window.stage(asked)
            for one, other in ((slot, None), (None, slot)):
                assert expected == {
                    item.article_id
                    for at, item in enumerate(made)
                    if window.comparable(at if one is None else one, at if other is None else other, days)
                }
            assert window.comparable(slot, slot, days)


def test_removed_articles_leave_every_index(rng: random.Random) -> None:
    window = opened()
    text = prose(rng, 100)
    for name in ("a", "b"):
        window.add(article(name, "Title", text))
    window.remove("a")
    window.remove("a")
    window.remove("never there")
    asked = article("c", "Title", text)
    found = candidates(window, asked)
    assert named(window, found) == [{"b"}] * 3
    assert set(carriers_of(found)) == {1}
    assert_whole(window, asked, found)
    assert ("a" in window, "b" in window, len(window)) == (False, True, 1)


def test_articles_expire_by_arrival_and_by_number() -> None:
    window = opened(window_days=7, window_articles=5)
    items = unrelated(10)
    for day, item in enumerate(items):
        window.add(article(item.article_id, "T", f"text of {day} " * 9, arrived_at=day * DAY))
    window.add(article("late", "T", "another text of words " * 9, arrived_at=9 * DAY))
    window.remove(items[1].article_id)
    assert window.expire(3 * DAY) == [(slot, items[slot].article_id) for slot in (0, 2, 3, 4, 5)]
    assert window.expire(3 * DAY) == []
    assert window.expire(14.5 * DAY) == [(slot, items[slot].article_id) for slot in (6, 7)]
    assert sorted(ids(window, (window.slot(id) for id in ("late", items[8].article_id)))) == [
        "late",
        items[8].article_id,
    ]
    assert window.expire(1000 * DAY) == [(8, items[8].article_id), (9, items[9].article_id), (10, "late")]
    assert len(window) == 0
    assert list(window) == []


def test_renewing_changes_slots_and_nothing_else(rng: random.Random) -> None:
    window = opened()
    among = WORDS[:150]
    items = [article(f"{n}", "T", prose(rng, 20, among), lang=rng.choice(["en", "fr"])) for n in range(45)]
    window.add(*items)
    for item in items[:20]:
        window.remove(item.article_id)
    asked = article("asked", "T", f"{prose(rng, 20, among)} {prose(random.Random(11), 20, among)}")
    before = candidates(window, asked)
    listed = [in_order(window, slots) for slots in (before.neighbours, before.slots, before.texts)]
    assert len(listed[0]) >= 10
    window.renew()
    assert list(window) == [item.article_id for item in items[20:]]
    after = candidates(window, asked)
    assert [in_order(window, slots) for slots in (after.neighbours, after.slots, after.texts)] == listed
    assert carriers_of(after) == carriers_of(before)
    assert cosines_of(after) == pytest.approx(cosines_of(before), rel=1e-5)
    assert [window.slot(item.article_id) for item in items[20:]] == list(range(25))
    assert [replace(a, sketch=b.sketch) for a, b in zip(entered(window), items[20:], strict=True)] == items[
        20:
    ]
    assert_whole(window, asked, after)


def in_order(window: Window, slots: Iterable[int]) -> list[str]:
    return [window.item(int(slot)).article_id for slot in slots]


def test_only_a_large_and_half_empty_window_is_sparse() -> None:
    window = opened()
    item = article("0", "T", "one text of ten words that is the same one")
    window.add(*(replace(item, article_id=str(number)) for number in range(4098)))
    assert not window.sparse
    for number in range(2050):
        window.remove(str(number))
    assert window.sparse
    window.renew()
    assert not window.sparse
    assert len(window) == 2048


# Several at once, and one by one.


def reports(count: int, seed: int) -> list[WindowArticle]:
    """Articles with words of their own and common ones, and a quote that others have too, one of them often;
    or the text of an earlier one. Of any two seeds they have the same quotes."""
    quoted, rng = random.Random(0), random.Random(seed)
    quotes, texts, made = [prose(quoted, 30) for _ in range(40)], [prose(rng, 90)], list[WindowArticle]()
    for number in range(count):
        own = " ".join(f"{seed}word{number}and{place}" for place in range(20))
        texts.append(f"{own} {rng.choice([*quotes, quotes[0], quotes[0]])} {prose(rng, 60, WORDS[:3000])}")
        if rng.random() < 0.2:
            texts[-1] = edited(rng, rng.choice(texts[:-1]), rng.randint(1, 30))
        title, day = prose(rng, 5, WORDS[:500]), rng.choice([None, 0.0, DAY, 9 * DAY])
        lang, certain = rng.choice(["en", "en", "fr"]), rng.random() < 0.8
        made.append(
            article(f"{seed}-{number}", title, texts[-1], lang=lang, certain=certain, published_at=day)
        )
    return made


def leaves(arrays: object) -> Iterator[np.ndarray]:
    """All arrays, however they are nested."""
    if isinstance(arrays, tuple):
        for one in arrays:
            yield from leaves(one)
    else:
        assert isinstance(arrays, np.ndarray)
        yield arrays


def everything(found: Candidates) -> list[Any]:
    """Everything that was found, to the last bit; but where words stand in tables depends on their numbers,
    and these on who was asked about before."""
    (places, idf, weights, _, _, sums), neighbours, cosines, (pairs, starts, counts), *others = found.around
    shared = [pairs[start : start + count] for start, count in zip(starts, counts, strict=True)]
    plain = [found.slots, found.textual, places, idf, weights, sums, neighbours, cosines, *shared, *others]
    return [found.near, *((str(array.dtype), array.tolist()) for array in leaves(tuple(plain)))]


def in_chunks(size: int, items: Sequence[WindowArticle]) -> Iterator[Sequence[WindowArticle]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def test_candidates_do_not_depend_on_how_articles_are_cut_into_batches() -> None:
    """Nor do carriers; while every table grows. It is so as long as the copies index follows no key to as
    many articles as it may: how many others stand in its way then depends on the size of the ring."""
    items, strangers = reports(2700, 1), reports(20, 2)
    windows = {size: opened() for size in (len(items), 1, 37, STAGED, STAGED + 1)}
    before = [array.size for array in leaves(windows[1].arrays)]
    asked = random.Random(3).sample(range(900), 40)
    texts = 0
    for third in range(0, 2700, 900):
        for size, window in windows.items():
            for chunk in in_chunks(size, items[third : third + 900]):
                window.add(*chunk)
            assert list(window) == [item.article_id for item in items[: third + 900]]
        for item in [*strangers, *(items[third + at] for at in asked), *(items[at] for at in asked)]:
            alike = {size: everything(candidates(window, item)) for size, window in windows.items()}
            assert all(found == alike[1] for found in alike.values())
            texts += len(candidates(windows[1], item).texts)
    assert texts > 300
    for window in windows.values():
        after = [array.size for array in leaves(window.arrays)]
        # All but the counters: the states of the three indexes, the words known, and the postings used.
        still = [size for size, grown in zip(before, after, strict=True) if grown == size]
        assert len(still) == 5
        assert max(still) <= 4


@pytest.mark.parametrize("size", [2, 50, STAGED + 40])
def test_articles_staged_together_are_each_found_what_they_are_found_alone(size: int) -> None:
    """And none is a candidate of another."""
    window, asked = opened(), reports(STAGED + 40, 2)[:size]
    window.add(*reports(400, 1))
    alone = [everything(candidates(window, item)) for item in asked]
    with window.visit():
        first = window.stage(*asked)
        assert first == 400
        found = [window.candidates(first + at) for at in range(size)]
        assert [window.item(first + at) for at in range(size)] == asked
    assert [everything(one) for one in found] == alone
    assert max(slot for one in found for slot in [*one.slots.tolist(), *one.neighbours.tolist()]) < 400
    assert sum(len(one.texts) for one in found) > 0


def test_articles_staged_one_behind_another_are_as_good_as_staged_together() -> None:
    window, asked = opened(), reports(40, 2)
    window.add(*reports(100, 1))
    alone = [everything(candidates(window, item)) for item in asked]
    with window.visit():
        assert [window.stage(item) for item in asked] == list(range(100, 140))
        assert [everything(window.candidates(slot)) for slot in range(100, 140)] == alone


@pytest.mark.parametrize("fails", [False, True])
def test_a_visit_leaves_nothing_behind(fails: bool) -> None:
    """Whatever it ends with: the next article takes the visitor's slot, and its words their numbers."""
    window, untouched, items = opened(), opened(), reports(300, 1)
    for one in (window, untouched):
        one.add(*items[:200])
    words = window.terms.vocabulary.size
    for visitors in (reports(STAGED + 1, 2), reports(1, 3), []):
        with pytest.raises(ZeroDivisionError) if fails else nullcontext(), window.visit():
            window.stage(*visitors)
            for slot in range(200, 200 + len(visitors)):
                window.candidates(slot)
            assert 1 // (not fails)
        assert window.terms.vocabulary.size == words
        assert window.terms.articles == len(window) == 200
        assert not any(visitor.article_id in window for visitor in visitors)
    for one in (window, untouched):
        one.add(*items[200:])
    assert list(window) == list(untouched)
    for slot in range(300):
        assert everything(window.candidates(slot)) == everything(untouched.candidates(slot))
    # The keys of forgotten words may be left where no number leads to them.
    for one in (window, untouched):
        one.terms.vocabulary.arrays[1][one.terms.vocabulary.size :] = 0
    known, same = (one.terms.vocabulary.arrays for one in (window, untouched))
    assert [array.tolist() for array in known] == [array.tolist() for array in same]


def test_an_article_is_entered_from_when_it_is_added_until_it_is_removed() -> None:
    """Evidence asks, for it has to leave the two articles it is about out of the carriers."""
    window, (one, other, visitor) = opened(), reports(3, 1)
    window.add(one, other)
    with window.visit():
        slot = window.stage(visitor)
        assert [counted(slot, window.arrays) for slot in (0, 1, slot)] == [True, True, False]
        assert 0 in carriers_of(window.candidates(slot))
    window.remove(one.article_id)
    window.add(visitor)
    assert [counted(slot, window.arrays) for slot in (0, 1, 2)] == [False, True, True]
    assert 0 not in carriers_of(window.candidates(2))


def test_a_visitor_without_a_signature_shares_text_with_nobody() -> None:
    """It is too short, but its words say something."""
    window, rng = opened(), random.Random(5)
    window.add(*reports(100, 1), article("long", "", f"unheard of {prose(rng, 90)}"))
    with window.visit():
        found = window.candidates(window.stage(article("short", "", "unheard")))
    assert in_order(window, found.slots) == in_order(window, found.neighbours) == ["long"]
    assert (found.texts.tolist(), carriers_of(found)) == ([], [])


def test_counted_first_articles_are_entered_under_the_words_that_are_rare_among_all() -> None:
    """Entered in turn, the first one cannot know which of its words the others use too."""
    rng = random.Random(6)
    common, rare = WORDS[:200], WORDS[1000:1010]
    items = [article("long", "", " ".join([*common, *rare]))]
    items += [article(f"{number}", "", prose(rng, 300, common)) for number in range(60)]
    asked = article("asked", "", " ".join(rare))
    for counted_first, expected in ((True, ["long"]), (False, [])):
        window = opened()
        window.add(*items, counted_first=counted_first)
        assert window.terms.articles == len(window) == 61
        assert in_order(window, candidates(window, asked).neighbours) == expected
        window.renew()
        assert window.terms.articles == 61
        assert in_order(window, candidates(window, asked).neighbours) == ["long"]


def test_counted_first_or_not_all_else_is_the_same() -> None:
    """No article here has more words than it is entered under."""
    rng = random.Random(7)
    items = [article(f"{n}", "", " ".join(rng.sample(WORDS[:300], 20))) for n in range(300)]
    one, other = opened(), opened()
    one.add(*items)
    other.add(*items[:100], counted_first=True)
    other.add(*items[100:], counted_first=True)
    assert list(one) == list(other)
    for slot in range(300):
        assert everything(one.candidates(slot)) == everything(other.candidates(slot))


def test_nobody_is_added_and_nobody_staged() -> None:
    window, items = opened(), reports(3, 1)
    window.add()
    window.add(counted_first=True)
    assert (len(window), list(window), window.stage()) == (0, [], 0)
    window.add(*items)
    window.add()
    assert window.stage() == len(window) == 3


def test_a_signature_too_short_for_the_bands_is_refused_and_leaves_no_trace(rng: random.Random) -> None:
    """A kernel would read past its end."""
    window, short = opened(num_perm=256, bands=64), article("short", "T", prose(rng, 60))
    with pytest.raises(ValueError, match="bands"):
        window.add(short)
    assert (len(window), window.terms.size, window.stage()) == (0, 0, 0)
