"""How does a standby stay up to date? Its window follows the change log; it decides nothing.

What it holds after a look is what `pipeline.rebuild_owner` would read from the store.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from service.current import heed, homes_of
from service.store import Store, log, members, queue, stories
from service.store.records import ChangeRecord
from service.stories.place import Owner

PAGE = 5000  # changes read at a time
GONE = ("article.deleted", "article.rejected")
DECIDED = ("decision.made", "decision.undone")
REGROUPED = ("recluster.applied", *DECIDED)


def follow(store: Store, owner: Owner, since: int, now: float) -> int:
    """Bring the owner's memory from change `since` to the newest one, whose number is returned."""
    with store.read() as connection:
        for changes in _pages(connection, since):
            _enter(connection, owner, changes)
            _move(connection, owner, changes)
            _leave(connection, owner, changes)
            if any(change.type in DECIDED for change in changes):
                owner.homes = homes_of(connection)
                if heed(store, connection, owner, now):
                    return log.last_change(connection)
            since = changes[-1].seq
    return since


def _pages(connection: Connection, since: int) -> Iterator[list[ChangeRecord]]:
    while changes := log.changes_since(connection, since, PAGE):
        yield changes
        since = changes[-1].seq


def _enter(connection: Connection, owner: Owner, changes: Sequence[ChangeRecord]) -> None:
    """Articles that were placed; of one that is known, only a new version."""
    placed = {c.article_id: c.data["version"] for c in changes if c.type == "article.placed" and c.article_id}
    fresh = [id for id, version in placed.items() if version > 1 or id not in owner]
    for queued in queue.window_articles(connection, fresh):
        owner.remove(queued.article.article_id)
        if queued.story_id is not None:
            owner.restore(queued.article, queued.story_id)


def _move(connection: Connection, owner: Owner, changes: Sequence[ChangeRecord]) -> None:
    """Articles whose stories merged, split or were grouped anew: changes of a story that name no article."""
    if any(change.type in REGROUPED for change in changes):
        moved = members.story_of(connection, owner.stories())
    else:
        named = [change for change in changes if change.type.startswith("story.") and not change.article_id]
        found = {story for c in named for story in (c.story_id, c.data.get("other_story_id")) if story}
        moved = {id: told.story_id for id, told in members.in_stories(connection, sorted(found)).items()}
    for article_id, story_id in moved.items():
        owner.move(article_id, story_id)


def _leave(connection: Connection, owner: Owner, changes: Sequence[ChangeRecord]) -> None:
    """Articles that are in no story any more, and those of stories that closed for want of news."""
    left = {c.article_id for c in changes if c.type in GONE and c.article_id}
    left.update(id for change in changes for id in change.data.get("left", ()))
    left -= members.story_of(connection, left).keys()
    named = {c.story_id for c in changes if c.type == "story.closed" and c.story_id}
    left.update(members.in_stories(connection, sorted(stories.closed(connection, named))))
    for article_id in left:
        owner.remove(article_id)
