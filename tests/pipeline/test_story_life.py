"""Do stories close in time, stay readable, and stay closed; and is an article let go with its id kept?"""

from __future__ import annotations

from pathlib import Path

import pytest
from corpus import Raw, events
from rig import Rig
from test_reclustering import group_as

from service import pipeline
from service.errors import Gone
from service.history import history

DAY = 86_400.0


def later(rig: Rig, days: float) -> list[str]:
    """So much later; returns the stories that close."""
    rig.now += days * DAY
    pipeline.expire(rig.owner, rig.now)
    return pipeline.close_stories(rig.store, rig.owner, rig.now)


def undated(number: int, copies: int = 3) -> dict[str, Raw]:
    return {raw["id"]: {**raw, "published": ""} for raw in events(number, copies)}


@pytest.fixture
def hasty(tmp_path: Path) -> Rig:
    """Stories close after two days, long before their articles leave the window."""
    return Rig(tmp_path / "hasty", close_days=2.0)


def test_a_story_without_news_closes_and_stays_readable(hasty: Rig) -> None:
    hasty.take_in(*undated(2).values())
    story = hasty.story_of("e0-0")
    assert later(hasty, 1.0) == []
    closed = later(hasty, 1.5)
    assert sorted(closed) == sorted(set(hasty.store.stories.assignments().values()))
    found = hasty.store.stories.get(story)
    assert (found.status, found.closed_at, found.article_count) == ("live", hasty.now, 3)
    assert ("story.closed", None, story) in hasty.changes()
    assert history(hasty.store, story).entries[-1].summary == "Closed, because nothing was reported for days."
    assert later(hasty, 1.0) == []
    assert len(hasty.owner) == 0
    assert hasty.store.check() == []


def test_what_recurs_does_not_reopen_a_closed_story(hasty: Rig) -> None:
    raws = undated(1, copies=5)
    hasty.take_in(*(raws[f"e0-{n}"] for n in range(3)))
    later(hasty, 3.0)
    hasty.take_in(raws["e0-3"], raws["e0-4"])
    old, new = hasty.story_of("e0-0"), hasty.story_of("e0-3")
    assert old != new == hasty.story_of("e0-4")
    hasty.reopen()
    hasty.recluster()
    assert (hasty.story_of("e0-0"), hasty.story_of("e0-3")) == (old, new)
    assert hasty.store.stories.get(old).closed_at is not None
    assert hasty.store.check() == []


def test_an_update_stays_in_its_closed_story(hasty: Rig) -> None:
    raws = undated(1, copies=4)
    late = raws.pop("e0-3")
    hasty.take_in(*raws.values())
    later(hasty, 3.0)
    story = hasty.story_of("e0-0")
    hasty.take_in({**raws["e0-0"], "text": f"{raws['e0-0']['text']} This report was corrected."})
    assert hasty.store.articles.get("e0-0").version == 2
    assert hasty.story_of("e0-0") == story
    hasty.take_in(late)
    assert hasty.story_of("e0-3") != story
    assert hasty.store.stories.get(story).closed_at is not None
    assert hasty.store.check() == []


def test_late_news_keeps_a_story_open(hasty: Rig) -> None:
    raws = undated(1, copies=3)
    hasty.take_in(raws["e0-0"], raws["e0-1"])
    later(hasty, 1.5)
    hasty.take_in(raws["e0-2"])
    assert later(hasty, 1.5) == []
    assert len(later(hasty, 1.0)) == 1


def relation_of(rig: Rig, article_id: str) -> tuple[str | None, str | None]:
    members = rig.store.stories.articles(rig.story_of(article_id)).items
    [found] = [member for member in members if member.article_id == article_id]
    return found.relation, found.linked_to


@pytest.mark.parametrize(("outlet", "relation"), [("Courier", "update_of"), ("Ledger", "near_duplicate")])
def test_what_an_outlet_publishes_anew_is_an_update_of_its_report(
    rig: Rig, outlet: str, relation: str
) -> None:
    """Under another id: under the same one it is a new version."""
    first = {**next(iter(undated(1).values())), "id": "first", "outlet": "Courier"}
    rig.take_in(first)
    rig.now += 3600.0
    rig.take_in({**first, "id": "again", "outlet": outlet, "text": f"{first['text']} Nobody was hurt."})
    assert rig.story_of("again") == rig.story_of("first")
    assert relation_of(rig, "again") == (relation, "first")
    rig.recluster()
    assert relation_of(rig, "again") == (relation, "first")
    assert rig.store.check() == []


