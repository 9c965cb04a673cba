"""Who waits for what? received -> prepared -> placed, in order of arrival: the rows themselves are the queue.

Every step looks again at what it found, inside its own transaction: doing it twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Connection, Integer, Select, bindparam, literal_column, select, update

from service.model import Article, Prepared, Sketch, Span, State, WindowArticle
from service.sketch.sketch import pack, unpack
from service.store.among import among
from service.store.articles import add_sketches, chunks
from service.store.bulk import update_many
from service.store.handover import Handover
from service.store.rows import PREPARED, prepared_values
from service.store.schema import QUEUED, articles, members, sketches, stories, texts


class Draft(NamedTuple):
    """A received article that waits to be prepared."""

    seq: int
    attempts: int
    arrived_at: float
    article: Article


class Queued(NamedTuple):
    """A prepared article; `story_id` is where its previous version, or itself, is a member."""

    seq: int
    article: WindowArticle
    story_id: str | None


class Waiting(NamedTuple):
    """A prepared article whose turn has come, with what its story will be told of it: its title, shown and
    folded, its number of words, and when its first version arrived."""

    seq: int
    article: WindowArticle
    story_id: str | None
    title: str
    search: str
    words: int
    first_arrived_at: float


_DRAFT_COLUMNS = (
    articles.c.seq,
    articles.c.attempts,
    articles.c.arrived_at,
    articles.c.id,
    texts.c.text,
    articles.c.given_title,
    articles.c.outlet,
    articles.c.url,
    articles.c.published,
    articles.c.given_lang,
    texts.c.html,
    articles.c.notes,
)
_WITH_TEXT = select(*_DRAFT_COLUMNS).join(texts, texts.c.seq == articles.c.seq)
_DRAFTS = _WITH_TEXT.where(QUEUED, articles.c.state == "received")
# By id alone: told of the state as well, PostgreSQL walks the whole queue for the articles of each message.
_NAMED = _WITH_TEXT.add_columns(articles.c.state).where(among(articles.c.id, "ids")).order_by(articles.c.seq)
_MOST: BindParameter[int] = bindparam("most", type_=Integer)
_FRESH = _DRAFTS.where(articles.c.attempts == 0).order_by(articles.c.seq).limit(_MOST)
_TRIED = _DRAFTS.order_by(articles.c.attempts, articles.c.changed_at, articles.c.seq).limit(_MOST)
_SOME_RECEIVED = select(articles.c.seq).where(QUEUED, articles.c.state == "received").limit(1)


def drafts(connection: Connection, limit: int) -> list[Draft]:
    """Received articles that were never tried, in order of arrival; else the others, the least tried first.

    So an article that happened to be in hand when its worker died goes to the end of the line.
    """
    if connection.execute(_SOME_RECEIVED).scalar() is None:
        return []
    most = {"most": limit}
    return _read_drafts(connection, _FRESH, most) or _read_drafts(connection, _TRIED, most)


def drafts_of(connection: Connection, ids: Iterable[str]) -> list[Draft]:
    """Those of these articles that are received and not yet prepared."""
    found: list[Draft] = []
    for chunk in chunks(set(ids)):
        rows = connection.execute(_NAMED, {"ids": chunk})
        found += [_draft(row[:-1]) for row in rows if row[-1] == "received"]
    return found


def _read_drafts(connection: Connection, query: Select[Any], given: Mapping[str, Any]) -> list[Draft]:
    return [_draft(row) for row in connection.execute(query, given)]


def _draft(row: Sequence[Any]) -> Draft:
    seq, attempts, arrived_at, id, text, title, outlet, url, published, lang, html, notes = row
    article = Article(
        id=id,
        text=text,
        title=title,
        outlet=outlet,
        url=url,
        published=published,
        lang=lang,
        html=html,
        notes=tuple(notes),
    )
    return Draft(seq, attempts, arrived_at, article)


_BY_SEQ = articles.c.seq == bindparam("b_seq")
_BEGIN = (
    update(articles)
    .where(
        among(articles.c.seq, "seqs"),
        articles.c.state == "received",
        articles.c.attempts == bindparam("known"),
    )
    .values(attempts=articles.c.attempts + literal_column("1"), changed_at=bindparam("b_now"))
    .returning(articles.c.seq)
)
_STILL = select(articles.c.seq).where(among(articles.c.seq, "seqs"), articles.c.state == bindparam("state"))


def begin_attempts(connection: Connection, seqs: Sequence[int], known: int, now: float) -> set[int]:
    """Note that preparing begins, for those that nobody began since they had `known` attempts: it must be on
    disk before an article can kill its worker, and of two workers that hold one message one alone tries."""
    found: set[int] = set()
    for chunk in chunks(seqs):
        found.update(connection.execute(_BEGIN, {"seqs": chunk, "known": known, "b_now": now}).scalars())
    return found


def still(connection: Connection, seqs: Sequence[int], state: State) -> set[int]:
    """Those versions that are in this state and were not moved on, replaced or deleted in the meantime."""
    found: set[int] = set()
    for chunk in chunks(seqs):
        found.update(connection.execute(_STILL, {"seqs": chunk, "state": state}).scalars())
    return found


_PREPARED_COLUMNS = (*PREPARED, "changed_at", "reason")
_MARK_PREPARED = update(articles).where(_BY_SEQ).values({name: bindparam(name) for name in _PREPARED_COLUMNS})


def mark_prepared(connection: Connection, ready: Sequence[tuple[int, Prepared]], now: float) -> None:
    """received -> prepared, with what was computed."""
    rows = [(*prepared_values(item), now, "", seq) for seq, item in ready]
    update_many(connection, _MARK_PREPARED, (*_PREPARED_COLUMNS, "b_seq"), rows)
    add_sketches(connection, ready)


_STORE_TEXT = update(texts).where(texts.c.seq == bindparam("b_seq")).values(text=bindparam("b_text"))


def store_extracted(connection: Connection, extracted: Sequence[tuple[int, str]]) -> None:
    """Keep the text that was extracted from html: spans refer to it."""
    update_many(connection, _STORE_TEXT, ("b_seq", "b_text"), extracted)


def mark_failed(connection: Connection, seq: int, reason: str, now: float, *, rejected: bool) -> None:
    """Keep why preparing failed; `rejected` says that it was the last attempt."""
    state = {"state": "rejected"} if rejected else {}
    values = {"reason": reason, "changed_at": now, **state}
    connection.execute(update(articles).where(articles.c.seq == seq), values)


_PLACE_COLUMNS = (
    articles.c.seq,
    members.c.story_id,
    articles.c.id,
    articles.c.version,
    articles.c.outlet,
    articles.c.lang,
    articles.c.lang_certain,
    articles.c.published_at,
    articles.c.arrived_at,
)
_TOLD_COLUMNS = (articles.c.title, articles.c.search, articles.c.words, articles.c.first_arrived_at)
_WINDOW = (
    select(sketches.c.sketch, *_PLACE_COLUMNS)
    .join(articles, articles.c.seq == sketches.c.seq)
    .outerjoin(members, members.c.article_id == articles.c.id)
)
_QUEUE = (
    select(*_PLACE_COLUMNS, *_TOLD_COLUMNS)
    .select_from(articles.outerjoin(members, members.c.article_id == articles.c.id))
    .where(QUEUED, articles.c.state == "prepared")
    .where(articles.c.seq > bindparam("after"), articles.c.seq < bindparam("before"))
    .order_by(articles.c.seq)
    .limit(_MOST)
)
NO_PLACE = (1 << 63) - 1  # behind all places in the order of arrival
_PLACED_SINCE = (
    select(articles.c.seq)
    .outerjoin_from(articles, members, members.c.article_id == articles.c.id)
    .outerjoin(stories, stories.c.id == members.c.story_id)
    .where(
        articles.c.state == "placed",
        articles.c.arrived_at > bindparam("since"),
        stories.c.closed_at.is_(None),
    )
    .order_by(articles.c.seq.desc())
)
_AT_PLACES = _WINDOW.where(among(articles.c.seq, "seqs")).order_by(articles.c.seq)
_PLACED_OF = _WINDOW.where(among(articles.c.id, "ids"), articles.c.state == "placed").order_by(articles.c.seq)
_SKETCHES = select(sketches.c.seq, sketches.c.sketch).where(among(sketches.c.seq, "seqs"))


def _read_window(sketch: bytes, *place: Any) -> Queued:
    return _queued(place, unpack(sketch))


def _queued(place: Sequence[Any], sketch: Sketch) -> Queued:
    seq, story_id, article_id, version, outlet, lang, lang_certain, published_at, arrived_at = place
    known = (article_id, version, outlet, lang, lang_certain, published_at, arrived_at)
    return Queued(seq, WindowArticle(*known, sketch), story_id)


def _read_waiting(row: Sequence[Any], found: Mapping[int, bytes]) -> Waiting:
    place, told = row[: len(_PLACE_COLUMNS)], row[len(_PLACE_COLUMNS) :]
    return Waiting(*_queued(place, unpack(found[place[0]])), *told)


def _sketches_of(connection: Connection, seqs: Iterable[int]) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for chunk in chunks(seqs):
        found.update((row[0], row[1]) for row in connection.execute(_SKETCHES, {"seqs": chunk}))
    return found


_BEHIND = (
    select(articles.c.seq)
    .where(
        QUEUED,
        articles.c.state == "received",
        (articles.c.attempts == 0) | (articles.c.changed_at > bindparam("since")),
    )
    .order_by(articles.c.seq)
    .limit(1)
)


def waiting(
    connection: Connection, limit: int, since: float, handover: Handover, after: int = 0
) -> list[Waiting]:
    """Prepared articles in order of arrival, behind the place `after`; sketches that were not handed over are
    read.

    None overtakes an earlier one that is still to be prepared: decisions do not depend on which worker was
    faster. One whose preparing began before `since` and never ended holds nobody up: it took its worker down.
    """
    behind = connection.execute(_BEHIND, {"since": since}).scalar()
    before = NO_PLACE if behind is None else behind
    rows = connection.execute(_QUEUE, {"after": after, "before": before, "most": limit}).all()
    seqs = [row[0] for row in rows]
    found = handover.take(seqs)
    found |= _sketches_of(connection, [seq for seq in seqs if seq not in found])
    return [_read_waiting(row, found) for row in rows]


def window(connection: Connection, since: float, limit: int) -> Iterator[Queued]:
    """The newest `limit` placed articles that arrived after `since`, in order of arrival, those of closed
    stories left out; a few at a time: all sketches together would need more memory than the window that is
    made of them."""
    newest = connection.execute(_PLACED_SINCE.limit(limit), {"since": since}).scalars().all()
    yield from at_places(connection, reversed(newest))


def at_places(connection: Connection, seqs: Iterable[int]) -> Iterator[Queued]:
    """The articles of these places, which are in order."""
    for chunk in chunks(seqs):
        for row in connection.execute(_AT_PLACES, {"seqs": chunk}).all():
            yield _read_window(*row)


_DATES = select(articles.c.seq, articles.c.published_at, articles.c.id).where(
    articles.c.seq.in_(bindparam("seqs", expanding=True))
)


def dates_at(connection: Connection, seqs: Iterable[int]) -> dict[int, tuple[float | None, str]]:
    """When the articles of these places were published, and their ids."""
    found: dict[int, tuple[float | None, str]] = {}
    for chunk in chunks(seqs):
        found.update((row[0], (row[1], row[2])) for row in connection.execute(_DATES, {"seqs": chunk}))
    return found


def window_stories(connection: Connection, since: float, limit: int) -> dict[int, tuple[str, str | None]]:
    """The ids of the articles of a `window` and of their stories, by their places in order; no sketch is
    read."""
    query = _PLACED_SINCE.add_columns(articles.c.id, members.c.story_id).limit(limit)
    found = connection.execute(query, {"since": since}).fetchall()
    return {row[0]: (row[1], row[2]) for row in reversed(found)}


def window_articles(connection: Connection, ids: Iterable[str]) -> Iterator[Queued]:
    """Those of these articles that are placed."""
    for chunk in chunks(ids):
        for row in connection.execute(_PLACED_OF, {"ids": chunk}).all():
            yield _read_window(*row)


def window_article(connection: Connection, article_id: str) -> Queued | None:
    """One prepared or placed article as the owner sees it; None when there is none under this id."""
    row = connection.execute(_WINDOW.where(articles.c.id == article_id)).one_or_none()
    return None if row is None else _read_window(*row)


_MARK_PLACED = (
    update(articles)
    .where(among(articles.c.seq, "seqs"))
    .values(state=literal_column("'placed'"), changed_at=bindparam("b_now"))
)


def mark_placed(connection: Connection, seqs: Sequence[int], now: float) -> None:
    """prepared -> placed."""
    for chunk in chunks(seqs):
        connection.execute(_MARK_PLACED, {"seqs": chunk, "b_now": now})


class Sketchable(NamedTuple):
    """What a sketch is made of."""

    seq: int
    title: str
    text: str
    spans: tuple[Span, ...]
    lang: str


_SKETCHABLE = (
    select(articles.c.seq, articles.c.title, texts.c.text, sketches.c.spans, articles.c.lang)
    .join(texts, texts.c.seq == articles.c.seq)
    .join(sketches, sketches.c.seq == articles.c.seq)
    .where(articles.c.seq > bindparam("after"))
    .order_by(articles.c.seq)
)


def sketchable(connection: Connection, after: int, limit: int) -> list[Sketchable]:
    """Articles that have a sketch, in order of arrival after the place `after`."""
    rows = connection.execute(_SKETCHABLE.limit(limit), {"after": after})
    return [
        Sketchable(seq, title, text, tuple(Span(*span) for span in spans), lang)
        for seq, title, text, spans, lang in rows
    ]


class Sketched(NamedTuple):
    """An article with its sketch."""

    seq: int
    id: str
    arrived_at: float
    sketch: Sketch


_SKETCHED = (
    select(articles.c.seq, articles.c.id, articles.c.arrived_at, sketches.c.sketch)
    .join_from(articles, sketches, sketches.c.seq == articles.c.seq)
    .where(articles.c.seq > bindparam("after"), articles.c.state.in_(["prepared", "placed"]))
    .order_by(articles.c.seq)
)


def sketched(connection: Connection, after: int, limit: int) -> list[Sketched]:
    """Articles with their sketches, in order of arrival after the place `after`."""
    rows = connection.execute(_SKETCHED.limit(limit), {"after": after})
    return [Sketched(seq, id, arrived_at, unpack(packed)) for seq, id, arrived_at, packed in rows]


_STORE_SKETCH = (
    update(sketches).where(sketches.c.seq == bindparam("b_seq")).values(sketch=bindparam("b_sketch"))
)


def store_sketches(connection: Connection, fresh: Sequence[tuple[int, Sketch]]) -> None:
    """Replace the sketches of these articles."""
    rows = [(seq, pack(item)) for seq, item in fresh]
    update_many(connection, _STORE_SKETCH, ("b_seq", "b_sketch"), rows)


WAITING_STATES = ("received", "prepared")


def oldest(connection: Connection) -> dict[str, float]:
    """Since when the article that came first waits in each state of the queue; by state."""
    first = select(articles.c.changed_at).where(QUEUED, articles.c.state == bindparam("wanted"))
    query = first.order_by(articles.c.seq).limit(1)
    found = {state: connection.execute(query, {"wanted": state}).scalar() for state in WAITING_STATES}
    return {state: since for state, since in found.items() if since is not None}


def more_wait_than(connection: Connection, most: int) -> bool:
    """Whether more than so many articles wait."""
    query = select(articles.c.seq).where(QUEUED).order_by(articles.c.state, articles.c.seq)
    return connection.execute(query.offset(most).limit(1)).scalar() is not None


def stuck(connection: Connection, before: float, limit: int) -> list[str]:
    """Received articles without progress since `before`, oldest first."""
    waiting = (articles.c.state == "received") & (articles.c.changed_at < before)
    query = select(articles.c.id).where(QUEUED, waiting).order_by(articles.c.seq).limit(limit)
    return list(connection.execute(query).scalars())
