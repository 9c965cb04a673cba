"""Is an article that was taken down gone: from answers, stories, the owner's memory and the file itself?"""

from __future__ import annotations

import pytest
from corpus import Raw, events
from rig import Rig

from service import pipeline, takedown
from service.errors import Gone, NotFound, StoreFull
from service.store import meta
from service.store.sqlite import SqliteDatabase

MARK = "unmistakable-mark-of-the-deleted"


def marked(raw: Raw, article_id: str | None = None) -> Raw:
    """The report with a mark in every field that is kept; still a copy of the others."""
    return {
        **raw,
        "id": article_id or raw["id"],
        "title": f"{raw['title']} {MARK}",
        "text": f"{raw['text']} {MARK}.",
        "html": f"<p>{MARK}</p>",
        "outlet": f"Outlet {MARK}",
        "url": f"https://example.org/{MARK}",
        "section": MARK,
    }


def raw_files(rig: Rig) -> bytes:
    return b"".join(path.read_bytes() for path in rig.settings.data.iterdir())


def three(rig: Rig) -> list[Raw]:
    """Three copies of one report; the marked first one founds the story and names it."""
    first, *rest = events(1)
    rig.take_in(marked(first, "first"), *rest)
    assert len(rig.stories()) == 1
    return rest


@pytest.mark.parametrize("owner_away", [False, True])
def test_nothing_of_it_is_left(rig: Rig, owner_away: bool) -> None:
    rest = three(rig)
    story_id = rig.story_of("first")
    assert MARK.encode() in raw_files(rig)
    rig.delete("first", owner_away=owner_away)
    assert MARK.encode() not in raw_files(rig)
    story = rig.store.stories.get(story_id)
    assert (story.status, story.article_count, story.outlet_count) == ("live", 2, 2)
    assert story.title == rest[0]["title"]
    assert story.representative_article_id != "first"
    assert rig.store.stories.list(q=MARK).items == ()
    members = rig.store.stories.articles(story_id).items
    assert {member.article_id for member in members} == {raw["id"] for raw in rest}
    assert "first" not in {member.linked_to for member in members}


def test_old_versions_and_story_titles_go_too(rig: Rig) -> None:
    first, *rest = events(1)
    rig.take_in(marked(first, "first"))
    rig.take_in({**marked(first, "first"), "title": f"Second {MARK}"})
    rig.take_in(*rest)
    rig.delete("first")
    assert MARK.encode() not in raw_files(rig)


def test_a_large_file_is_written_anew_later(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(takedown, "AT_ONCE_BYTES", 0)
    three(rig)
    rig.delete("first")
    with rig.store.read() as connection:
        assert meta.get(connection, meta.ERASE) is not None
    pipeline.prune(rig.store, rig.tick())
    with rig.store.read() as connection:
        assert meta.get(connection, meta.ERASE) is None
    assert MARK.encode() not in raw_files(rig)


def test_a_full_disk_or_another_writer_only_delays_the_erasing(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> None:
        raise StoreFull

    three(rig)
    monkeypatch.setattr(SqliteDatabase, "vacuum", full)
    rig.delete("first")
    pipeline.prune(rig.store, rig.tick())
    monkeypatch.undo()
    pipeline.prune(rig.store, rig.tick())
    with rig.store.read() as connection:
        assert meta.get(connection, meta.ERASE) is None


def test_the_id_answers_gone_for_ever(rig: Rig) -> None:
    three(rig)
    rig.delete("first")
    for ask in (rig.store.articles.get, rig.store.articles.text, rig.store.articles.links, rig.delete):
        with pytest.raises(Gone):
            ask("first")
    rig.reopen()
    with pytest.raises(Gone):
        rig.store.articles.get("first")
    assert "first" not in {record.id for record in rig.store.articles.list().items}
    assert rig.store.counts() == {"deleted": 1, "placed": 2}


def test_what_never_was_is_not_found(rig: Rig) -> None:
    with pytest.raises(NotFound):
        rig.delete("never")


@pytest.mark.parametrize("owner_away", [False, True])
def test_nothing_joins_it_any_more(rig: Rig, owner_away: bool) -> None:
    first, second, third = events(1)
    rig.take_in(first)
    story_id = rig.story_of(first["id"])
    rig.delete(first["id"], owner_away=owner_away)
    rig.take_in(second, third)
    assert first["id"] not in rig.owner
    assert rig.stories() == {frozenset([second["id"], third["id"]])}
    assert rig.store.stories.get(story_id).status == "closed"
    assert rig.store.stories.resolve(story_id) == story_id


def test_it_is_told_in_log_and_lineage(rig: Rig) -> None:
    three(rig)
    before, story_id = rig.store.last_change(), rig.story_of("first")
    rig.delete("first")
    assert rig.changes(before) == [
        ("article.deleted", "first", story_id),
        ("story.updated", "first", story_id),
    ]
    assert rig.store.stories.lineage(story_id)[-1].cause == "deleted"


@pytest.mark.parametrize("prepared", [False, True])
def test_before_it_was_placed(rig: Rig, prepared: bool) -> None:
    raw = marked(events(1)[0])
    rig.submit(raw)
    if prepared:
        rig.prepare()
    rig.delete(raw["id"])
    assert MARK.encode() not in raw_files(rig)
    assert rig.prepare() == 0
    assert rig.place() == []
    assert rig.store.counts() == {"deleted": 1}
