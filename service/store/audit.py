"""Does the store keep its promises? Each query names what must not exist; none of them finds anything."""

from __future__ import annotations

from sqlalchemy import Connection, Select, and_, func, or_, select

from service.model import Change
from service.store.schema import articles, changes, lineage, members, sketches, stories, texts
from service.stories.replay import replay

_COUNTED = (
    select(members.c.story_id, func.count().label("number")).group_by(members.c.story_id).subquery("counted")
)

# A new version keeps the place of the old one until it is placed itself.
_MAY_BELONG = or_(
    articles.c.state == "placed", and_(articles.c.state.in_(("received", "prepared")), articles.c.version > 1)
)

FAULTS: dict[str, Select[int]] = {
    "placed articles are in no story": select(func.count())
    .select_from(articles.outerjoin(members, members.c.article_id == articles.c.id))
    .where(articles.c.state == "placed", members.c.article_id.is_(None)),
    "articles are in a story before they were placed": select(func.count())
    .select_from(articles.join(members, members.c.article_id == articles.c.id))
    .where(~_MAY_BELONG),
    "articles are in a story that is not live": select(func.count())
    .select_from(members.join(stories, stories.c.id == members.c.story_id))
    .where(stories.c.status != "live"),
    "stories count their articles wrongly": select(func.count())
    .select_from(stories.outerjoin(_COUNTED, _COUNTED.c.story_id == stories.c.id))
    .where(stories.c.article_count != func.coalesce(_COUNTED.c.number, 0)),
    "live stories have no article": select(func.count()).where(
        stories.c.status == "live", stories.c.article_count == 0
    ),
    "merged stories lead nowhere": select(func.count()).where(
        stories.c.status == "merged", stories.c.merged_into.is_(None)
    ),
    "articles have lost their text": select(func.count())
    .select_from(articles.outerjoin(texts, texts.c.seq == articles.c.seq))
    .where(articles.c.state != "deleted", texts.c.seq.is_(None)),
    "prepared articles have no sketch": select(func.count())
    .select_from(articles.outerjoin(sketches, sketches.c.seq == articles.c.seq))
    .where(articles.c.state.in_(("prepared", "placed")), sketches.c.seq.is_(None)),
    "deleted articles have kept text": select(func.count())
    .select_from(articles.join(texts, texts.c.seq == articles.c.seq))
    .where(articles.c.state == "deleted"),
    "numbers are missing in the change log": select(
        func.coalesce(func.max(changes.c.seq), 0) - func.count()
    ).select_from(changes),
}


def audit(connection: Connection) -> list[str]:
    """What is wrong with the data, in words; empty when every promise is kept."""
    found = [(connection.execute(query).scalar_one(), fault) for fault, query in FAULTS.items()]
    faults = [f"{number} {fault}" for number, fault in found if number]
    return faults + _circles(connection) + _untold(connection)


def _untold(connection: Connection) -> list[str]:
    """The lineage, replayed from empty, ends with the stories that are."""
    columns = (lineage.c.story_id, lineage.c.transition, lineage.c.article_ids, lineage.c.other_story_id)
    told = replay(Change(*row) for row in connection.execute(select(*columns).order_by(lineage.c.seq)))
    known = {row[0]: row[1] for row in connection.execute(select(members.c.article_id, members.c.story_id))}
    wrong = sum(told.get(id) != known.get(id) for id in told.keys() | known.keys())
    return [f"{wrong} articles are not in the story that the lineage tells"] if wrong else []


def _circles(connection: Connection) -> list[str]:
    rows = connection.execute(select(stories.c.id, stories.c.merged_into).where(stories.c.status == "merged"))
    into = {row[0]: row[1] for row in rows}
    return [f"story {story_id} is merged into itself" for story_id in into if _returns(story_id, into)]


def _returns(story_id: str, into: dict[str, str | None]) -> bool:
    target, steps = into.get(story_id), 0
    while target is not None and target != story_id and steps <= len(into):
        target, steps = into.get(target), steps + 1
    return target is not None
