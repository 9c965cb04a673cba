"""How does an article come in, get a new version, and go? Rows of `articles`, `texts`, `sketches`.

`seq` is the order of arrival and names one version of one article: a new version moves to the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from service.model import Prepared
from service.store.among import among
from service.store.bulk import insert_many, update_many
from service.store.rows import SAID, Candidate, Row, sketch_row
from service.store.schema import FORGOTTEN, article_versions, articles, sketches, texts

# SQLite takes 32,766 parameters in a statement; this many are still one page of plan and one of values.
CHUNK = 500
Item = TypeVar("Item")


class Known(NamedTuple):
    """What is already stored under an id."""

    seq: int
    version: int
    state: str
    content_hash: bytes
    arrived_at: float
    first_arrived_at: float
    title: str


def chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """The items in lists that fit one statement."""
    listed = list(items)
    for start in range(0, len(listed), CHUNK):
        yield listed[start : start + CHUNK]


_KNOWN = select(
    articles.c.id,
    articles.c.seq,
    articles.c.version,
    articles.c.state,
    articles.c.content_hash,
    articles.c.arrived_at,
    articles.c.first_arrived_at,
    articles.c.title,
).where(among(articles.c.id, "ids"))


def known(connection: Connection, ids: Iterable[str]) -> dict[str, Known]:
    """What is stored under these ids, tombstones included."""
    found: dict[str, Known] = {}
    for chunk in chunks(set(ids)):
        found.update((row[0], Known(*row[1:])) for row in connection.execute(_KNOWN, {"ids": chunk}).all())
    return found


_LAST_SEQ = select(func.coalesce(func.max(articles.c.seq), 0))


class Appearance(NamedTuple):
    """Where and when an article appeared."""

    outlet: str
    published_at: float | None
    arrived_at: float


_APPEARANCES = select(
    articles.c.id, articles.c.outlet, articles.c.published_at, articles.c.first_arrived_at
).where(among(articles.c.id, "ids"))


def appearances(connection: Connection, ids: Iterable[str]) -> dict[str, Appearance]:
    """Where and when these articles appeared."""
    found: dict[str, Appearance] = {}
    for chunk in chunks(ids):
        rows = connection.execute(_APPEARANCES, {"ids": chunk})
        found.update((row[0], Appearance(row[1], row[2], row[3])) for row in rows)
    return found


def last_seq(connection: Connection) -> int:
    """The newest place in the order of arrival; 0 before the first article."""
    seq: int = connection.execute(_LAST_SEQ).scalar_one()
    return seq


def add(connection: Connection, new: Sequence[tuple[int, int, float, Candidate]], now: float) -> None:
    """Insert candidates given as (seq, version, first_arrived_at, candidate)."""
    insert_many(connection, articles, _ARTICLE, [_article_row(*item, now) for item in new])
    insert_many(connection, texts, _TEXT, [(seq, *item.text) for seq, _, _, item in new])
    ready = [(seq, *item.sketch) for seq, _, _, item in new if item.sketch is not None]
    insert_many(connection, sketches, _SKETCH, ready)


def add_sketches(connection: Connection, ready: Sequence[tuple[int, Prepared]]) -> None:
    """Insert the sketches of articles that are prepared."""
    insert_many(connection, sketches, _SKETCH, [(seq, *sketch_row(prepared)) for seq, prepared in ready])


def supersede(connection: Connection, article_id: str, old: Known, now: float) -> None:
    """Make way for a new version: the old row becomes one of `article_versions`, its text goes.

    The id's membership stays until the new version is placed, so that it is never in no story.
    """
    row = {"article_id": article_id, "version": old.version, "content_hash": old.content_hash}
    times = {"title": old.title, "arrived_at": old.arrived_at, "replaced_at": now}
    connection.execute(insert(article_versions), row | times)
    _drop_wide_rows(connection, old.seq)


def rewrite(connection: Connection, seq: int, old: Known, candidate: Candidate, now: float) -> None:
    """Put the new version of an article in the place that `supersede` made free."""
    row = _article_row(seq, old.version + 1, old.first_arrived_at, candidate, now)
    update_many(connection, _REWRITE, (*_ARTICLE, "b_seq"), [(*row, old.seq)])
    insert_many(connection, texts, _TEXT, [(seq, *candidate.text)])
    if candidate.sketch is not None:
        insert_many(connection, sketches, _SKETCH, [(seq, *candidate.sketch)])


def _drop_wide_rows(connection: Connection, seq: int) -> None:
    connection.execute(delete(texts).where(texts.c.seq == seq))
    connection.execute(delete(sketches).where(sketches.c.seq == seq))


# What the rows below hold, in their order.
_STORED = (
    *("seq", "id", "version", "attempts", "reason", "content_hash", "arrived_at", "first_arrived_at"),
    *("changed_at", "forget"),
)
_ARTICLE = (*_STORED, *SAID)
_TEXT = ("seq", "text", "html", "extra")
_SKETCH = ("seq", "spans", "others", "sketch")
_REWRITE = (
    update(articles)
    .where(articles.c.seq == bindparam("b_seq"))
    .values({name: bindparam(name) for name in _ARTICLE})
)


def _article_row(seq: int, version: int, first_arrived_at: float, candidate: Candidate, now: float) -> Row:
    id, content_hash, failure, said, _, _ = candidate
    attempts = 1 if failure else 0
    stored = (seq, id, version, attempts, failure, content_hash, now, first_arrived_at, now, False)
    return stored + said


_BLANK = dict.fromkeys(
    ("url", "outlet", "given_title", "given_lang", "published", "title", "search", "lang", "reason"), ""
)
_TOMBSTONE = {
    **_BLANK,
    "state": "deleted",
    "published_at": None,
    "words": 0,
    "notes": (),
    "content_hash": b"",
}


def bury(connection: Connection, article_id: str, seq: int, now: float, *, forget: bool) -> None:
    """Leave only a tombstone: the id, and when. `forget` tells the owner at its next turn."""
    _drop_wide_rows(connection, seq)
    connection.execute(delete(article_versions).where(article_versions.c.article_id == article_id))
    values = {**_TOMBSTONE, "changed_at": now, "forget": forget}
    connection.execute(update(articles).where(articles.c.id == article_id), values)


def beyond(connection: Connection, before: float | None, most: int | None, limit: int) -> dict[str, int]:
    """Articles that arrived `before`, and those beyond the newest `most`, with their places; the oldest
    first."""
    kept = articles.c.state != "deleted"
    oldest: dict[str, int] = {}
    if before is not None:
        query = select(articles.c.id, articles.c.seq).where(kept, articles.c.arrived_at < before)
        oldest.update(
            (row[0], row[1]) for row in connection.execute(query.order_by(articles.c.seq).limit(limit))
        )
    if most is not None:
        surplus = connection.execute(select(func.count()).where(kept)).scalar_one() - most
        query = select(articles.c.id, articles.c.seq).where(kept).order_by(articles.c.seq)
        if surplus > 0:
            oldest.update((row[0], row[1]) for row in connection.execute(query.limit(min(surplus, limit))))
    return oldest


_TO_FORGET = select(articles.c.id).where(FORGOTTEN).order_by(articles.c.seq)


def to_forget(connection: Connection) -> list[str]:
    """Articles that left their story while the owner was not looking, in order of arrival."""
    return list(connection.execute(_TO_FORGET).scalars())


def forgotten(connection: Connection, article_ids: Iterable[str]) -> None:
    """The owner knows now that these are gone."""
    for chunk in chunks(article_ids):
        connection.execute(update(articles).where(articles.c.id.in_(chunk)), {"forget": False})


def mark_to_forget(connection: Connection, article_id: str) -> None:
    """Tell the owner at its next turn that this article is no longer in a story."""
    connection.execute(update(articles).where(articles.c.id == article_id), {"forget": True})


def counts(connection: Connection) -> dict[str, int]:
    """How many articles are in each state."""
    query = select(articles.c.state, func.count()).group_by(articles.c.state)
    return {row[0]: row[1] for row in connection.execute(query)}
