"""Who belongs to which story, and by which evidence? Rows of `members` and `links`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Connection, and_, bindparam, delete, exists, func, or_, select, update

from service.model import Link, Member, Relation
from service.store.among import among
from service.store.articles import chunks
from service.store.bulk import insert_many, update_many
from service.store.evidence import pack_evidence
from service.store.records import LinkRecord
from service.store.rows import Row
from service.store.schema import articles, links, members, stories


class Membership(NamedTuple):
    """One row of `members`."""

    article_id: str
    story_id: str
    relation: Relation | None
    score: float
    linked_to: str | None


_WITH_ARTICLE = (
    select(
        articles.c.seq,
        members.c.story_id,
        articles.c.search,
        articles.c.id,
        articles.c.outlet,
        articles.c.title,
        articles.c.lang,
        articles.c.words,
        members.c.relation,
        members.c.linked_to,
        articles.c.published_at,
        articles.c.first_arrived_at,
    )
    .join(articles, articles.c.id == members.c.article_id)
    .where(among(members.c.story_id, "ids"))
)


Listed = tuple[Member, str]  # a member, and its folded title


def listed(connection: Connection, story_ids: Iterable[str]) -> list[tuple[str, Listed]]:
    """The members of these stories, each behind the id of its story, in order of arrival."""
    rows: list[Any] = []
    for chunk in chunks(story_ids):
        rows += connection.execute(_WITH_ARTICLE, {"ids": chunk}).fetchall()
    rows.sort(key=itemgetter(0))
    return [(story_id, (Member(*fields), search)) for _, story_id, search, *fields in rows]


def of_stories(connection: Connection, story_ids: Iterable[str]) -> dict[str, list[Listed]]:
    """The members of these stories with their folded titles, in order of arrival."""
    found: dict[str, list[Listed]] = {}
    for story_id, member in listed(connection, story_ids):
        found.setdefault(story_id, []).append(member)
    return found


_OTHER = members.alias("other")
_STORY_OF = select(members.c.article_id, members.c.story_id).where(among(members.c.article_id, "ids"))
_IN_STORIES = (
    select(
        articles.c.seq,
        members.c.article_id,
        members.c.story_id,
        members.c.relation,
        members.c.score,
        members.c.linked_to,
    )
    .join(articles, articles.c.id == members.c.article_id)
    .where(among(members.c.story_id, "ids"))
)


def story_of(connection: Connection, article_ids: Iterable[str]) -> dict[str, str]:
    """The story of each of these articles that is in one."""
    found: dict[str, str] = {}
    for chunk in chunks(article_ids):
        found.update((row[0], row[1]) for row in connection.execute(_STORY_OF, {"ids": chunk}))
    return found


_CLOSED = (
    select(members.c.article_id)
    .join(stories, stories.c.id == members.c.story_id)
    .where(among(members.c.article_id, "ids"), stories.c.closed_at.is_not(None))
)


def in_closed(connection: Connection, article_ids: Iterable[str]) -> set[str]:
    """Those of these articles whose story has closed for want of news."""
    found: set[str] = set()
    for chunk in chunks(article_ids):
        found.update(connection.execute(_CLOSED, {"ids": chunk}).scalars())
    return found


def of_outlet(connection: Connection, outlet: str) -> list[str]:
    """The articles of an outlet that share an open story with others."""
    together = select(_OTHER.c.story_id).where(
        _OTHER.c.story_id == members.c.story_id, _OTHER.c.article_id != members.c.article_id
    )
    query = (
        select(members.c.article_id)
        .join(articles, articles.c.id == members.c.article_id)
        .join(stories, stories.c.id == members.c.story_id)
        .where(articles.c.outlet == outlet, stories.c.closed_at.is_(None), together.exists())
    )
    return list(connection.execute(query).scalars())


_FROM = select(articles.c.id).where(
    articles.c.id.in_(bindparam("ids", expanding=True)),
    articles.c.outlet.in_(bindparam("outlets", expanding=True)),
)


def from_outlets(
    connection: Connection, outlets: Iterable[str], article_ids: Iterable[str]
) -> frozenset[str]:
    """Those of these articles that are of one of these outlets."""
    found: set[str] = set()
    named = sorted(outlets)
    for chunk in chunks(article_ids) if named else ():
        found.update(connection.execute(_FROM, {"ids": chunk, "outlets": named}).scalars())
    return frozenset(found)


_ONLY = (
    select(members.c.article_id)
    .where(among(members.c.article_id, "ids"))
    .where(
        ~exists().where(_OTHER.c.story_id == members.c.story_id, _OTHER.c.article_id != members.c.article_id)
    )
)


def only_members(connection: Connection, article_ids: Iterable[str]) -> set[str]:
    """Those of these articles that have a story to themselves."""
    found: set[str] = set()
    for chunk in chunks(article_ids):
        found.update(connection.execute(_ONLY, {"ids": chunk}).scalars())
    return found


def in_stories(connection: Connection, story_ids: Iterable[str]) -> dict[str, Membership]:
    """Every membership in these stories by article, in order of arrival."""
    rows: list[Any] = []
    for chunk in chunks(story_ids):
        rows += connection.execute(_IN_STORIES, {"ids": chunk}).fetchall()
    return {row[1]: Membership(*row[1:]) for row in sorted(rows)}


def join(connection: Connection, new: Sequence[Membership]) -> None:
    """Make these articles members; they must be in no story."""
    insert_many(connection, members, Membership._fields, new)


_REASSIGN = (
    update(members)
    .where(members.c.article_id == bindparam("b_article"))
    .values({name: bindparam(name) for name in ("story_id", "relation", "score", "linked_to")})
)


def reassign(connection: Connection, moved: Sequence[Membership]) -> None:
    """Replace the memberships of these articles, which are in some story."""
    update_many(connection, _REASSIGN, ("b_article", *Membership._fields[1:]), moved)


def put(connection: Connection, moved: Sequence[tuple[str, str]]) -> None:
    """Put members, given with their new stories, into these."""
    update_many(connection, _PUT, ("b_article", "b_story"), moved)


_PUT = (
    update(members)
    .where(members.c.article_id == bindparam("b_article"))
    .values(story_id=bindparam("b_story"))
)


def withdraw(connection: Connection, article_id: str, *, forever: bool = False) -> str | None:
    """Take an article out of its story, with all evidence about it. Returns the story it was in.

    `forever` also makes other members point to it no more.
    """
    story_id: str | None = story_of(connection, [article_id]).get(article_id)
    connection.execute(delete(members).where(members.c.article_id == article_id))
    if forever and story_id is not None:
        pointing = (members.c.story_id == story_id) & (members.c.linked_to == article_id)
        connection.execute(update(members).where(pointing), {"linked_to": None})
    connection.execute(delete(links).where(or_(links.c.a == article_id, links.c.b == article_id)))
    return story_id


def add_links(connection: Connection, new: Iterable[Link]) -> None:
    """Keep the evidence of links and near misses; a pair is kept once."""
    rows = {(link.a, link.b): _link_row(link) for link in new}
    insert_many(connection, links, _LINK, list(rows.values()))


def replace_links(connection: Connection, new: Iterable[Link]) -> None:
    """Keep newer evidence in the place of older, in whichever direction that was kept."""
    rows = {frozenset((link.a, link.b)): link for link in new}
    doubles = [{"x": link.a, "y": link.b} for link in rows.values()]
    if doubles:
        connection.execute(_DROP_PAIR, doubles)
    add_links(connection, rows.values())


_X: BindParameter[str] = bindparam("x")
_Y: BindParameter[str] = bindparam("y")
_PAIR = or_(and_(links.c.a == _X, links.c.b == _Y), and_(links.c.a == _Y, links.c.b == _X))
_DROP_PAIR = delete(links).where(_PAIR)


_LINK = ("a", "b", "kind", "linked", "probability", "evidence")


def _link_row(link: Link) -> Row:
    found = link.evidence
    return (link.a, link.b, found.kind, found.linked, found.probability, pack_evidence(found))


def link_between(connection: Connection, a: str, b: str) -> LinkRecord | None:
    """The stored evidence about two articles; its `a` may be either of them."""
    row = connection.execute(select(links).where(_PAIR), {"x": a, "y": b}).mappings().first()
    return None if row is None else LinkRecord(**row)


def links_within(connection: Connection, article_ids: Iterable[str]) -> list[LinkRecord]:
    """The links among these articles, near misses left out."""
    wanted = set(article_ids)
    found: list[LinkRecord] = []
    for chunk in chunks(sorted(wanted)):
        query = select(links).where(links.c.a.in_(chunk), links.c.linked)
        found += [LinkRecord(**row) for row in connection.execute(query).mappings() if row["b"] in wanted]
    return found


def links_from(connection: Connection, article_ids: Iterable[str]) -> list[LinkRecord]:
    """The links with one of these articles on either side, near misses left out; each once."""
    found: dict[tuple[str, str], LinkRecord] = {}
    for chunk in chunks(article_ids):
        query = select(links).where(or_(links.c.a.in_(chunk), links.c.b.in_(chunk)), links.c.linked)
        found.update(
            ((row["a"], row["b"]), LinkRecord(**row)) for row in connection.execute(query).mappings()
        )
    return list(found.values())


def joined_by(connection: Connection) -> dict[str, int]:
    """How many members are in their story by a link of each kind."""
    by = and_(links.c.a == members.c.article_id, links.c.b == members.c.linked_to)
    query = select(links.c.kind, func.count()).select_from(members.join(links, by)).group_by(links.c.kind)
    return {row[0]: row[1] for row in connection.execute(query)}


def links_of(connection: Connection, article_id: str) -> list[LinkRecord]:
    """Links and near misses of an article, strongest first."""
    about = or_(links.c.a == article_id, links.c.b == article_id)
    query = select(links).where(about).order_by(links.c.linked.desc(), links.c.probability.desc(), links.c.a)
    return [LinkRecord(**row) for row in connection.execute(query).mappings()]
