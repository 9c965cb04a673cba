"""Does a re-clustering change what it should, carry along what came meanwhile, and keep every id alive?"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import pytest
from corpus import events
from rig import Rig

from service import epochs, pipeline, placing
from service.errors import Conflict, LeaseLost, NotFound
from service.model import Change, Placement, WindowArticle
from service.store.records import MemberRecord
from service.stories.recluster import View


def group_as(monkeypatch: pytest.MonkeyPatch, *groups: Collection[str]) -> None:
    """Let the computation find these groups; articles that are in none stand alone."""

    def found(view: View, others: Collection[str], *_: object) -> list[tuple[str, ...]]:
        ids = {*view.ids, *others}
        kept = [tuple(sorted(ids & set(group))) for group in groups]
        alone = ids - {id for group in kept for id in group}
        return [group for group in kept if group] + [(id,) for id in sorted(alone)]

    monkeypatch.setattr(epochs, "group", found)


def compute(rig: Rig, *, dry_run: bool = False) -> str:
    recluster_id = pipeline.request_recluster(rig.store, dry_run, rig.tick())
    pipeline.compute_recluster(rig.settings, recluster_id, rig.tick)
    return recluster_id


def apply(rig: Rig, recluster_id: str) -> None:
    pipeline.apply_recluster(rig.store, rig.owner, recluster_id, rig.tick())


def copies(event: int, number: int = 3) -> set[str]:
    return {f"e{event}-{copy}" for copy in range(number)}


def test_what_is_well_grouped_stays(rig: Rig) -> None:
    rig.take_in(*events(10))
    before, last = rig.store.stories.assignments(), rig.store.last_change()
    recluster_id = compute(rig)
    assert rig.store.recluster(recluster_id).state == "ready"
    apply(rig, recluster_id)
    record = rig.store.recluster(recluster_id)
    assert record.state == "applied"
    assert record.diff is not None
    assert (record.diff["moved"], record.diff["transitions"]) == (0, [])
    assert rig.store.stories.assignments() == before
    assert rig.changes(last) == [("recluster.applied", None, None)]


def test_merge(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.take_in(*events(2))
    kept, gone = sorted([rig.story_of("e0-0"), rig.story_of("e1-0")])
    group_as(monkeypatch, copies(0) | copies(1))
    apply(rig, compute(rig))
    assert rig.stories() == {frozenset(copies(0) | copies(1))}
    merged = rig.store.stories.get(gone)
    assert (merged.status, merged.merged_into, merged.article_count, merged.title) == ("merged", kept, 0, "")
    assert rig.store.stories.resolve(gone) == kept
    story = rig.store.stories.get(kept)
    assert (story.status, story.article_count, story.outlet_count) == ("live", 6, 3)
    assert [entry.transition for entry in rig.store.stories.lineage(gone)][-1] == "merged"
    assert ("story.merged", None, gone) in rig.changes()


def test_split(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.take_in(*events(1, copies=5))
    old = rig.story_of("e0-0")
    group_as(monkeypatch, {"e0-0", "e0-1", "e0-2"}, {"e0-3", "e0-4"})
    apply(rig, compute(rig))
    assert rig.stories() == {frozenset({"e0-0", "e0-1", "e0-2"}), frozenset({"e0-3", "e0-4"})}
    assert rig.story_of("e0-0") == old
    new = rig.story_of("e0-3")
    assert [entry.transition for entry in rig.store.stories.lineage(new)] == ["emerged", "split"]
    for member in rig.store.stories.articles(new).items:
        assert member.linked_to in (None, "e0-3", "e0-4")


def test_a_scattered_story_still_resolves(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """All its articles go to stories that are someone else's."""
    rig.take_in(*events(3, copies=4))
    scattered = rig.story_of("e2-0")
    group_as(monkeypatch, copies(0, 4) | {"e2-0", "e2-1"}, copies(1, 4) | {"e2-2", "e2-3"})
    apply(rig, compute(rig))
    story = rig.store.stories.get(scattered)
    assert story.status == "merged"
    assert rig.store.stories.resolve(scattered) in {rig.story_of("e0-0"), rig.story_of("e1-0")}


