"""What do people want to be told of? Saved searches, and the stories that each has matched.

A row of `search_matches` stays when its story merges, splits or shrinks: nobody is told of it again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, delete, func, insert, literal, or_, select, update

from service.errors import Conflict, NotFound
from service.store.articles import chunks
from service.store.bulk import insert_many
from service.store.log import last_change
from service.store.queries import filtered
from service.store.records import MatchRecord, SearchRecord
from service.store.schema import articles, members, search_matches, searches, stories

MOST = 200  # saved searches of one installation: each is held against every story that changes

_SEARCH = [searches.c[name] for name in SearchRecord.__dataclass_fields__]
_MATCH = [search_matches.c[name] for name in MatchRecord.__dataclass_fields__]
_NAMES = tuple(MatchRecord.__dataclass_fields__)


class Candidate(NamedTuple):
    """A live story, as far as searches ask about it."""

    id: str
    search: str
    languages: Collection[str]
    independent: int
    reports: int
    outlets: frozenset[str]  # of those that some search names

    def fits(self, search: SearchRecord) -> bool:
        """Whether it has all that a search asks for beside words, as `queries.filtered` says it."""
        return (
            self.independent >= search.min_independent
            and self.reports >= search.min_reports
            and (not search.lang or search.lang in self.languages)
            and (not search.outlet or search.outlet in self.outlets)
        )


def add(connection: Connection, search: SearchRecord) -> None:
    """Keep a new search; the stories that it finds now are known already. Raises Conflict when there are too
    many."""
    if count(connection) >= MOST:
        raise Conflict(f"There are {MOST} saved searches already; delete one first.")
    newest = last_change(connection)
    row = {name: getattr(search, name) for name in SearchRecord.__dataclass_fields__}
    connection.execute(insert(searches), row | {"cursor": newest})
    found = filtered(
        outlet=search.outlet or None,
        lang=search.lang or None,
        q=search.q,
        min_independent=search.min_independent,
        min_reports=search.min_reports,
    ).with_only_columns(
        literal(search.id), stories.c.id, literal(search.created_at), literal(newest), literal(False)
    )
    connection.execute(insert(search_matches).from_select(_NAMES, found))


def get(connection: Connection, search_id: str) -> SearchRecord:
    """One search. Raises NotFound."""
    row = connection.execute(select(*_SEARCH).where(searches.c.id == search_id)).mappings().one_or_none()
    if row is None:
        raise NotFound()
    return SearchRecord(**row)


def listed(connection: Connection, after: str | None = None, limit: int = MOST) -> list[SearchRecord]:
    """Searches by id."""
    query = select(*_SEARCH).order_by(searches.c.id).limit(limit)
    if after is not None:
        query = query.where(searches.c.id > after)
    return [SearchRecord(**row) for row in connection.execute(query).mappings()]


def count(connection: Connection) -> int:
    """How many searches there are."""
    number: int = connection.execute(select(func.count()).select_from(searches)).scalar_one()
    return number


def remove(connection: Connection, search_id: str) -> None:
    """Forget a search and what it matched. Raises NotFound."""
    connection.execute(delete(search_matches).where(search_matches.c.search_id == search_id))
    if not connection.execute(delete(searches).where(searches.c.id == search_id)).rowcount:
        raise NotFound()


def behind(connection: Connection) -> int | None:
    """The change up to which the log was looked through for every search; None without any."""
    number: int | None = connection.execute(select(func.min(searches.c.cursor))).scalar()
    return number


def reach(connection: Connection, change: int) -> None:
    """Note that the log was looked through up to this change."""
    connection.execute(update(searches).where(searches.c.cursor < change), {"cursor": change})


def candidates(connection: Connection, story_ids: Iterable[str], outlets: Collection[str]) -> list[Candidate]:
    """Those of these stories that are live. outlets: that searches name."""
    wanted = list(story_ids)
    covered = _covered(connection, wanted, outlets) if outlets else {}
    columns = (stories.c.search, stories.c.languages, stories.c.independent_outlet_count)
    found = []
    for chunk in chunks(wanted):
        query = select(stories.c.id, *columns, stories.c.article_count)
        rows = connection.execute(query.where(stories.c.id.in_(chunk), stories.c.status == "live"))
        found += [Candidate(*row, frozenset(covered.get(row[0], ()))) for row in rows]
    return found


def _covered(
    connection: Connection, story_ids: Sequence[str], outlets: Collection[str]
) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    joined = members.c.article_id == articles.c.id
    for chunk in chunks(story_ids):
        query = select(members.c.story_id, articles.c.outlet).join(articles, joined).distinct()
        inside = members.c.story_id.in_(chunk), articles.c.outlet.in_(outlets)
        for story_id, outlet in connection.execute(query.where(*inside)):
            found.setdefault(story_id, set()).add(outlet)
    return found


def known(connection: Connection, story_ids: Iterable[str]) -> dict[tuple[str, str], MatchRecord]:
    """What is known of these stories: by search and story."""
    found: dict[tuple[str, str], MatchRecord] = {}
    for chunk in chunks(story_ids):
        rows = connection.execute(select(*_MATCH).where(search_matches.c.story_id.in_(chunk)))
        found |= {(row.search_id, row.story_id): MatchRecord(*row) for row in rows}
    return found


def note(connection: Connection, matches: Iterable[MatchRecord]) -> None:
    """Keep new matches."""
    rows = [tuple(getattr(match, name) for name in _NAMES) for match in matches]
    insert_many(connection, search_matches, _NAMES, rows)


def matches_of(
    connection: Connection, search_id: str, after: Sequence[Any] | None, limit: int
) -> list[MatchRecord]:
    """Live stories that match, or once matched, a search; newest match first."""
    query = select(*_MATCH).join(stories, stories.c.id == search_matches.c.story_id)
    query = query.where(search_matches.c.search_id == search_id, stories.c.status == "live")
    if after is not None:
        at, story_id = after
        same = and_(search_matches.c.at == at, search_matches.c.story_id < story_id)
        query = query.where(or_(search_matches.c.at < at, same))
    newest = search_matches.c.at.desc(), search_matches.c.story_id.desc()
    return [MatchRecord(*row) for row in connection.execute(query.order_by(*newest).limit(limit))]
