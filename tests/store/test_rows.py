"""Do articles keep what was sent, version by version, until they are taken down and nothing is left?"""

from __future__ import annotations

import random

import numpy as np
import pytest
from store_making import NOW, add, article, candidate, founder, make_story, prepared

from service.errors import Gone, NotFound
from service.model import Article
from service.sketch.sketch import pack
from service.store import Store, articles, members, queue
from service.store.handover import Handover
from service.store.rows import candidate as row_of
from service.store.rows import content_hash

SENT = Article(
    id="a/1 é",
    text="Ünïcode تجربة 文字 \U0001f600 text.",
    title="A title",
    outlet="Outlet",
    url="https://example.org/1",
    published="2024-06-17",
    lang="en",
    html="<p>page</p>",
    extra={"section": "world", "n": [1, 2.5, None]},
    notes=("odd",),
)


def test_what_was_sent_is_kept(store: Store) -> None:
    add(store, row_of(SENT, content_hash(SENT)))
    record, text = store.articles.get(SENT.id), store.articles.text(SENT.id)
    assert (record.state, record.version, record.title, record.url) == ("received", 1, SENT.title, SENT.url)
    assert (record.published, record.outlet, record.notes) == (SENT.published, SENT.outlet, ["odd"])
    assert (text.text, text.html, text.extra) == (SENT.text, SENT.html, SENT.extra)
    with store.read() as connection:
        [draft] = queue.drafts(connection, 10)
    assert draft.article == Article(**{**_fields(SENT), "extra": {}})


def _fields(item: Article) -> dict[str, object]:
    return {name: getattr(item, name) for name in Article.__dataclass_fields__}


@pytest.mark.parametrize("field", ["title", "text", "html", "outlet", "url", "published", "lang"])
def test_each_field_counts_as_content(field: str) -> None:
    assert content_hash(SENT) != content_hash(Article(**{**_fields(SENT), field: "other"}))  # type: ignore[arg-type]


def test_what_is_not_content() -> None:
    assert content_hash(SENT) == content_hash(Article(**{**_fields(SENT), "extra": {}, "notes": ()}))  # type: ignore[arg-type]
    assert content_hash(Article("a", text="x", title="y")) != content_hash(Article("a", text="y", title="x"))


def test_the_sketch_comes_back_as_it_was(store: Store) -> None:
    item = candidate(article("a"), published_at=NOW)
    add(store, item)
    with store.read() as connection:
        [queued] = queue.waiting(connection, 10, NOW, Handover())
    expected = prepared(article("a")).sketch
    for name in ("title", "body", "flags", "signature", "passages"):
        np.testing.assert_array_equal(getattr(queued.article.sketch, name), getattr(expected, name))
    assert (queued.article.article_id, queued.article.version, queued.story_id) == ("a", 1, None)
    assert (queued.article.published_at, queued.article.arrived_at) == (NOW, NOW)


def test_what_was_handed_over_is_not_read_again(store: Store) -> None:
    add(store, candidate(article("a")), candidate(article("b")))
    handover = Handover()
    handover.put([(1, pack(prepared(article("other")).sketch))])
    with store.read() as connection:
        first, second = queue.waiting(connection, 10, NOW, handover)
        again, _ = queue.waiting(connection, 10, NOW, handover)
    assert (first.title, first.search, second.title) == ("Title a", "title a", "Title b")
    for name in ("title", "body", "flags", "signature", "passages"):
        for item, sent in ((first, "other"), (again, "a"), (second, "b")):
            found = getattr(item.article.sketch, name)
            expected = getattr(prepared(article(sent)).sketch, name)
            np.testing.assert_array_equal(found, expected)
            assert found.dtype == expected.dtype


