"""In which stories were articles after all that the lineage tells? Replayed from empty, entry by entry."""

from __future__ import annotations

from collections.abc import Iterable

from service.model import Change


def replay(entries: Iterable[Change]) -> dict[str, str]:
    """The story of each article after these transitions, oldest first.

    A merged story gives away all it has: placing names those in the window alone.
    """
    members: dict[str, set[str]] = {}
    story_of: dict[str, str] = {}

    def put(article_ids: Iterable[str], story_id: str) -> None:
        for article_id in article_ids:
            if article_id in story_of:
                members[story_of[article_id]].discard(article_id)
            story_of[article_id] = story_id
            members.setdefault(story_id, set()).add(article_id)

    for story_id, transition, article_ids, other in entries:
        if transition in ("emerged", "joined"):
            put(article_ids, story_id)
        elif transition == "merged" and other is not None:
            put(list(members.get(story_id, ())), other)
        elif transition == "split" and other is not None:
            put(article_ids, other)
        elif transition == "left":
            for article_id in members.get(story_id, set()) & set(article_ids):
                members[story_id].discard(article_id)
                del story_of[article_id]
    return story_of
