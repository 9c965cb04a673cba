"""Is every article in exactly one live story, told in the log, the same after a restart or a failure?"""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from corpus import events
from rig import Rig

from service import incoming, pipeline, relay
from service.errors import InvalidArticle, LeaseLost, StoreFull
from service.model import Change, Placement
from service.placing import Turn, decide_all
from service.store import queue
from service.stories.place import Owner
from service.transitions import Decided

COPIES_TOGETHER = {frozenset(f"e{event}-{copy}" for copy in range(3)) for event in range(20)}


def test_copies_come_together(rig: Rig) -> None:
    rig.take_in(*events(20))
    assert rig.stories() == COPIES_TOGETHER
    assert rig.store.counts() == {"placed": 60}
    assert rig.store.stories.count() == 20
    assert all(story.article_count == story.outlet_count == 3 for story in rig.store.stories.list().items)


@pytest.mark.parametrize("size", [1, 7, 60])
def test_the_size_of_batches_does_not_matter(rig: Rig, size: int) -> None:
    rig.ingest(*events(20))
    placed = []
    while batch := rig.place(size):
        placed += batch
    assert [placement.article_id for placement in placed] == [raw["id"] for raw in events(20)]
    assert rig.stories() == COPIES_TOGETHER


def test_a_restart_at_any_point_changes_no_story(rig: Rig) -> None:
    rng = random.Random(5)
    rig.ingest(*events(20))
    while rig.place(rng.randrange(1, 10)):
        rig.reopen()
    assert rig.stories() == COPIES_TOGETHER


def test_the_log_tells_everything_once(rig: Rig) -> None:
    rig.take_in(*events(5))
    told = rig.changes()
    kinds = Counter(type for type, _, _ in told)
    assert kinds == {"article.placed": 15, "story.emerged": 5, "story.updated": 10}
    assignments = rig.store.stories.assignments()
    assert {article: story for type, article, story in told if type == "article.placed"} == assignments
    assert [change.seq for change in rig.store.changes()] == list(range(1, 31))
    for story in rig.store.stories.list().items:
        lineage = rig.store.stories.lineage(story.id)
        assert [entry.transition for entry in lineage] == ["emerged", "joined", "joined"]
        assert {entry.cause for entry in lineage} == {"placed"}
        named = {id for entry in lineage for id in entry.article_ids}
        assert named == {id for id, home in assignments.items() if home == story.id}


def test_every_link_shows_its_evidence(rig: Rig) -> None:
    rig.take_in(*events(5))
    for story in rig.store.stories.list().items:
        first, *rest = rig.store.stories.articles(story.id).items
        assert (first.relation, first.linked_to, first.evidence) == (None, None, None)
        for member in rest:
            assert member.relation in ("near_duplicate", "exact_copy")
            assert member.linked_to in {item.article_id for item in (first, *rest)}
            assert member.evidence is not None
            assert member.evidence["kind"] == "copy"
            assert member.evidence["passages"]