def test_a_re_clustering_tells_updates_apart_too(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    raws = undated(1)
    first = {**raws.pop("e0-0"), "id": "first", "outlet": "Courier"}
    rig.take_in(first, *raws.values())
    rig.now += 3600.0
    rig.take_in({**first, "id": "again", "text": f"{first['text']} Nobody was hurt."})
    group_as(monkeypatch, {"first", *raws}, {"again"})
    rig.recluster()
    assert relation_of(rig, "again") == (None, None)
    group_as(monkeypatch, {"first", "again", *raws})
    rig.recluster()
    assert relation_of(rig, "again") == ("update_of", "first")


def test_a_report_that_comes_late_joins_the_story_of_its_day(rig: Rig) -> None:
    """What was published first arrives last, after the reports of another event of the same kind."""
    raws = {**undated(2, copies=4)}
    late = {**raws.pop("e0-3"), "published": "2023-11-12T08:00:00Z"}
    rig.take_in(*({**raw, "published": "2023-11-13T08:00:00Z"} for raw in raws.values()))
    rig.now += 12 * 3600.0
    rig.take_in(late)
    story = rig.story_of("e0-0")
    assert rig.story_of("e0-3") == story
    assert rig.store.stories.get(story).first_published == 1699776000.0
    rig.recluster()
    assert rig.story_of("e0-3") == story


def test_a_person_may_put_an_article_into_a_closed_story(hasty: Rig) -> None:
    raws = undated(2)
    hasty.take_in(*(raw for id, raw in raws.items() if id.startswith("e0")))
    later(hasty, 3.0)
    hasty.take_in(*(raw for id, raw in raws.items() if id.startswith("e1")))
    made = hasty.decide("must_link", "e0-0", "e1-0")
    joined = hasty.store.stories.get(hasty.story_of("e0-0"))
    assert (joined.article_count, joined.closed_at) == (6, None)
    hasty.undo(made)
    assert hasty.store.check() == []


def test_what_closed_while_it_was_computed_is_not_re_clustered(hasty: Rig) -> None:
    hasty.take_in(*undated(2).values())
    recluster_id = pipeline.request_recluster(hasty.store, False, hasty.tick())
    pipeline.compute_recluster(hasty.settings, recluster_id, hasty.tick)
    before = hasty.store.stories.assignments()
    later(hasty, 3.0)
    pipeline.apply_recluster(hasty.store, hasty.owner, recluster_id, hasty.tick())
    assert hasty.store.stories.assignments() == before
    assert all(hasty.store.stories.get(story).closed_at for story in before.values())


@pytest.mark.parametrize("owner_away", [False, True])
def test_articles_are_let_go_by_age_and_number_and_their_ids_stay(rig: Rig, owner_away: bool) -> None:
    first, second, third = (list(undated(3).values())[n : n + 3] for n in (0, 3, 6))
    rig.take_in(*first)
    rig.now += 5 * DAY
    rig.take_in(*second)
    rig.take_in(*third)
    stories = rig.store.stories.assignments()
    owner = None if owner_away else rig.owner
    gone = pipeline.retire(rig.store, owner, rig.now, 3.0, 0)
    assert sorted(gone) == sorted(raw["id"] for raw in first)
    gone += pipeline.retire(rig.store, owner, rig.now, 0.0, 4)
    assert len(gone) == 5
    assert pipeline.retire(rig.store, owner, rig.now, 3.0, 4) == []
    rig.place()
    assert set(rig.owner.stories()) == set(rig.store.stories.assignments()) == set(stories) - set(gone)
    for article_id in gone:
        with pytest.raises(Gone):
            rig.store.articles.get(article_id)
        past = history(rig.store, stories[article_id])
        told = "because it was too old or beyond the number to keep"
        assert any(article_id in entry.article_ids and told in entry.summary for entry in past.entries)
    assert rig.submit(first[0])[0].status != "accepted"
