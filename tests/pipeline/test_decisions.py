"""Does what a person decides hold at once, through every placing and re-clustering, until it is undone?"""

from __future__ import annotations

import pytest
from corpus import events
from rig import Rig

from service import pipeline, placing
from service.drift import drift
from service.errors import Conflict, Contradiction, Gone, InvalidDecision, NotFound
from service.store.records import LineageRecord


def copies(event: int, number: int = 3) -> frozenset[str]:
    return frozenset(f"e{event}-{copy}" for copy in range(number))


def filled(rig: Rig, number: int = 3, copies: int = 3) -> Rig:
    """Events whose copies are one story each."""
    rig.take_in(*events(number, copies))
    return rig


def last_entry(rig: Rig, story_id: str) -> LineageRecord:
    return rig.store.stories.lineage(story_id)[-1]


def test_must_link_merges_two_stories_at_once_and_for_good(rig: Rig) -> None:
    filled(rig)
    old = {rig.story_of("e0-0"), rig.story_of("e1-0")}
    made = rig.decide("must_link", "e0-1", "e1-2")
    wanted = {copies(0) | copies(1), copies(2)}
    assert rig.stories() == wanted
    [gone] = old - {rig.story_of("e0-0")}
    assert rig.store.stories.get(gone).merged_into == rig.story_of("e0-0")
    assert (last_entry(rig, gone).transition, last_entry(rig, gone).cause) == ("merged", f"decision:{made}")
    assert ("story.merged", None, gone) in rig.changes()
    rig.recluster()
    assert rig.story_of("e0-1") == rig.story_of("e1-2")


def test_a_merge_holds_for_all_that_the_stories_had(rig: Rig) -> None:
    filled(rig)
    rig.decide("merge", stories=[rig.story_of("e0-0"), rig.story_of("e1-0")])
    wanted = {copies(0) | copies(1), copies(2)}
    assert rig.stories() == wanted
    for _ in range(2):
        rig.recluster()
        assert rig.stories() == wanted
    rig.reopen()
    rig.recluster()
    assert rig.stories() == wanted


def test_undoing_a_merge_gives_both_stories_their_ids_back(rig: Rig) -> None:
    filled(rig)
    before = rig.store.stories.assignments()
    made = rig.decide("merge", stories=[rig.story_of("e0-0"), rig.story_of("e1-0")])
    rig.recluster()
    rig.undo(made)
    assert rig.store.stories.assignments() == before
    assert all(rig.store.stories.get(story).status == "live" for story in before.values())
    assert rig.owner.stories() == before
    rig.recluster()
    assert rig.store.stories.assignments() == before


def test_what_came_after_a_merge_goes_back_with_what_it_hangs_on(rig: Rig) -> None:
    raws = events(2, copies=4)
    late = [raw for raw in raws if raw["id"] in ("e0-3", "e1-3")]
    rig.take_in(*(raw for raw in raws if raw not in late))
    made = rig.decide("must_link", "e0-0", "e1-0")
    rig.take_in(*late)
    rig.undo(made)
    assert rig.stories() == {copies(0, 4), copies(1, 4)}


def test_a_split_makes_a_story_that_no_re_clustering_takes_back(rig: Rig) -> None:
    filled(rig, copies=5)
    old = rig.story_of("e0-0")
    rig.decide("split", "e0-3", "e0-4")
    wanted = {copies(0), frozenset({"e0-3", "e0-4"}), copies(1, 5), copies(2, 5)}
    assert rig.stories() == wanted
    assert rig.story_of("e0-0") == old
    entry = last_entry(rig, rig.story_of("e0-3"))
    assert (entry.story_id, entry.transition, entry.other_story_id) == (old, "split", rig.story_of("e0-3"))
    rig.recluster()
    assert rig.stories() == wanted


