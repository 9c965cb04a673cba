"""How does the owner decide a batch? Its memory follows the store first, then takes the articles in turn.

Deciding holds no lock. If an article of the batch, or one the owner knew, was deleted or replaced
meanwhile, the batch was overtaken: what was decided is taken back and decided anew.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from service.model import Placement
from service.store import articles, members, queue
from service.store.handover import Handover
from service.store.queue import Waiting
from service.stories.place import Owner
from service.transitions import Decided


@dataclass(frozen=True, slots=True)
class Turn:
    """What the store had for the owner: who left without its knowledge, who waits, and which of these are new
    versions of articles that have a story to themselves."""

    departed: Sequence[str]
    batch: Sequence[Waiting]
    alone: Collection[str]


def next_turn(connection: Connection, limit: int, since: float, handover: Handover) -> Turn:
    """Read the owner's next turn; `since` and `handover` are for `queue.waiting`."""
    batch = queue.waiting(connection, limit, since, handover)
    versions = [queued.article.article_id for queued in batch if queued.story_id is not None]
    return Turn(articles.to_forget(connection), batch, members.only_members(connection, versions))


def overtaken(connection: Connection, turn: Turn) -> bool:
    """Whether the store has moved on since the turn was read."""
    seqs = [queued.seq for queued in turn.batch]
    waiting = queue.still(connection, seqs, "prepared")
    return len(waiting) < len(seqs) or articles.to_forget(connection) != turn.departed


def forget(owner: Owner, article_ids: Collection[str]) -> None:
    """Take articles out of the window."""
    for article_id in article_ids:
        if article_id in owner:
            owner.remove(article_id)


def decide_all(owner: Owner, turn: Turn) -> list[Decided]:
    """The owner's decisions for a turn, in its order."""
    forget(owner, turn.departed)
    taken: set[str] = set()
    decided = []
    for queued in turn.batch:
        keeps = queued.article.article_id in turn.alone and queued.story_id not in taken
        placement = _decide(owner, queued, queued.story_id if keeps else None)
        taken.add(placement.story_id)
        taken.update(change.story_id for change in placement.changes)
        decided.append((queued, placement))
    return decided


def take_back(owner: Owner, decided: Sequence[Decided]) -> None:
    """Undo decisions: stories as they were before, the articles out of the window."""
    for _, placement in reversed(decided):
        for change in reversed(placement.changes):
            for article_id in change.article_ids:
                owner.move(article_id, change.story_id)
    forget(owner, [placement.article_id for _, placement in decided])


def _decide(owner: Owner, queued: Waiting, own_story: str | None) -> Placement:
    """Place one article. A new version that founds a story keeps the id of the one it had to itself."""
    forget(owner, [queued.article.article_id])
    placement = owner.place(queued.article)
    if own_story is not None and placement.founded:
        owner.rename(placement.story_id, own_story)
        return replace(placement, story_id=own_story, founded=False)
    return placement
