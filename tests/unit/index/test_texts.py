"""Is an article of the window still what it was once its words lie among others'?"""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from window_articles import DAY, article, prose

from service.index.texts import BLOCK
from service.index.window import Window
from service.model import WindowArticle
from service.settings import Settings

SKETCHED = "title", "body", "flags", "signature", "passages"


def reports(count: int, words: int = 60) -> list[WindowArticle]:
    rng = random.Random(count)
    return [
        article(
            f"{number}", prose(rng, 4), prose(rng, words), lang=rng.choice(["en", "fr"]), certain=number > 9,
            published_at=None if number % 4 == 0 else 1.7e9 + number / 7, arrived_at=number / 3,
            outlet=rng.choice(["One", "Other"]),
        )
        for number in range(count)
    ]  # fmt: skip


def assert_kept(window: Window, item: WindowArticle) -> None:
    found = window.item(window.slot(item.article_id))
    assert replace(found, sketch=item.sketch) == item
    for name in SKETCHED:
        array, expected = getattr(found.sketch, name), getattr(item.sketch, name)
        assert array.dtype == expected.dtype
        assert array.tolist() == expected.tolist()


def test_an_article_is_the_same_after_it_was_entered() -> None:
    window, items = Window(Settings()), reports(300)
    items[7] = replace(items[7], version=3)
    window.add(*items)
    for item in items:
        assert_kept(window, item)


def test_an_article_entered_finds_what_it_found_when_it_was_staged() -> None:
    """Its signature is not kept: the bands under which it was entered are."""
    window, items = Window(Settings()), reports(40)
    window.add(*items)
    again = replace(items[20], article_id="again")
    with window.visit():
        staged = window.candidates(window.stage(again)).texts.tolist()
    window.add(again)
    window.remove(items[3].article_id)
    assert staged == [window.slot(items[20].article_id)]
    assert window.candidates(window.slot("again")).texts.tolist() == staged
    assert window.candidates(staged[0]).texts.tolist() == [window.slot("again")]


def test_memory_of_articles_that_went_is_given_back() -> None:
    window = Window(Settings(window_days=1))
    item = article("0", "T", prose(random.Random(1), 2000))
    several = 4 * BLOCK // len(item.sketch.body)
    window.add(*(replace(item, article_id=str(n), arrived_at=n * DAY) for n in range(several)))
    full = window._texts.nbytes
    assert full == pytest.approx(4 * several * (len(item.sketch.body) * 1.4 + 100), rel=0.6)
    window.expire((several - 2) * DAY)
    assert len(window) == 3
    assert window._texts.nbytes <= 8 * BLOCK < full
    assert_kept(window, replace(item, article_id=str(several - 1), arrived_at=(several - 1) * DAY))
    window.remove(str(several - 1))
    window.renew()
    assert list(window) == [str(several - 3), str(several - 2)]
    assert_kept(window, replace(item, article_id=str(several - 2), arrived_at=(several - 2) * DAY))