def test_undoing_a_split_merges_the_parts(rig: Rig) -> None:
    filled(rig, copies=5)
    before = rig.store.stories.assignments()
    made = rig.decide("split", "e0-3", "e0-4")
    gone = rig.story_of("e0-3")
    rig.undo(made)
    assert rig.store.stories.assignments() == before
    assert rig.store.stories.resolve(gone) == before["e0-0"]
    assert last_entry(rig, gone).cause == f"undone:{made}"


def test_an_article_moves_and_stays(rig: Rig) -> None:
    filled(rig)
    rig.decide("move", "e0-1", stories=[rig.story_of("e1-0")])
    wanted = {copies(0) - {"e0-1"}, copies(1) | {"e0-1"}, copies(2)}
    assert rig.stories() == wanted
    rig.recluster()
    assert rig.stories() == wanted


def test_cannot_link_parts_two_and_what_hangs_on_each(rig: Rig) -> None:
    filled(rig)
    rig.decide("cannot_link", "e0-0", "e0-1")
    assert rig.story_of("e0-0") != rig.story_of("e0-1")
    rig.recluster()
    assert rig.story_of("e0-0") != rig.story_of("e0-1")
    assert rig.story_of("e0-2") in (rig.story_of("e0-0"), rig.story_of("e0-1"))


def test_the_chosen_article_speaks_for_its_story(rig: Rig) -> None:
    filled(rig)
    story = rig.story_of("e0-0")
    first = rig.store.stories.get(story).representative_article_id
    chosen, later = sorted(copies(0) - {first})
    made = [rig.decide("represent", chosen), rig.decide("represent", later)]
    assert rig.store.stories.get(story).representative_article_id == later
    assert last_entry(rig, story).transition == "renamed"
    rig.undo(made[1])
    rig.recluster()
    assert rig.store.stories.get(story).representative_article_id == chosen
    rig.undo(made[0])
    assert rig.store.stories.get(story).representative_article_id == first


def test_drift_counts_what_people_corrected(rig: Rig) -> None:
    filled(rig)
    assert [one.corrected for one in drift(rig.store).kinds] == [0, 0, 0]
    story = rig.store.stories.articles(rig.story_of("e0-0")).items
    linked = next(member for member in story if member.linked_to)
    rig.decide("cannot_link", linked.article_id, str(linked.linked_to))
    rig.decide("must_link", "e1-0", "e2-0")
    rig.decide("must_link", "e1-0", "e1-1")
    rig.undo(rig.decide("split", "e2-1"))
    found = drift(rig.store)
    kinds = {one.kind: one for one in found.kinds}
    assert kinds["copy"].corrected == 1
    assert kinds["copy"].members > 0
    assert (found.missed, found.agreed, found.undone) == (1, 1, 1)


def test_a_contradiction_is_refused_with_its_chain(rig: Rig) -> None:
    filled(rig)
    one = rig.decide("must_link", "e0-0", "e1-0")
    two = rig.decide("cannot_link", "e1-0", "e2-0")
    before = rig.store.stories.assignments()
    with pytest.raises(Contradiction) as caught:
        rig.decide("must_link", "e2-0", "e0-0")
    chain = f"e1-0 = e0-0 ({one}), e0-0 = e2-0 (this one), e1-0 != e2-0 ({two})."
    assert sorted(caught.value.detail.replace("e0-0 = e1-0", "e1-0 = e0-0")) == sorted(chain)
    assert rig.store.stories.assignments() == before
    assert len(rig.store.decisions().items) == 2
    rig.undo(two)
    rig.decide("must_link", "e2-0", "e0-0")
    assert rig.stories() == {copies(0) | copies(1) | copies(2)}