def test_a_failed_write_leaves_no_trace(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StoreFull

    rig.ingest(*events(20))
    rig.place(25)
    before = (rig.store.last_change(), rig.stories(), rig.store.counts())
    monkeypatch.setattr("service.store.queue.mark_placed", full)
    with pytest.raises(StoreFull):
        rig.place(25)
    monkeypatch.undo()
    assert (rig.store.last_change(), rig.stories(), rig.store.counts()) == before
    rig.rebuild_owner()
    while rig.place(25):
        pass
    assert rig.stories() == COPIES_TOGETHER


def test_who_lost_the_lease_writes_nothing(rig: Rig) -> None:
    rig.ingest(*events(3))
    mine = pipeline.acquire_lease(rig.store, "first", rig.now)
    assert mine is not None
    assert pipeline.acquire_lease(rig.store, "second", rig.now) is None
    theirs = pipeline.acquire_lease(rig.store, "second", rig.now + rig.settings.lease_seconds + 1)
    with pytest.raises(LeaseLost):
        pipeline.place(rig.store, rig.owner, 10, rig.now, mine)
    assert rig.store.counts() == {"prepared": 9}
    rig.rebuild_owner()
    assert len(pipeline.place(rig.store, rig.owner, 10, rig.now, theirs)) == 9


def test_unmatchable_articles_stay_alone(rig: Rig) -> None:
    same = [{"id": f"empty-{n}", "title": "Breaking", "text": "Soon more."} for n in range(5)]
    rig.take_in(*same, *({"id": f"nothing-{n}"} for n in range(5)))
    assert rig.stories() == {frozenset([id]) for id in rig.store.stories.assignments()}
    assert len(rig.stories()) == 10


def test_what_left_the_window_is_joined_no_more(rig: Rig) -> None:
    first, *rest = events(1)
    rig.take_in(first)
    rig.now += 8 * 86_400
    assert pipeline.expire(rig.owner, rig.now) == [first["id"]]
    rig.take_in(*rest)
    expected = {frozenset([first["id"]]), frozenset(raw["id"] for raw in rest)}
    assert rig.stories() == expected
    rig.reopen()
    assert first["id"] not in rig.owner
    assert rest[0]["id"] in rig.owner


def test_none_overtakes_an_earlier_one(rig: Rig) -> None:
    """Which worker is faster must not decide the order."""
    raws = events(4)
    ids = [raw["id"] for raw in raws]
    rig.submit(*raws)
    rig.prepare([*ids[:3], *ids[5:]])
    assert [placement.article_id for placement in rig.place()] == ids[:3]
    assert rig.place() == []
    rig.prepare()
    assert [placement.article_id for placement in rig.place()] == ids[3:]


def test_one_that_took_its_worker_down_holds_nobody_up_for_long(rig: Rig) -> None:
    first, *rest = events(2)
    rig.submit(first)
    with rig.store.write() as connection:
        [draft] = queue.drafts(connection, 10)
        assert queue.begin_attempts(connection, [draft.seq], 0, rig.now)
    rig.ingest(*rest)
    assert rig.place() == []
    rig.now += rig.settings.stuck_seconds
    assert len(rig.place()) == len(rest)


# New versions of placed articles


def changed(raw: dict[str, object], seed: int) -> dict[str, object]:
    """The same id with the text of quite another event."""
    other = events(1, copies=1, seed=seed)[0]
    return {**raw, "title": f"{other['title']} again", "text": str(other["text"])[::-1]}


def test_a_new_version_keeps_its_place_until_it_is_placed(rig: Rig) -> None:
    rig.take_in(*events(2))
    before = rig.stories()
    rig.submit(changed(events(2)[0], 9))
    assert rig.stories() == before
    assert rig.store.check() == []
    rig.prepare()
    assert rig.stories() == before
    rig.place()
    assert rig.stories() != before


def test_a_new_version_leaves_its_story_first(rig: Rig) -> None:
    rig.take_in(*events(2))
    old = rig.story_of("e0-1")
    rig.take_in(changed(next(raw for raw in events(2) if raw["id"] == "e0-1"), 9))
    new = rig.story_of("e0-1")
    assert new != old
    assert rig.store.stories.get(old).article_count == 2
    assert [entry.transition for entry in rig.store.stories.lineage(old)][-1] == "left"
    assert all("e0-1" not in (link.a, link.b) for link in rig.store.stories.links(old))
    assert rig.store.articles.get("e0-1").version == 2


def test_a_new_version_that_stays_alone_keeps_its_story_id(rig: Rig) -> None:
    raw = events(1, copies=1)[0]
    rig.take_in(raw)
    story_id = rig.story_of("e0-0")
    rig.take_in(changed(raw, 9))
    assert rig.story_of("e0-0") == story_id
    copy = {**changed(raw, 9), "id": "copy", "outlet": "Other"}
    rig.take_in(copy)
    assert rig.story_of("copy") == story_id


def test_a_corrected_copy_stays_in_its_story(rig: Rig) -> None:
    rig.take_in(*events(2))
    before, story_id = rig.stories(), rig.story_of("e1-2")
    raw = next(raw for raw in events(2) if raw["id"] == "e1-2")
    rig.take_in({**raw, "text": f"{raw['text']} This report was corrected."})
    assert rig.stories() == before
    assert rig.story_of("e1-2") == story_id
    assert "left" not in [entry.transition for entry in rig.store.stories.lineage(story_id)]


def test_an_article_that_moves_away_closes_its_old_story(rig: Rig) -> None:
    first, second = events(2, copies=1)
    rig.take_in(first, second)
    old = rig.story_of(str(second["id"]))
    rig.take_in({**first, "id": second["id"], "outlet": "Other"})
    assert rig.story_of(str(second["id"])) == rig.story_of(str(first["id"]))
    story = rig.store.stories.get(old)
    assert (story.status, story.article_count, story.title) == ("closed", 0, "")
    assert rig.store.stories.resolve(old) == old


def mixed(rig: Rig) -> list[str]:
    """Articles wait of which some are new and some new versions of placed ones, in any order; some were
    deleted, and one came twice. Returns their ids in order."""
    raws = {str(raw["id"]): raw for raw in events(12)}  # e6 to e9 are new
    lonely, visited, brief = ({**raw, "id": f"alone-{n}"} for n, raw in enumerate(events(3, 1, seed=77)))
    rig.take_in(*(raw for id, raw in raws.items() if id < "e6"), lonely, visited, brief)
    *new, twice, gone = (raw for id, raw in raws.items() if id >= "e6")
    batch = [
        *new[:2],
        {**raws["e0-1"], "text": f"{raws['e0-1']['text']} This report was corrected."},
        changed(lonely, 9),  # has its story to itself, and a copy comes later
        twice,
        *new[2:5],
        {**new[4], "id": "e10-1", "outlet": "Moved"},  # to the story of one that comes just before
        {**raws["e2-0"], "id": "e3-0", "outlet": "Moved"},
        {**visited, "id": "visitor", "outlet": "Other"},
        changed(visited, 10),  # its story is another's now
        gone,
        {**changed(lonely, 9), "id": "copy", "outlet": "Other"},
        changed(raws["e4-2"], 11),
        *new[5:9],
        {**changed(raws["e4-2"], 11), "id": "e5-0", "outlet": "Moved"},
        {**brief, "text": "Too short."},
        changed(twice, 12),
        {"id": "empty", "title": "Breaking", "text": ""},
        *new[9:],
    ]
    rig.ingest(*batch)
    rig.delete(str(gone["id"]))
    rig.delete("e1-1", owner_away=True)
    ids = [str(raw["id"]) for raw in batch]
    ids.remove(str(twice["id"]))  # its first version
    ids.remove(str(gone["id"]))
    return ids


@pytest.mark.parametrize("size", [2, 5, 11, 500])
def test_new_versions_and_new_articles_are_placed_in_their_order(tmp_path: Path, size: int) -> None:
    """In one batch as one by one: who keeps a story, who leaves it, and who finds whom."""
    outcomes = []
    for limit in (1, size):
        rig = Rig(tmp_path / str(limit))
        waiting = mixed(rig)
        before = rig.store.stories.assignments()
        placed = []
        while placements := rig.place(limit):
            placed += [placement.article_id for placement in placements]
        assert placed == waiting
        assert rig.store.check() == []
        after = rig.store.stories.assignments()
        matchable = {id: story for id, story in after.items() if id not in ("empty", "alone-2")}
        assert rig.owner.stories() == matchable
        assert after["alone-0"] == after["copy"] == before["alone-0"]
        assert after["visitor"] == before["alone-1"] != after["alone-1"]
        assert after["alone-2"] == before["alone-2"]
        members = {
            item.article_id: (item.relation, item.linked_to, item.score)
            for story_id in set(after.values())
            for item in rig.store.stories.articles(story_id).items
        }
        outcomes.append((rig.stories(), members))
        rig.store.close()
    assert outcomes[0] == outcomes[1]


def test_a_version_that_comes_after_a_rejected_one_replaces_what_the_owner_knows(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rejected one took the article out of its story before the owner's turn. It was in the window twice
    then, and a candidate of itself."""
    first, *rest = events(2)
    rig.take_in(first, *rest)
    story_id = rig.story_of(str(first["id"]))

    def fail(*_: object) -> None:
        raise InvalidArticle("It cannot be read.")

    monkeypatch.setattr(incoming, "prepare_article", fail)
    rig.submit({**first, "text": "A version that cannot be prepared."})
    rig.prepare()
    monkeypatch.undo()
    assert first["id"] not in rig.store.stories.assignments()
    rig.ingest(first)
    [placement] = rig.place()
    assert placement.story_id == story_id
    assert first["id"] not in {link.b for link in placement.links}
    assert rig.owner.stories() == rig.store.stories.assignments()
    rig.delete(str(first["id"]))
    assert rig.owner.stories() == rig.store.stories.assignments()
    copy = {**first, "id": "copy", "outlet": "Other"}
    rig.take_in(copy)
    assert rig.story_of("copy") == story_id


# The store moves on while the owner decides


def test_a_batch_that_was_overtaken_is_decided_anew(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Meanwhile one of the batch is deleted, one replaced, and one that was placed before is deleted."""
    rig.take_in(*(raw for raw in events(4) if raw["id"] == "e3-0"))
    rig.ingest(*(raw for raw in events(4) if raw["id"] != "e3-0"))
    real = decide_all

    def slow(owner: object, turn: object) -> object:
        decided = real(owner, turn)  # type: ignore[arg-type]
        monkeypatch.undo()
        rig.delete("e0-0", owner_away=True)
        rig.delete("e3-0", owner_away=True)
        rig.ingest(changed(next(raw for raw in events(4) if raw["id"] == "e1-1"), 9))
        return decided

    monkeypatch.setattr(relay, "decide_all", slow)
    while rig.place():
        pass
    assert rig.stories() == {
        frozenset({"e0-1", "e0-2"}),
        frozenset({"e1-0", "e1-2"}),
        frozenset({"e1-1"}),
        frozenset({"e2-0", "e2-1", "e2-2"}),
        frozenset({"e3-1", "e3-2"}),
    }
    assert "e0-0" not in rig.owner
    assert "e3-0" not in rig.owner


def test_submitting_goes_on_while_the_owner_decides(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.ingest(*events(4))
    real = decide_all

    def slow(owner: object, turn: object) -> object:
        monkeypatch.undo()
        assert (
            rig.submit({"id": "meanwhile", "text": "It came while the owner was deciding."})[0].status
            == "accepted"
        )
        return real(owner, turn)  # type: ignore[arg-type]

    monkeypatch.setattr(relay, "decide_all", slow)
    assert len(rig.place()) == 12
    assert rig.store.counts() == {"placed": 12, "received": 1}


@pytest.mark.parametrize("goes_to", ["other", "split", "off", "new"])
def test_a_split_before_a_new_version_means_the_old_one(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, goes_to: str
) -> None:
    """In one batch: a story splits, and then a new version of what was split off is placed elsewhere."""
    raws = {id: {**raw, "id": id} for id, raw in zip("abcd", events(4, copies=1), strict=True)}
    off = (Change("off", "emerged", ("b",), None), Change("split", "split", ("b",), "off"))
    decisions = {
        ("a", 1): ("split", True, ()),
        ("b", 1): ("split", False, ()),
        ("c", 1): ("other", True, ()),
        ("d", 1): ("split", False, off),
        ("b", 2): (goes_to, goes_to == "new", ()),
    }

    def scripted(owner: Owner, turn: Turn) -> list[Decided]:
        decided = []
        for queued in turn.batch:
            story_id, founded, changes = decisions[queued.article.article_id, queued.article.version]
            named = queued.article.article_id, queued.article.version, story_id, founded
            decided.append((queued, Placement(*named, None, 1.0, None, (), (), changes)))
        return decided

    monkeypatch.setattr(relay, "decide_all", scripted)
    rig.take_in(raws["a"], raws["b"], raws["c"])
    rig.take_in(raws["d"], {**raws["b"], "text": f"{raws['b']['text']} This report was corrected."})
    assert rig.store.stories.assignments() == {"a": "split", "b": goes_to, "c": "other", "d": "split"}
    assert rig.store.check() == []
    assert rig.store.stories.get("off").status == ("live" if goes_to == "off" else "closed")
