"""How does the owner decide a batch? Its memory follows the store first, then takes the articles in turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from service.model import Placement
from service.store import articles, members
from service.store.queue import Queued
from service.stories.place import Owner
from service.transitions import Decided


def forget_departed(connection: Connection, owner: Owner) -> None:
    """Take out of the window what left its story while the owner was not looking."""
    for article_id in articles.to_forget(connection):
        if article_id in owner:
            owner.remove(article_id)


def decide_all(connection: Connection, owner: Owner, batch: Sequence[Queued]) -> list[Decided]:
    """The owner's decisions for a batch, in its order."""
    versions = [queued for queued in batch if queued.story_id is not None]
    alone = members.only_members(connection, [queued.article.article_id for queued in versions])
    joined: set[str] = set()
    decided = []
    for queued in batch:
        old = (
            queued.story_id if queued.article.article_id in alone and queued.story_id not in joined else None
        )
        placement = _decide(owner, queued, old)
        joined.add(placement.story_id)
        decided.append((queued, placement))
    return decided


def _decide(owner: Owner, queued: Queued, own_story: str | None) -> Placement:
    """Place one article. A new version that founds a story keeps the id of the one it had to itself."""
    article_id = queued.article.article_id
    if article_id in owner:
        owner.remove(article_id)
    placement = owner.place(queued.article)
    if own_story is not None and placement.founded:
        owner.rename(placement.story_id, own_story)
        return replace(placement, story_id=own_story, founded=False)
    return placement
