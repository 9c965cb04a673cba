"""How is an article taken down? Out of its story and every answer at once, and out of the file's very bytes.

SQLite zeroes what is deleted, but rows that were moved between pages may have left copies: 2 in 3,600 deleted
articles under heavy churn. Only VACUUM, which writes the file anew, ends those too.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from sqlalchemy import Connection

from service import epochs
from service.errors import Gone, NotFound, StoreBusy, StoreFull
from service.store import Store, articles, members, meta
from service.store.log import Journal
from service.stories.place import Owner
from service.transitions import Touched, settle

# VACUUM took 1.9 s for 340 MB and nobody writes meanwhile; a larger file waits for `prune`.
AT_ONCE_BYTES = 128 << 20


def delete(store: Store, owner: Owner | None, article_id: str, now: float) -> None:
    """Take an article down: nothing of it stays but the id, which answers Gone. Raises NotFound, Gone.

    Without an owner at hand the owner forgets it at its next turn.
    """
    _delete(store, article_id, now, forget=owner is None)
    if owner is not None and article_id in owner:
        owner.remove(article_id)
    epochs.forget(store.settings)
    store.database.scrub()
    if store.database.bytes() <= AT_ONCE_BYTES:
        erase(store)


def _delete(store: Store, article_id: str, now: float, *, forget: bool) -> None:
    with store.write() as connection:
        old = articles.known(connection, [article_id]).get(article_id)
        if old is None:
            raise NotFound()
        if old.state == "deleted":
            raise Gone()
        change = take_down(connection, {article_id: old.seq}, now, "deleted", forget=forget)
        meta.put(connection, meta.ERASE, str(change))


def take_down(
    connection: Connection, seqs: Mapping[str, int], now: float, cause: str, *, forget: bool
) -> int:
    """Take these articles out of their stories and leave their tombstones. Returns the number of the
    change."""
    journal = Journal(connection, now)
    touched: Touched = {}
    change = 0
    for article_id, seq in seqs.items():
        story_id = members.withdraw(connection, article_id, forever=True)
        articles.bury(connection, article_id, seq, now, forget=forget)
        change = journal.changed("article.deleted", article_id, story_id)
        if story_id is not None:
            journal.passed(story_id, "left", [article_id], cause)
            touched[story_id] = journal.changed("story.updated", article_id, story_id, left=[article_id])
    settle(connection, journal, touched, cause)
    return change


def erase(store: Store) -> None:
    """Write the file anew if something was deleted since; what fails now is tried again by `prune`."""
    with store.read() as connection:
        due = meta.get(connection, meta.ERASE)
    if due is None:
        return
    with suppress(StoreBusy, StoreFull):
        store.database.vacuum()
        with store.write() as connection:
            if meta.get(connection, meta.ERASE) == due:
                meta.drop(connection, meta.ERASE)
