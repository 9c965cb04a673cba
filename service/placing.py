"""How does the owner decide a batch? Its memory follows the store first, then takes the articles in turn.

Deciding holds no lock. If an article of the batch, or one the owner knew, was deleted or replaced
meanwhile, the batch was overtaken: what was decided is taken back and decided anew.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

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
    versions of articles that have a story to themselves, or are in one that has closed."""

    departed: Sequence[str]
    batch: Sequence[Waiting]
    alone: Collection[str]
    closed: Collection[str]


def next_turn(connection: Connection, limit: int, since: float, handover: Handover, after: int = 0) -> Turn:
    """Read the owner's next turn; `since`, `handover` and `after` are for `queue.waiting`."""
    batch = queue.waiting(connection, limit, since, handover, after)
    versions = [queued.article.article_id for queued in batch if queued.story_id is not None]
    alone, closed = members.only_members(connection, versions), members.in_closed(connection, versions)
    return Turn(articles.to_forget(connection), batch, alone, closed)


def overtaken(connection: Connection, turn: Turn) -> bool:
    """Whether the store has moved on since the turn was read."""
    seqs = [queued.seq for queued in turn.batch]
    waiting = queue.still(connection, seqs, "prepared")
    return len(waiting) < len(seqs) or articles.to_forget(connection) != turn.departed


def stands_alone(owner: Owner, turn: Turn) -> bool:
    """Whether a turn has articles to place, and none that anything in the store or the window is about."""
    return bool(turn.batch) and not turn.departed and not any(_known(owner, queued) for queued in turn.batch)


def forget(owner: Owner, article_ids: Collection[str]) -> None:
    """Take articles out of the window."""
    for article_id in article_ids:
        if article_id in owner:
            owner.remove(article_id)


def decide_all(owner: Owner, turn: Turn) -> list[Decided]:
    """The owner's decisions for a turn, in its order."""
    forget(owner, turn.departed)
    taken: set[str] = set()
    decided: list[Decided] = []
    for again, run in groupby(turn.batch, lambda queued: _known(owner, queued)):
        for queued in run if again else ():
            if queued.article.article_id in turn.closed and queued.story_id is not None:
                decided.append((queued, _where_it_was(queued, queued.story_id)))
                continue
            keeps = queued.article.article_id in turn.alone and queued.story_id not in taken
            decided.append((queued, _decide_again(owner, queued, queued.story_id if keeps else None)))
            taken |= _named(decided[-1:])
        if not again:
            new = list(run)
            placements = owner.place(*(queued.article for queued in new))
            decided += zip(new, placements, strict=True)
            taken |= _named(decided[-len(new) :])
    return decided


def _known(owner: Owner, queued: Waiting) -> bool:
    """Whether an article is a new version of one that is in a story, or that the owner still has."""
    return queued.story_id is not None or queued.article.article_id in owner


def _named(decided: Sequence[Decided]) -> set[str]:
    """The stories that decisions were about."""
    stories = {placement.story_id for _, placement in decided}
    return stories | {change.story_id for _, placement in decided for change in placement.changes}


def take_back(owner: Owner, decided: Sequence[Decided], story_of: Mapping[str, str]) -> None:
    """Undo placements: stories as they were before, the articles out of the window. `story_of` says where
    those were that people decided about."""
    for _, placement in reversed(decided):
        for change in reversed(placement.changes):
            if change.transition == "emerged":
                continue  # the split beside it says where its articles were
            for article_id in change.article_ids:
                owner.move(article_id, change.story_id)
    forget(owner, [placement.article_id for _, placement in decided])
    owner.homes.put_back(story_of)


def _where_it_was(queued: Waiting, story_id: str) -> Placement:
    """A new version of an article of a closed story stays there, out of the window: nothing is to join it."""
    item = queued.article
    return Placement(item.article_id, item.version, story_id, False, None, 1.0, None, (), ())


def _decide_again(owner: Owner, queued: Waiting, own_story: str | None) -> Placement:
    """Place a new version of an article. If it founds a story it keeps the id of the one it had to itself."""
    forget(owner, [queued.article.article_id])
    [placement] = owner.place(queued.article)
    if own_story is not None and placement.founded:
        owner.rename(placement.story_id, own_story)
        return replace(placement, story_id=own_story, founded=False)
    return placement
