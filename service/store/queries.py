"""What do the doors read? Articles, stories, members and lineage, each answer from one snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import Connection, Select, Text, and_, bindparam, func, or_, select, type_coerce

from service.errors import Gone, InvalidInput, NotFound
from service.model import Span, State
from service.store import log, members
from service.store.among import among
from service.store.articles import chunks
from service.store.database import Database
from service.store.finder import Finder, in_language
from service.store.records import (
    ArticleRecord,
    ArticleText,
    LineageRecord,
    LinkRecord,
    MemberRecord,
    Page,
    StoryRecord,
)
from service.store.rows import to_json
from service.store.schema import articles, links, sketches, stories, texts
from service.store.schema import members as members_table
from service.store.stories import resolve
from service.text.normalise import fold

Sort = Literal["latest", "first", "size", "hot"]
_SORTS = {
    "latest": stories.c.latest_at,
    "first": stories.c.first_at,
    "size": stories.c.article_count,
    "hot": stories.c.hot,
}
_STORY_COLUMNS = [stories.c[name] for name in StoryRecord.__dataclass_fields__]
_ARTICLE = select(
    *(articles.c[name] for name in ArticleRecord.__dataclass_fields__ if name != "story_id"),
    members_table.c.story_id,
).outerjoin(members_table, members_table.c.article_id == articles.c.id)
_TEXT = (
    select(texts.c.text, texts.c.html, texts.c.extra, sketches.c.spans, sketches.c.others)
    .join(articles, articles.c.seq == texts.c.seq)
    .outerjoin(sketches, sketches.c.seq == texts.c.seq)
)
_MEMBER = (
    select(
        articles.c.id.label("article_id"),
        members_table.c.story_id,
        articles.c.outlet,
        articles.c.title,
        articles.c.lang,
        articles.c.url,
        articles.c.published_at,
        articles.c.arrived_at,
        members_table.c.relation,
        members_table.c.score,
        members_table.c.linked_to,
        links.c.evidence,
    )
    .join(articles, articles.c.id == members_table.c.article_id)
    .outerjoin(links, and_(links.c.a == members_table.c.article_id, links.c.b == members_table.c.linked_to))
    .order_by(articles.c.seq)
)
_NUMBERED = (
    select(
        members_table.c.article_id,
        members_table.c.story_id,
        articles.c.outlet,
        articles.c.title,
        articles.c.lang,
        articles.c.url,
        articles.c.published_at,
        articles.c.first_arrived_at.label("arrived_at"),
        members_table.c.relation,
        members_table.c.score,
        members_table.c.linked_to,
        func.row_number()
        .over(partition_by=members_table.c.story_id, order_by=(articles.c.first_arrived_at, articles.c.seq))
        .label("number"),
    )
    .join(articles, articles.c.id == members_table.c.article_id)
    .where(among(members_table.c.story_id, "ids"))
    .subquery()
)
_REPORTS = (
    select(*(column for column in _NUMBERED.c if column.name != "number"))
    .where(_NUMBERED.c.number <= bindparam("most"))
    .order_by(_NUMBERED.c.story_id, _NUMBERED.c.number)
)


class ArticleQueries:
    """`store.articles`: single articles and lists of them."""

    def __init__(self, database: Database, finder: Finder) -> None:
        self._database = database
        self._finder = finder

    def get(self, article_id: str) -> ArticleRecord:
        """One article without its text. Raises NotFound, and Gone for a deleted one."""
        with self._database.read() as connection:
            return _article(connection, article_id)

    def text(self, article_id: str) -> ArticleText:
        """The original text of an article. Raises NotFound, Gone."""
        with self._database.read() as connection:
            _article(connection, article_id)
            row = connection.execute(_TEXT.where(articles.c.id == article_id)).one()
        text, html, extra, spans, others = row
        return ArticleText(text, html, extra, _spans(spans or ()), tuple(map(_spans, others or ())))

    def several(self, article_ids: Sequence[str]) -> Sequence[ArticleRecord]:
        """Those of these articles that exist, deleted ones included, in order of arrival."""
        found: Sequence[ArticleRecord] = ()
        with self._database.read() as connection:
            for chunk in chunks(article_ids):
                query = _ARTICLE.where(articles.c.id.in_(chunk)).order_by(articles.c.seq)
                found = [*found, *(ArticleRecord(**row) for row in connection.execute(query).mappings())]
        return found

    def list(
        self,
        *,
        state: State | None = None,
        outlet: str | None = None,
        after: Sequence[Any] | None = None,
        limit: int = 50,
    ) -> Page[ArticleRecord]:
        """Articles, newest arrival first; deleted ones only when that state is asked for."""
        query = _ARTICLE.add_columns(articles.c.seq).order_by(articles.c.seq.desc()).limit(limit + 1)
        query = query.where(articles.c.state == state if state else articles.c.state != "deleted")
        if outlet is not None:
            query = query.where(articles.c.outlet == outlet)
        if after is not None:
            query = query.where(articles.c.seq < after[0])
        with self._database.read() as connection:
            rows = [dict(row) for row in connection.execute(query).mappings()]
        seqs = [row.pop("seq") for row in rows]
        found = tuple(ArticleRecord(**row) for row in rows[:limit])
        return Page(found, [seqs[limit - 1]] if len(rows) > limit else None)

    def search(self, q: str, limit: int) -> Sequence[ArticleRecord]:
        """Articles in whose titles all words of `q` stand, folded; newest arrival first."""
        query = _ARTICLE.where(articles.c.state == "placed").order_by(articles.c.seq.desc()).limit(limit)
        words = words_of(q)
        for word in words:
            query = query.where(articles.c.search.contains(word, autoescape=True))
        with self._database.read() as connection:
            named = self._finder.find(connection, words) if words else None
            if named is None:
                return [ArticleRecord(**row) for row in connection.execute(query).mappings()]
            found: dict[int, ArticleRecord] = {}
            for chunk in chunks(named):  # a story has the titles of all its members
                inside = query.add_columns(articles.c.seq).where(articles.c.id.in_(_members_of(chunk)))
                for row in connection.execute(inside).mappings():
                    fields = dict(row)
                    seq = fields.pop("seq")
                    found[seq] = ArticleRecord(**fields)
        return [found[seq] for seq in sorted(found, reverse=True)[:limit]]

    def links(self, article_id: str) -> Sequence[LinkRecord]:
        """Links and near misses of an article, strongest first. Raises NotFound, Gone."""
        with self._database.read() as connection:
            _article(connection, article_id)
            return members.links_of(connection, article_id)

    def link(self, a: str, b: str) -> LinkRecord | None:
        """The stored evidence about two articles, if they were compared; its `a` may be either."""
        with self._database.read() as connection:
            return members.link_between(connection, a, b)


class StoryQueries:
    """`store.stories`: single stories, lists, members, lineage."""

    def __init__(self, database: Database, finder: Finder) -> None:
        self._database = database
        self._finder = finder

    def get(self, story_id: str) -> StoryRecord:
        """One story; a merged one answers with its `merged_into`. Raises NotFound."""
        with self._database.read() as connection:
            return _story(connection, story_id)

    def several(self, story_ids: Sequence[str]) -> Sequence[StoryRecord]:
        """Those of these stories that exist, in the order in which they are named."""
        found: dict[str, StoryRecord] = {}
        with self._database.read() as connection:
            for chunk in chunks(story_ids):
                query = select(*_STORY_COLUMNS).where(stories.c.id.in_(chunk))
                found |= {row["id"]: StoryRecord(**row) for row in connection.execute(query).mappings()}
        return [found[one] for one in story_ids if one in found]

    def resolve(self, story_id: str) -> str:
        """The id that this one stands for today, following merges. Raises NotFound."""
        with self._database.read() as connection:
            target = resolve(connection, story_id)
        if target is None:
            raise NotFound()
        return target

    def list(
        self,
        *,
        since: float | None = None,
        until: float | None = None,
        outlet: str | None = None,
        lang: str | None = None,
        q: str | None = None,
        min_outlets: int | None = None,
        min_independent: int | None = None,
        min_reports: int | None = None,
        sort: Sort = "latest",
        after: Sequence[Any] | None = None,
        limit: int = 50,
    ) -> Page[StoryRecord]:
        """Live stories with an article between `since` and `until`, by `sort` ("first" is oldest first).

        `q` holds words that must all stand in the members' titles, folded. `after` continues an earlier page.
        """
        query = filtered(since, until, outlet, lang, q, min_outlets, min_independent, min_reports)
        query = _page_of(query, sort, after).limit(limit + 1)
        words = words_of(q or "") + ([in_language(lang)] if lang else [])
        with self._database.read() as connection:
            named = self._finder.find(connection, words) if words else None
            if named == []:
                return Page((), None)
            if named is not None:
                query = query.where(stories.c.id.in_(named))
            rows = [dict(row) for row in connection.execute(query).mappings()]
        order = [row.pop("sorted_by") for row in rows]
        found = tuple(StoryRecord(**row) for row in rows[:limit])
        more = len(rows) > limit
        return Page(found, [order[limit - 1], found[-1].id] if more else None)

    def articles(
        self, story_id: str, *, after: Sequence[Any] | None = None, limit: int = 100
    ) -> Page[MemberRecord]:
        """A page of a story's members, in order of arrival. Raises NotFound."""
        query = _MEMBER.add_columns(articles.c.seq).where(members_table.c.story_id == story_id)
        if after is not None:
            query = query.where(articles.c.seq > after[0])
        with self._database.read() as connection:
            _story(connection, story_id)
            rows = [dict(row) for row in connection.execute(query.limit(limit + 1)).mappings()]
        seqs = [row.pop("seq") for row in rows]
        found = tuple(MemberRecord(**row) for row in rows[:limit])
        return Page(found, [seqs[limit - 1]] if len(rows) > limit else None)

    def reports(self, story_ids: Sequence[str], limit: int) -> Mapping[str, Sequence[MemberRecord]]:
        """The first `limit` members of each of these stories in order of first arrival, without evidence."""
        found: dict[str, Any] = {}
        with self._database.read() as connection:
            for chunk in chunks(story_ids):
                for row in connection.execute(_REPORTS, {"ids": chunk, "most": limit}).mappings():
                    found.setdefault(row["story_id"], []).append(MemberRecord(**row, evidence=None))
        return found

    def links(self, story_id: str) -> Sequence[LinkRecord]:
        """Every stored link and near miss between members of a story, strongest first. Raises NotFound."""
        inside = select(members_table.c.article_id).where(members_table.c.story_id == story_id)
        query = select(links).where(links.c.a.in_(inside), links.c.b.in_(inside))
        query = query.order_by(links.c.linked.desc(), links.c.probability.desc(), links.c.a, links.c.b)
        with self._database.read() as connection:
            _story(connection, story_id)
            return [LinkRecord(**row) for row in connection.execute(query).mappings()]

    def recent_lineage(self, story_id: str, limit: int) -> Sequence[LineageRecord]:
        """The last things that happened to a story, newest first."""
        with self._database.read() as connection:
            return log.lineage_of(connection, story_id, newest=limit)

    def lineage(self, story_id: str) -> Sequence[LineageRecord]:
        """Everything that happened to a story, oldest first. Raises NotFound."""
        with self._database.read() as connection:
            _story(connection, story_id)
            return log.lineage_of(connection, story_id)

    def split_from(self, story_id: str) -> str | None:
        """The story that this one was split off, the first time."""
        with self._database.read() as connection:
            return log.split_from(connection, story_id)

    def assignments(self) -> dict[str, str]:
        """The story of every article that is in one."""
        query = select(members_table.c.article_id, members_table.c.story_id)
        with self._database.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def count(self) -> int:
        """How many stories are live."""
        query = select(func.count()).where(stories.c.status == "live")
        with self._database.read() as connection:
            number: int = connection.execute(query).scalar_one()
        return number