def test_what_a_merge_implied_yields_to_what_is_said_later(rig: Rig) -> None:
    filled(rig)
    rig.decide("merge", stories=[rig.story_of("e0-0"), rig.story_of("e1-0")])
    speaker = rig.store.stories.get(rig.story_of("e0-0")).representative_article_id
    stray = min((copies(0) | copies(1)) - {speaker, *rig.store.decisions().items[0].articles})
    rig.decide("split", stray)
    wanted = {(copies(0) | copies(1)) - {stray}, frozenset({stray}), copies(2)}
    assert rig.stories() == wanted
    rig.recluster()
    assert rig.stories() == wanted


def test_what_was_implied_holds_again_once_what_outranked_it_is_undone(rig: Rig) -> None:
    """Also for stories that the undone decision was not about."""
    filled(rig)
    rig.decide("merge", stories=[rig.story_of("e0-0"), rig.story_of("e1-0")])
    stray = min((copies(0) | copies(1)) - {*rig.store.decisions().items[0].articles})
    split = rig.decide("split", stray)
    rig.decide("must_link", stray, "e2-0")
    assert rig.stories() == {(copies(0) | copies(1)) - {stray}, copies(2) | {stray}}
    rig.undo(split)
    assert rig.stories() == {copies(0) | copies(1) | copies(2)}


def test_placing_does_not_merge_what_a_person_parted(rig: Rig) -> None:
    raws = events(1, copies=9)
    late = [raw for raw in raws if raw["id"] > "e0-5"]
    rig.take_in(*(raw for raw in raws if raw not in late))
    rig.decide("split", "e0-3", "e0-4", "e0-5")
    rig.take_in(*late)
    assert rig.story_of("e0-0") != rig.story_of("e0-3")
    assert len(rig.stories()) == 2
    assert rig.owner.stories() == rig.store.stories.assignments()


def test_placing_does_not_split_what_a_person_merged(rig: Rig) -> None:
    raws = events(2, copies=5)
    late = [raw for raw in raws if raw["id"][-1] in "34"]
    rig.take_in(*(raw for raw in raws if raw not in late))
    rig.decide("merge", stories=[rig.story_of("e0-0"), rig.story_of("e1-0")])
    rig.take_in(*late)
    assert rig.story_of("e0-0") == rig.story_of("e1-0")
    assert rig.owner.stories() == rig.store.stories.assignments()


@pytest.mark.parametrize("restarted", [False, True])
def test_a_new_version_stays_where_a_person_put_it(rig: Rig, restarted: bool) -> None:
    raws = {raw["id"]: raw for raw in events(3)}
    rig.take_in(*raws.values())
    rig.decide("move", "e0-1", stories=[rig.story_of("e1-0")])
    rig.decide("split", "e2-1")
    if restarted:
        rig.reopen()
    before = rig.store.stories.assignments()
    for name in ("e0-1", "e2-1"):
        rig.take_in({**raws[name], "text": str(raws[name]["text"]) + " More was said later."})
    assert rig.store.articles.get("e0-1").version == 2
    assert rig.story_of("e0-1") == before["e0-1"]
    assert rig.story_of("e2-1") != rig.story_of("e2-0")
    assert rig.owner.stories() == rig.store.stories.assignments()


def test_decisions_hold_for_articles_that_left_the_window(rig: Rig) -> None:
    filled(rig)
    rig.now += 30 * 86_400
    pipeline.expire(rig.owner, rig.now)
    assert len(rig.owner) == 0
    rig.decide("must_link", "e0-0", "e1-0")
    assert rig.stories() == {copies(0) | copies(1), copies(2)}
    rig.recluster()
    assert rig.stories() == {copies(0) | copies(1), copies(2)}


def test_half_a_bundle_in_the_window_keeps_the_other(rig: Rig) -> None:
    old = [raw for raw in events(2) if raw["id"].startswith("e0")]
    new = [raw for raw in events(2) if raw["id"].startswith("e1")]
    rig.take_in(*old)
    rig.now += 6 * 86_400
    rig.take_in(*new)
    rig.decide("must_link", "e0-0", "e1-0")
    rig.now += 3 * 86_400
    pipeline.expire(rig.owner, rig.now)
    rig.recluster()
    assert rig.stories() == {copies(0) | copies(1)}


