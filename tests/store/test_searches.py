"""Does a saved search find the same stories when it is made, when it is listed, and when a story changes?"""

from __future__ import annotations

import random

import pytest
from store_making import NOW, add, article, candidate, founder, make_story

from service.alerts import MATCHED, Alerts
from service.errors import Conflict, NotFound
from service.store import Store, searches
from service.store.members import Membership
from service.store.records import SearchRecord

WORDS = ("ferry", "bridge", "مدرسة", "Élan", "strike", "100%", "vote_r")
LANGS = ("en", "fr", "ar")


def search(number: int, **asked: object) -> SearchRecord:
    blank = {"q": "", "lang": "", "outlet": "", "min_independent": 1, "min_reports": 1}
    return SearchRecord(id=f"se-{number}", name=f"Search {number}", created_at=NOW, **(blank | asked))  # type: ignore[arg-type]


def fill(store: Store, seed: int, count: int = 60) -> None:
    """Stories of one to four reports, by outlets that sometimes copy."""
    rng = random.Random(seed)
    for number in range(count):
        story_id, names = f"st-{seed}-{number}", [f"{seed}-{number}-{m}" for m in range(rng.randint(1, 4))]
        articles = [
            article(name, title=" ".join(rng.sample(WORDS, 2)), outlet=f"Outlet {rng.randint(1, 4)}")
            for name in names
        ]
        add(store, *(candidate(one, lang=rng.choice(LANGS)) for one in articles))
        rest = [
            Membership(name, story_id, rng.choice(["same_event", "exact_copy"]), 0.9, names[0])
            for name in names[1:]
        ]
        with store.write() as connection:
            make_story(connection, story_id, [founder(names[0], story_id), *rest])


def asked_at_random(rng: random.Random, number: int) -> SearchRecord:
    return search(
        number,
        q=" ".join(
            rng.sample(["FERRY", "brid", "المدرسه", "elan", "100%", "vote_r", "_"], rng.randint(0, 2))
        ),
        lang=rng.choice(["", *LANGS]),
        outlet=rng.choice(["", "Outlet 1", "Outlet 3", "Nobody"]),
        min_independent=rng.randint(1, 3),
        min_reports=rng.randint(1, 3),
    )


def matched(store: Store, search_id: str) -> set[str]:
    with store.read() as connection:
        return {one.story_id for one in searches.matches_of(connection, search_id, None, 500)}


def told(store: Store) -> list[tuple[str, str | None]]:
    found = store.changes(0, 10_000)
    return [(str(one.data["search_id"]), one.story_id) for one in found if one.type == MATCHED]


def test_what_a_search_finds_when_it_is_made_is_what_the_follower_tells_of_later(store: Store) -> None:
    """Two ways to one answer: SQL over all stories, and Python over those that changed."""
    fill(store, 1)
    wanted = [asked_at_random(random.Random(number), number) for number in range(30)]
    with store.write() as connection:
        for one in wanted:
            searches.add(connection, one)
    before = {one.id: matched(store, one.id) for one in wanted}
    assert sum(map(len, before.values())) > 60
    fill(store, 2)
    alerts = Alerts(store)
    while alerts.follow(NOW + 1):
        pass
    later = [(one.id, story) for one in wanted for story in matched(store, one.id) - before[one.id]]
    assert sorted(told(store)) == sorted(later)
    for one in wanted:
        listed = store.stories.list(
            q=one.q,
            lang=one.lang or None,
            outlet=one.outlet or None,
            min_independent=one.min_independent,
            min_reports=one.min_reports,
            limit=500,
        )
        assert {story.id for story in listed.items} == matched(store, one.id)


def test_a_match_is_told_once_however_often_the_log_is_read(store: Store) -> None:
    with store.write() as connection:
        searches.add(connection, search(1, q="ferry"))
    fill(store, 3, 20)
    Alerts(store).follow(NOW)
    first = told(store)
    assert len(first) == len(set(first)) > 2
    with store.write() as connection:  # as if what was looked through had not been kept
        searches.reach(connection, 0)
        connection.exec_driver_sql("UPDATE searches SET cursor = 0")
    Alerts(store).follow(NOW)
    assert told(store) == first


def test_who_dies_while_telling_has_told_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with store.write() as connection:
        searches.add(connection, search(1, q="ferry"))
    fill(store, 4, 20)
    reach = searches.reach
    monkeypatch.setattr(searches, "reach", lambda *_: 1 / 0)
    alerts = Alerts(store)
    with pytest.raises(ZeroDivisionError):
        alerts.follow(NOW)
    assert (told(store), matched(store, "se-1")) == ([], set())
    monkeypatch.setattr(searches, "reach", reach)
    alerts.follow(NOW)
    assert {story for _, story in told(store)} == matched(store, "se-1") != set()


def test_a_turn_without_a_match_writes_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with store.write() as connection:
        searches.add(connection, search(1, q="nobody says this"))
    fill(store, 5, 5)
    monkeypatch.setattr(store, "write", None)
    alerts = Alerts(store)
    assert not alerts.follow(NOW)
    monkeypatch.setattr(searches, "listed", None)  # nothing new: not even searches are read
    assert not alerts.follow(NOW)


def test_there_are_only_so_many_searches_and_one_that_is_removed_is_gone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searches, "MOST", 1)
    fill(store, 6, 5)
    with store.write() as connection:
        searches.add(connection, search(1, min_reports=2))
        with pytest.raises(Conflict):
            searches.add(connection, search(2, q="a"))
        searches.remove(connection, "se-1")
        with pytest.raises(NotFound):
            searches.remove(connection, "se-1")
    assert matched(store, "se-1") == set()