def _article(connection: Connection, article_id: str) -> ArticleRecord:
    row = connection.execute(_ARTICLE.where(articles.c.id == article_id)).mappings().one_or_none()
    if row is None:
        raise NotFound()
    if row["state"] == "deleted":
        raise Gone()
    return ArticleRecord(**row)


def _story(connection: Connection, story_id: str) -> StoryRecord:
    query = select(*_STORY_COLUMNS).where(stories.c.id == story_id)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound()
    return StoryRecord(**row)


def filtered(
    since: float | None = None,
    until: float | None = None,
    outlet: str | None = None,
    lang: str | None = None,
    q: str | None = None,
    min_outlets: int | None = None,
    min_independent: int | None = None,
    min_reports: int | None = None,
) -> Select[Any]:
    """Live stories that have all that is asked for."""
    query = select(*_STORY_COLUMNS).where(stories.c.status == "live")
    if since is not None:
        query = query.where(stories.c.latest_at >= since)
    if until is not None:
        query = query.where(stories.c.first_at <= until)
    if outlet is not None:
        query = query.where(stories.c.id.in_(_stories_of(outlet)))
    if lang is not None:  # in the row at hand: a JSON list of codes
        query = query.where(type_coerce(stories.c.languages, Text).contains(to_json(lang), autoescape=True))
    for word in words_of(q or ""):
        query = query.where(stories.c.search.contains(word, autoescape=True))
    if min_outlets is not None:
        query = query.where(stories.c.outlet_count >= min_outlets)
    if min_independent is not None:
        query = query.where(stories.c.independent_outlet_count >= min_independent)
    if min_reports is not None:
        query = query.where(stories.c.article_count >= min_reports)
    return query