def test_the_queue_is_in_order_of_arrival(store: Store) -> None:
    names = [f"a{n}" for n in random.Random(1).sample(range(1000), 50)]
    for start in range(0, 50, 10):
        add(store, *(candidate(article(name)) for name in names[start : start + 10]))
    with store.read() as connection:
        batch = queue.waiting(connection, 30, NOW, Handover())
    assert [queued.article.article_id for queued in batch] == names[:30]


def test_fresh_articles_go_before_those_that_failed(store: Store) -> None:
    failed = row_of(article("failed"), b"1", failure="it failed")
    add(store, failed, row_of(article("fresh"), b"2"))
    with store.read() as connection:
        assert [draft.article.id for draft in queue.drafts(connection, 10)] == ["fresh"]
        assert store.articles.get("failed").reason == "it failed"
        assert {draft.article.id for draft in queue.drafts_of(connection, ["failed", "fresh"])} == {
            "failed",
            "fresh",
        }


def test_a_new_version_replaces_the_text(store: Store) -> None:
    add(store, candidate(article("a")), candidate(article("b")))
    new = candidate(article("a", text="A wholly different report."))
    with store.write() as connection:
        old = articles.known(connection, ["a"])["a"]
        articles.supersede(connection, "a", old, NOW + 60)
        articles.rewrite(connection, 3, old, new, NOW + 60)
    record = store.articles.get("a")
    assert (record.version, record.arrived_at) == (2, NOW + 60)
    assert store.articles.text("a").text == "A wholly different report."
    with store.read() as connection:
        batch = queue.waiting(connection, 10, NOW, Handover())
        assert [queued.article.article_id for queued in batch] == ["b", "a"]
        assert articles.known(connection, ["a"])["a"].first_arrived_at == NOW


def test_a_tombstone_answers_gone(store: Store) -> None:
    add(store, candidate(article("a")))
    with store.write() as connection:
        articles.bury(connection, "a", 1, NOW, forget=True)
    for ask in (store.articles.get, store.articles.text, store.articles.links):
        with pytest.raises(Gone):
            ask("a")
        with pytest.raises(NotFound):
            ask("never seen")
    assert store.counts() == {"deleted": 1}
    with store.write() as connection:
        assert articles.to_forget(connection) == ["a"]
        articles.forgotten(connection, ["a"])
        assert articles.to_forget(connection) == []


def test_nothing_is_left_in_the_file(sqlite_store: Store) -> None:
    """Rows move between pages as others come and go; no word of a deleted one may stay anywhere."""
    rng = random.Random(7)
    alive: list[str] = []
    gone: list[str] = []
    for turn in range(12):
        names = [f"n{turn:02}x{n:03}" for n in range(60)]
        sizes = [rng.choice([20, 300, 2_000, 9_000]) for _ in names]
        made = [
            article(name, text=f"mark-{name} " * (size // 10))
            for name, size in zip(names, sizes, strict=True)
        ]
        made = [Article(**{**_fields(item), "title": f"head-{item.id}"}) for item in made]  # type: ignore[arg-type]
        add(sqlite_store, *map(candidate, made))
        with sqlite_store.write() as connection:
            for name in names:
                make_story(connection, f"st-{name}", [founder(name, f"st-{name}")])
        alive += names
        for name in rng.sample(alive, 40):
            alive.remove(name)
            gone.append(name)
            _take_down(sqlite_store, name)
    sqlite_store.database.vacuum()
    raw = b"".join(path.read_bytes() for path in sqlite_store.settings.data.iterdir())
    assert [name for name in gone if f"mark-{name}".encode() in raw or f"head-{name}".encode() in raw] == []
    assert all(f"mark-{name}".encode() in raw for name in alive)


def _take_down(store: Store, name: str) -> None:
    with store.write() as connection:
        members.withdraw(connection, name, forever=True)
        old = articles.known(connection, [name])[name]
        articles.bury(connection, name, old.seq, NOW, forget=False)
        from service.store import stories

        stories.close_empty(connection, [f"st-{name}"])
        stories.recount(connection, {f"st-{name}": 1}, (), NOW)
