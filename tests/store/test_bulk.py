"""Does each value arrive that many rows bring at once, on each database? Is one statement enough for all?"""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, select
from statements import listening_to
from store_making import add, article, candidate, founder, make_story

from service.model import Article
from service.store import Store, articles, members, queue, schema, stories
from service.store.rows import candidate as row_of
from service.store.rows import content_hash

NASTY = 'it\'s "quoted" \\ \\N \t\r\n %s %(b_seq)s :x تجربة 文字 \U0001f600 \u2028 \x7f'
NUMBERS = (1_700_000_000.123456, 5e-324, 0.1 + 0.2, -0.0, 3, None)


def changed(connection: Connection) -> list[tuple[object, ...]]:
    columns = (schema.stories.c.title, schema.stories.c.hot, schema.stories.c.search)
    return [tuple(row) for row in connection.execute(select(*columns).order_by(schema.stories.c.id))]


def test_what_updates_bring_arrives_as_it_was(store: Store) -> None:
    names = [f"a{n}" for n in range(len(NUMBERS))]
    add(store, *(candidate(article(name)) for name in names))
    with store.write() as connection:
        for name in names:
            make_story(connection, f"s-{name}", [founder(name, f"s-{name}")])
    with store.write() as connection:
        blank = dict(zip(stories._COUNTED, stories._NOBODY, strict=True))
        rows = [
            (f"s-{name}", 1, *(blank | {"title": NASTY, "hot": number, "search": name}).values())
            for name, number in zip(names, NUMBERS, strict=True)
        ]
        stories.update_many(connection, stories._RECOUNT, stories._KEPT, rows)
        assert changed(connection) == [
            (NASTY, number, name) for name, number in zip(names, NUMBERS, strict=True)
        ]


def test_what_rows_bring_arrives_as_it_was(store: Store) -> None:
    sent = Article(id=NASTY, text=NASTY * 900, title=NASTY, outlet="", extra={NASTY: [1, 2.5, None, True]})
    add(store, row_of(sent, content_hash(sent)))
    record, text = store.articles.get(NASTY), store.articles.text(NASTY)
    assert (record.id, record.title, record.published_at) == (NASTY, NASTY, None)
    assert (text.text, text.extra) == (sent.text, sent.extra)


@pytest.mark.parametrize("number", [0, 1, 3, 1203])
def test_any_number_of_keys_is_looked_for(store: Store, number: int) -> None:
    add(store, *(candidate(article(name)) for name in "abc"))
    ids = ["c", "a", "b", *(f"no such {NASTY} {n}" for n in range(number))][:number]
    with store.read() as connection:
        found = articles.known(connection, ids)
        assert set(found) == set(ids) & set("abc")
        seqs = [known.seq for known in found.values()]
        assert queue.still(connection, [*seqs, 1 << 40], "prepared") == set(seqs)
        assert members.story_of(connection, ids) == {}


def test_a_batch_moves_on_by_as_many_statements_as_one_article(store: Store) -> None:
    """An UPDATE for each row took PostgreSQL three times as long, and as long again to send."""
    told: list[str] = []

    counted = []
    with listening_to(lambda _, statement, __: told.append(statement)):
        for names in (["a"], [f"b{n}" for n in range(120)]):
            items = [article(name) for name in names]
            add(store, *(row_of(item, content_hash(item)) for item in items))
            told.clear()
            with store.write() as connection:
                seqs = [draft.seq for draft in queue.drafts_of(connection, names)]
                assert queue.begin_attempts(connection, seqs, 0, 1.0) == set(seqs)
                assert queue.begin_attempts(connection, seqs, 0, 2.0) == set()
                queue.mark_placed(connection, seqs, 3.0)
                assert queue.drafts_of(connection, names) == []
            counted.append(len(told))
    assert counted[0] == counted[1]