def words_of(q: str) -> list[str]:
    """What to look for, folded; the longest first, as few titles hold it: the others are seldom tried."""
    return sorted(fold(q).split(), key=len, reverse=True)


def _members_of(story_ids: Sequence[str]) -> Select[Any]:
    return select(members_table.c.article_id).where(members_table.c.story_id.in_(story_ids))


def _stories_of(outlet: str) -> Select[Any]:
    """The stories that an outlet covers: by its articles, which are fewer than all stories."""
    joined = members_table.c.article_id == articles.c.id
    return select(members_table.c.story_id).join(articles, joined).where(articles.c.outlet == outlet)


def _page_of(query: Select[Any], sort: Sort, after: Sequence[Any] | None) -> Select[Any]:
    if sort not in _SORTS:
        raise InvalidInput(f"sort must be one of {', '.join(_SORTS)}")
    column = _SORTS[sort]
    query = query.add_columns(column.label("sorted_by"))
    if sort == "first":
        query = query.order_by(column, stories.c.id)
        beyond = or_(column > after[0], and_(column == after[0], stories.c.id > after[1])) if after else None
    else:
        query = query.order_by(column.desc(), stories.c.id.desc())
        beyond = or_(column < after[0], and_(column == after[0], stories.c.id < after[1])) if after else None
    return query if beyond is None else query.where(beyond)


def _spans(stored: Sequence[Sequence[int]]) -> tuple[Span, ...]:
    return tuple(Span(start, end) for start, end in stored)
