"""Do stories that have to do with each other find each other, with the reason, and others not?"""

from __future__ import annotations

import random

import pytest
from corpus import Raw, events, report, vocabulary
from reports import FERRY_COURIER, FERRY_LEDGER, LIBRARY
from rig import Rig

from service.related import MOST, Reason, related


def titled(number: int, title: str, lang: str = "en") -> Raw:
    """A report of an event of its own."""
    made = report(random.Random(number), vocabulary(random.Random(1)), number, 0)
    return {**made, "id": f"t{number}", "title": title, "lang": lang}


def found(rig: Rig, article_id: str) -> dict[str, list[Reason]]:
    """By an article of each related story."""
    first = {story: article for article, story in sorted(rig.store.stories.assignments().items())[::-1]}
    return {first[one.story.id]: one.reasons for one in related(rig.store, rig.story_of(article_id))}


def test_stories_with_rare_words_in_common_are_related_and_name_them_as_they_stand(rig: Rig) -> None:
    rig.take_in(
        titled(1, "Dockers' strike at Kellan: the port closes"),
        titled(2, "After the STRIKE, Kellan counts the cost"),
        titled(3, "Strike? Not in the library"),
        titled(4, "إضرابُ عمّال الميناء في كلّان", "ar"),
        titled(5, "بعد إضراب الميناء", "ar"),
        *(titled(number, f"The council meets at number {number}") for number in range(10, 30)),
    )
    (reason,) = found(rig, "t1")["t2"]
    assert reason.kind == "words"
    assert set(reason.words) == {"strike", "Kellan"}
    assert "t3" not in found(rig, "t1")  # one word alone
    assert not {"t10", "t11"} & found(rig, "t12").keys()  # words that everybody has
    assert set(found(rig, "t5")["t4"][0].words) == {"إضراب", "الميناء"}
    assert "t3" not in found(rig, "t4")


def test_what_was_split_off_and_what_was_compared_is_related(rig: Rig) -> None:
    rig.take_in(FERRY_COURIER, FERRY_LEDGER, LIBRARY)
    rig.decide("split", "ferry-ledger")
    reasons = {reason.kind: reason for reason in found(rig, "ferry-courier")["ferry-ledger"]}
    assert reasons.keys() >= {"split_off", "compared"}
    compared = reasons["compared"]
    assert (compared.a, compared.b) == ("ferry-courier", "ferry-ledger")
    assert (compared.probability or 0) > 0.5
    back = {reason.kind for reason in found(rig, "ferry-ledger")["ferry-courier"]}
    assert back >= {"split_from", "compared"}


def test_stories_beside_one_of_an_unlikely_date_are_those_of_its_arrival(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.related.NEAR", 6)
    rig.take_in(
        *({**titled(n, f"The council meets at number {n}"), "published": None} for n in range(10, 30))
    )
    rig.now += 86_400.0
    rig.take_in(
        {**titled(1, "Dockers' strike at Kellan: the port closes"), "published": "1970-01-01T00:00:00Z"},
        {**titled(2, "After the STRIKE, Kellan counts the cost"), "published": None},
    )
    assert "t2" in found(rig, "t1")


def test_only_so_many_and_only_live_stories_are_named(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.related.RARE", 1.0)
    rig.take_in(*(titled(number, f"Kellan strike, day {number}") for number in range(MOST + 3)))
    assert len(found(rig, "t0")) == MOST
    for name in list(found(rig, "t0"))[:2]:
        rig.delete(name)
        assert name not in found(rig, "t0")


def test_a_story_that_stands_alone_has_none(rig: Rig) -> None:
    rig.take_in(*events(3, copies=1))
    assert found(rig, "e0-0") == {}