def test_a_deleted_article_is_refused_and_its_decisions_do_no_harm(rig: Rig) -> None:
    filled(rig)
    made = rig.decide("must_link", "e0-0", "e1-0")
    rig.delete("e0-0")
    with pytest.raises(Gone, match=r"articles\[1\]"):
        rig.decide("must_link", "e2-0", "e0-0")
    rig.recluster()
    rig.undo(made)
    rig.recluster()
    assert rig.stories() == {copies(0) - {"e0-0"}, copies(1), copies(2)}


def test_what_cannot_be_done_is_refused_and_says_so(rig: Rig) -> None:
    filled(rig)
    story = rig.story_of("e0-0")
    for refusal, call in (
        (NotFound, lambda: rig.decide("must_link", "e0-0", "unknown")),
        (NotFound, lambda: rig.decide("merge", stories=[story, "unknown"])),
        (NotFound, lambda: rig.undo("unknown")),
        (InvalidDecision, lambda: rig.decide("must_link", "e0-0")),
        (InvalidDecision, lambda: rig.decide("must_link", "e0-0", "e0-0")),
        (InvalidDecision, lambda: rig.decide("split", "e0-0", "e1-0")),
        (InvalidDecision, lambda: rig.decide("split", *sorted(copies(0)))),
        (InvalidDecision, lambda: rig.decide("move", "e0-0")),
        (Conflict, lambda: rig.decide("move", "e0-0", stories=[story])),
    ):
        with pytest.raises(refusal):
            call()
    assert rig.store.decisions().items == ()
    made = rig.decide("must_link", "e0-0", "e1-0")
    rig.undo(made)
    with pytest.raises(Conflict):
        rig.undo(made)


def test_an_article_that_waits_is_placed_as_was_decided(rig: Rig) -> None:
    first, *others = sorted(events(2), key=lambda raw: str(raw["id"]))
    rig.take_in(*others)
    rig.ingest(first)
    rig.decide("must_link", str(first["id"]), "e1-0")
    rig.place()
    assert rig.story_of("e0-0") == rig.story_of("e1-0") != rig.story_of("e0-1")
    rig.recluster()
    assert rig.story_of("e0-0") == rig.story_of("e1-0")


def test_exported_decisions_rebuild_the_same_stories_elsewhere(
    rig: Rig, tmp_path_factory: pytest.TempPathFactory
) -> None:
    filled(rig, copies=4)
    rig.decide("merge", stories=[rig.story_of("e0-0"), rig.story_of("e1-0")])
    rig.decide("split", "e2-0", "e2-3")
    other = filled(Rig(tmp_path_factory.mktemp("other")), copies=4)
    for _ in range(2):
        for made in reversed(rig.store.decisions().items):
            pipeline.adopt(other.store, other.owner, made, other.tick())
    assert other.stories() == rig.stories()
    assert [d.id for d in other.store.decisions().items] == [d.id for d in rig.store.decisions().items]
    other.store.close()


def test_an_overtaken_batch_takes_back_where_decided_articles_were(rig: Rig) -> None:
    raws = {raw["id"]: raw for raw in events(2, copies=4)}
    late = raws.pop("e0-3")
    rig.take_in(*raws.values())
    rig.decide("must_link", "e0-0", "e1-0")
    rig.ingest(late)
    before, homes = rig.owner.stories(), rig.owner.homes.story_of
    with rig.store.read() as connection:
        turn = placing.next_turn(connection, 10, rig.now - 60.0, rig.store.handover)
        decided = placing.decide_all(rig.owner, turn)
    placing.take_back(rig.owner, decided, homes)
    assert (rig.owner.stories(), rig.owner.homes.story_of) == (before, homes)
    rig.place()
    assert rig.story_of("e0-3") == rig.story_of("e0-0")
