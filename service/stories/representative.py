"""Which member speaks for a story? One that others link to, that tells much, and that came early."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from service.model import Member

# Beyond so many words a report is not told better by being longer.
ENOUGH_WORDS = 300


def choose(members: Sequence[Member]) -> str:
    """Return the article id of the representative.

    Titled before untitled; then the one most members were linked to; then the fuller text; then the earlier
    one; then the smaller id, so that the choice depends on the members alone.

    Raises:
        ValueError: there is no member.
    """
    cited = Counter(member.linked_to for member in members if member.linked_to is not None)

    def merit(member: Member) -> tuple[bool, int, int, float, str]:
        time = member.arrived_at if member.published_at is None else member.published_at
        words = min(member.words, ENOUGH_WORDS)
        return (not member.title, -cited[member.article_id], -words, time, member.article_id)

    return min(members, key=merit).article_id
