"""Can a person follow what became of a story: every entry with its cause, its evidence and a sentence?"""

from __future__ import annotations

import pytest
from corpus import events
from rig import Rig

from service.errors import NotFound
from service.history import history


def told(rig: Rig, story_id: str) -> list[str]:
    return [entry.summary for entry in history(rig.store, story_id).entries]


def test_what_joined_by_evidence_shows_the_link(rig: Rig) -> None:
    rig.take_in(*events(1))
    found = history(rig.store, rig.story_of("e0-0"))
    first, *joined = found.entries
    assert first.summary == f"Began with {first.article_ids[0]}, by the evidence when an article was placed."
    assert [entry.transition for entry in joined] == ["joined", "joined"]
    for entry in joined:
        assert entry.cause_kind == "evidence"
        assert entry.evidence is not None
        assert entry.article_ids[0] in (entry.evidence.a, entry.evidence.b)
        assert entry.evidence.linked


def test_a_merge_is_told_from_both_sides_and_its_id_stands_for_the_other(rig: Rig) -> None:
    rig.take_in(*events(2))
    one, other = rig.story_of("e0-0"), rig.story_of("e1-0")
    made = rig.decide("merge", stories=[one, other])
    kept = rig.story_of("e0-0")
    [gone] = {one, other} - {kept}
    assert told(rig, gone)[-1] == f"Merged into {kept} with 3 articles, by decision {made}."
    assert told(rig, kept)[-1] == f"{gone} merged into this story with 3 articles, by decision {made}."
    assert history(rig.store, kept).absorbed == [gone]
    past = history(rig.store, gone)
    assert (past.story.merged_into, past.resolves_to) == (kept, kept)
    assert (past.entries[-1].cause_kind, past.entries[-1].cause_id) == ("decision", made)
    rig.undo(made)
    assert told(rig, gone)[-1] == f"Was split off {kept} with 3 articles, by taking back decision {made}."
    assert history(rig.store, gone).resolves_to == gone


def test_what_was_split_off_says_from_what(rig: Rig) -> None:
    rig.take_in(*events(1, copies=4))
    old = rig.story_of("e0-0")
    rig.decide("split", "e0-3")
    new = rig.story_of("e0-3")
    assert history(rig.store, new).split_from == rig.store.stories.split_from(new) == old
    assert history(rig.store, old).split_off == [new]
    assert told(rig, old)[-1].startswith(f"e0-3 was split off as {new}, by decision ")


def test_runs_versions_and_take_downs_are_named(rig: Rig) -> None:
    raws = events(2)
    rig.take_in(*raws)
    rig.decide("must_link", "e0-0", "e1-0")
    rig.undo(rig.store.decisions().items[0].id)
    story = rig.story_of("e0-0")
    rig.delete("e0-0")
    assert told(rig, story)[-1] == "e0-0 left, because it was taken down."
    [raw] = [raw for raw in raws if raw["id"] == "e0-1"]
    other = next(raw for raw in raws if raw["id"] == "e1-1")
    rig.take_in({**raw, "text": other["text"], "title": other["title"]})
    goal = rig.story_of("e0-1")
    assert told(rig, story)[-1] == f"e0-1 left for {goal}, because of a new version."
    rig.delete("e0-2")
    assert told(rig, story)[-1] == "Closed: no article is left, because it was taken down."
    assert rig.store.stories.get(story).status == "closed"


def test_an_unknown_story_has_no_history(rig: Rig) -> None:
    with pytest.raises(NotFound):
        history(rig.store, "unknown")
