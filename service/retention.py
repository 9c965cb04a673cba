"""When does a story close, and when is an article let go? By time without news, by age, by number.

A closed story stays readable, and nothing joins it: what recurs is another story. Of an article that is let
go the id stays, which answers Gone; of its story the lineage.
"""

from __future__ import annotations

from contextlib import suppress

from service.errors import StoreBusy, StoreFull
from service.placing import forget
from service.store import Store, articles, leases, members, stories
from service.store.log import Journal
from service.stories.place import Owner
from service.takedown import take_down

DAY = 86_400.0
AT_ONCE = 1000  # stories or articles in one transaction: some tenths of a second


def close_stories(store: Store, owner: Owner, now: float, token: int | None = None) -> list[str]:
    """Close stories of which nothing was reported for `close_days`; returns them, a part of all: call again
    until there is none. Their articles leave the window. Raises LeaseLost."""
    days = store.settings.close_days
    if not days:
        return []
    with store.write() as connection:
        leases.fence(connection, token)
        closing = stories.without_news(connection, now - days * DAY, AT_ONCE)
        journal = Journal(connection, now)
        changes = {}
        for story_id in closing:
            journal.passed(story_id, "closed", [], "time")
            changes[story_id] = journal.changed("story.closed", story_id=story_id)
        stories.close(connection, changes, now)
        journal.flush()
        inside = members.in_stories(connection, closing)
    forget(owner, inside)
    return closing


def retire(store: Store, owner: Owner | None, now: float, days: float, most: int) -> list[str]:
    """Delete articles that arrived over `days` ago and those beyond the newest `most`; 0 sets no limit.
    Returns them, a part of all: call again until none is left."""
    before = now - days * DAY if days else None
    with store.write() as connection:
        due = articles.beyond(connection, before, most or None, AT_ONCE)
        take_down(connection, due, now, "retired", forget=owner is None)
    if owner is not None:
        forget(owner, due)
    return list(due)


def give_room_back(store: Store) -> None:
    """Write the file anew without what was deleted. If it cannot be now, the room is used for what comes."""
    with suppress(StoreBusy, StoreFull):
        store.database.vacuum()