def test_the_owner_follows(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    raws = events(2, copies=4)
    late = [raw for raw in raws if raw["id"] == "e0-3"]
    rig.take_in(*(raw for raw in raws if raw["id"] not in ("e0-3", "e1-3")))
    group_as(monkeypatch, copies(0) | copies(1))
    apply(rig, compute(rig))
    rig.take_in(*late)
    assert rig.stories() == {frozenset(copies(0, 4) | copies(1))}


def test_what_came_since_goes_with_what_it_is_linked_to(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    raws = {raw["id"]: raw for raw in events(2, copies=4)}
    late = [raws.pop("e0-3"), raws.pop("e1-3")]
    rig.take_in(*raws.values())
    group_as(monkeypatch, copies(0), {"e1-0"}, {"e1-1", "e1-2"})
    recluster_id = compute(rig)
    rig.take_in(*late)
    linked_to = next(m.linked_to for m in _members(rig, "e1-0") if m.article_id == "e1-3")
    apply(rig, recluster_id)
    assert frozenset(copies(0, 4)) in rig.stories()
    assert rig.story_of("e1-3") == rig.story_of(str(linked_to))


def _members(rig: Rig, article_id: str) -> list[MemberRecord]:
    return list(rig.store.stories.articles(rig.story_of(article_id)).items)


def test_what_went_or_changed_since_is_left_out(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.take_in(*events(3))
    group_as(monkeypatch, copies(0) | copies(1) | copies(2))
    recluster_id = compute(rig)
    rig.delete("e0-0")
    raw = next(raw for raw in events(3) if raw["id"] == "e1-0")
    rig.submit({**raw, "text": str(raw["text"])[::-1], "title": "Reversed"})
    apply(rig, recluster_id)
    assert "e0-0" not in rig.store.stories.assignments()
    rig.prepare()
    rig.place()
    assert rig.stories() == {
        frozenset(copies(0) | copies(1) | copies(2)) - {"e0-0", "e1-0"},
        frozenset({"e1-0"}),
    }


def test_what_is_older_than_the_window_goes_along(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    old, *new = events(1)
    rig.take_in(old)
    rig.now += 6 * 86_400
    rig.take_in(*new)
    rig.now += 3 * 86_400
    pipeline.expire(rig.owner, rig.now)
    before = rig.stories()
    group_as(monkeypatch, copies(0))
    apply(rig, compute(rig))
    assert rig.stories() == before == {frozenset(copies(0))}


def test_a_dry_run_waits(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.take_in(*events(2))
    before = rig.stories()
    group_as(monkeypatch, copies(0) | copies(1))
    recluster_id = compute(rig, dry_run=True)
    record = rig.store.recluster(recluster_id)
    assert record.state == "held"
    assert record.diff is not None
    assert (record.diff["stories_before"], record.diff["stories_after"], record.diff["moved"]) == (2, 1, 3)
    assert rig.store.reclusters("ready") == []
    assert rig.stories() == before
    apply(rig, recluster_id)
    assert rig.stories() != before


def test_what_is_applied_is_what_was_shown(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.take_in(*events(3, copies=5))
    group_as(monkeypatch, copies(0, 5) | copies(1, 5), {"e2-0", "e2-1", "e2-2"}, {"e2-3", "e2-4"})
    recluster_id = compute(rig, dry_run=True)
    shown = rig.store.recluster(recluster_id).diff
    assert shown is not None
    last = rig.store.last_change()
    rig.take_in(*(raw for raw in events(5, copies=1) if raw["id"] == "e4-0"))  # concerns nobody
    apply(rig, recluster_id)
    assert rig.store.recluster(recluster_id).diff == shown
    done = [change for change in rig.store.changes(last, 100) if change.data.get("transition")]
    assert [(c.story_id, c.data["transition"], c.data["article_ids"]) for c in done] == [
        (one["story_id"], one["transition"], one["article_ids"]) for one in shown["transitions"]
    ]


def test_a_difference_names_evidence_and_new_titles(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.take_in(*({**raw, "title": f"Title of {raw['id']}"} for raw in events(1, copies=5)))
    story = rig.store.stories.get(rig.story_of("e0-0"))
    speaker = str(story.representative_article_id)
    group_as(monkeypatch, copies(0, 5) - {speaker}, {speaker})
    recluster_id = compute(rig, dry_run=True)
    diff = rig.store.recluster(recluster_id).diff
    assert diff is not None
    emerged, parted = diff["transitions"]
    assert (emerged["transition"], emerged["evidence"]) == ("emerged", None)
    assert (parted["transition"], parted["article_ids"]) == ("split", [speaker])
    assert speaker in (parted["evidence"]["a"], parted["evidence"]["b"])
    assert parted["evidence"]["probability"] > 0.9
    [renamed] = diff["renamed"]
    assert (renamed["story_id"], renamed["title_before"]) == (story.id, f"Title of {speaker}")
    apply(rig, recluster_id)
    assert rig.store.stories.get(story.id).title == renamed["title_after"] != renamed["title_before"]


@pytest.mark.parametrize("what", ["article", "deletion", "decision"])
def test_what_is_no_longer_as_shown_is_refused_and_named(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    raws = {raw["id"]: raw for raw in events(2, copies=4)}
    late = raws.pop("e1-3")
    rig.take_in(*raws.values())
    group_as(monkeypatch, copies(0, 4) | copies(1))
    recluster_id = compute(rig, dry_run=True)
    gone = rig.story_of("e1-0")
    if what == "article":
        rig.take_in(late)
    elif what == "deletion":
        rig.delete("e1-1")
    else:
        rig.decide("cannot_link", "e0-0", "e1-0")
    before = rig.stories()
    with pytest.raises(Conflict, match=f"no more: {gone} merged"):
        apply(rig, recluster_id)
    assert rig.stories() == before
    assert rig.store.recluster(recluster_id).state == "held"


def test_one_that_would_move_too_much_is_held_and_says_so(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.take_in(*events(30, copies=2))
    group_as(monkeypatch, {f"e{event}-{copy}" for event in range(30) for copy in range(2)})
    first = compute(rig)
    held = rig.store.recluster(first)
    assert (held.state, held.dry_run) == ("held", False)
    assert held.reason.startswith("It would move 58 of 60 articles to other stories, more than a share of")
    assert rig.store.reclusters("ready") == []
    second = compute(rig)
    assert rig.store.recluster(first).reason == "A later re-clustering took its place."
    apply(rig, second)
    assert len(rig.stories()) == 1


def test_small_changes_and_small_stores_are_not_held(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.take_in(*events(20, copies=2))
    group_as(monkeypatch, {f"e{event}-{copy}" for event in range(20) for copy in range(2)})
    assert rig.store.recluster(compute(rig)).state == "ready"


def test_nobody_waits_for_ever_for_a_dry_run(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.take_in(*events(2))
    recluster_id = compute(rig, dry_run=True)
    pipeline.prune(rig.store, rig.now + 6 * 86_400)
    assert rig.store.recluster(recluster_id).state == "held"
    pipeline.prune(rig.store, rig.now + 8 * 86_400)
    assert rig.store.recluster(recluster_id).state == "failed"
    with pytest.raises(Conflict, match="failed"):
        apply(rig, recluster_id)


def test_each_is_applied_once(rig: Rig) -> None:
    rig.take_in(*events(2))
    recluster_id = pipeline.request_recluster(rig.store, False, rig.now)
    with pytest.raises(Conflict, match="requested"):
        apply(rig, recluster_id)
    with pytest.raises(NotFound):
        apply(rig, "rc-unknown")
    pipeline.compute_recluster(rig.settings, recluster_id, rig.tick)
    apply(rig, recluster_id)
    with pytest.raises(Conflict, match="applied"):
        apply(rig, recluster_id)
    with pytest.raises(Conflict, match="applied"):
        pipeline.compute_recluster(rig.settings, recluster_id, rig.tick)


def test_who_lost_the_lease_applies_nothing(rig: Rig) -> None:
    rig.take_in(*events(2))
    recluster_id = compute(rig)
    pipeline.acquire_lease(rig.store, "other", rig.now)
    with pytest.raises(LeaseLost):
        pipeline.apply_recluster(rig.store, rig.owner, recluster_id, rig.now, token=99)
    assert rig.store.recluster(recluster_id).state == "ready"


def test_a_failure_is_noted(rig: Rig) -> None:
    recluster_id = pipeline.request_recluster(rig.store, False, rig.now)
    pipeline.fail_recluster(rig.store, recluster_id, "It was killed.", rig.tick())
    record = rig.store.recluster(recluster_id)
    assert (record.state, record.reason, record.finished_at) == ("failed", "It was killed.", rig.now)


def test_real_grouping_needs_no_order(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The same articles in another order end in the same stories, with evidence for every link."""
    raws = events(12)
    other = Rig(tmp_path_factory.mktemp("other"))
    rig.take_in(*raws)
    for raw in reversed(raws):
        other.take_in(raw)
    for one in (rig, other):
        apply(one, compute(one))
    assert rig.stories() == other.stories() == {frozenset(copies(event)) for event in range(12)}
    other.store.close()


# What placing itself puts right afterwards


def test_placing_merges_stories_that_an_article_shows_to_be_one(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    raws = {raw["id"]: raw for raw in events(1, copies=6)}
    late = raws.pop("e0-5")
    rig.take_in(*raws.values())
    group_as(monkeypatch, {"e0-0", "e0-1", "e0-2"}, {"e0-3", "e0-4"})
    apply(rig, compute(rig))
    larger, smaller = rig.story_of("e0-0"), rig.story_of("e0-3")
    assert larger != smaller
    since = rig.store.last_change()
    rig.take_in(late)
    assert rig.stories() == {frozenset(copies(0, 6))}
    merged = rig.store.stories.get(smaller)
    assert (merged.status, merged.merged_into, merged.article_count) == ("merged", larger, 0)
    assert rig.store.stories.resolve(smaller) == larger == rig.story_of("e0-3")
    assert rig.store.stories.get(larger).article_count == 6
    assert ("story.merged", None, smaller) in rig.changes(since)
    last = rig.store.stories.lineage(smaller)[-1]
    assert (last.transition, last.other_story_id, last.cause) == ("merged", larger, "placed")
    assert set(last.article_ids) == {"e0-3", "e0-4"}
    assert rig.store.check() == []
    before = rig.owner.stories()
    rig.reopen()
    assert rig.owner.stories() == before


def test_members_out_of_the_window_go_with_their_story(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    raws = {raw["id"]: raw for raw in events(1, copies=6)}
    late = raws.pop("e0-5")
    rig.take_in(*raws.values())
    group_as(monkeypatch, {"e0-0", "e0-1", "e0-2"}, {"e0-3", "e0-4"})
    apply(rig, compute(rig))
    rig.owner.remove("e0-4")
    rig.take_in(late)
    assert rig.stories() == {frozenset(copies(0, 6))}
    assert rig.store.check() == []


def test_placing_splits_a_story_whose_halves_do_not_hold_together(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    raws = {raw["id"]: raw for raw in events(2, copies=4)}
    late = [raws.pop("e0-3"), raws.pop("e1-3")]
    rig.take_in(*raws.values())
    group_as(monkeypatch, copies(0) | copies(1))
    apply(rig, compute(rig))
    both, since = rig.story_of("e0-0"), rig.store.last_change()
    rig.take_in(*late)
    assert rig.stories() == {frozenset(copies(0, 4)), frozenset(copies(1, 4))}
    stories = {rig.story_of("e0-0"), rig.story_of("e1-0")}
    assert both in stories
    [new] = stories - {both}
    assert [change for change in rig.changes(since) if change[0] in ("story.emerged", "story.split")] == [
        ("story.emerged", None, new),
        ("story.split", None, both),
    ]
    assert rig.store.stories.get(new).article_count == rig.store.stories.get(both).article_count == 4
    for story in stories:
        inside = {member.article_id for member in rig.store.stories.articles(story).items}
        assert all(m.linked_to in {None, *inside} for m in rig.store.stories.articles(story).items)
    assert rig.store.check() == []


def test_a_story_founded_and_merged_in_one_batch_still_resolves(rig: Rig) -> None:
    """Its row is made when the batch ends, after the merging."""
    rig.ingest(*events(2, copies=1))
    real, stories = rig.owner.place, []

    def merging(*items: WindowArticle) -> list[Placement]:
        first, second = real(*items)
        rig.owner.move(second.article_id, first.story_id)
        change = Change(second.story_id, "merged", (second.article_id,), first.story_id)
        stories.extend([first.story_id, second.story_id])
        return [first, replace(second, changes=(change,))]

    rig.owner.place = merging  # type: ignore[method-assign]
    rig.place()
    kept, gone = stories
    assert (rig.store.stories.get(gone).status, rig.store.stories.resolve(gone)) == ("merged", kept)
    assert rig.store.stories.get(kept).article_count == 2
    assert rig.store.check() == []


def test_an_overtaken_batch_takes_its_changes_back(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    raws = {raw["id"]: raw for raw in events(1, copies=6)}
    late = raws.pop("e0-5")
    rig.take_in(*raws.values())
    group_as(monkeypatch, {"e0-0", "e0-1", "e0-2"}, {"e0-3", "e0-4"})
    apply(rig, compute(rig))
    rig.ingest(late)
    before = rig.owner.stories()
    with rig.store.read() as connection:
        turn = placing.next_turn(connection, 10, rig.now - 60.0, rig.store.handover)
        homes = rig.owner.homes.story_of
        decided = placing.decide_all(rig.owner, turn)
    assert decided[0][1].changes
    placing.take_back(rig.owner, decided, homes)
    assert rig.owner.stories() == before
    rig.place()
    assert rig.stories() == {frozenset(copies(0, 6))}


def test_an_overtaken_batch_takes_a_split_back(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The parts were left in a story that the store had never heard of."""
    raws = {raw["id"]: raw for raw in events(2, copies=4)}
    late = [raws.pop("e0-3"), raws.pop("e1-3")]
    rig.take_in(*raws.values())
    group_as(monkeypatch, copies(0) | copies(1))
    apply(rig, compute(rig))
    rig.ingest(*late)
    before = rig.owner.stories()
    with rig.store.read() as connection:
        turn = placing.next_turn(connection, 10, rig.now - 60.0, rig.store.handover)
        homes = rig.owner.homes.story_of
        decided = placing.decide_all(rig.owner, turn)
    assert "split" in {change.transition for _, placement in decided for change in placement.changes}
    placing.take_back(rig.owner, decided, homes)
    assert rig.owner.stories() == before
    rig.place()
    assert rig.stories() == {frozenset(copies(0, 4)), frozenset(copies(1, 4))}
    assert rig.owner.stories() == rig.store.stories.assignments()
