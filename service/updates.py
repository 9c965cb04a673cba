"""Which reports are updates: later versions of a report that the same outlet sent under another id?

A new version under the same id takes the old one's place; a page that an outlet publishes anew, corrected or
with more in it, comes as another article and is told apart from what others copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import Connection

from service.model import Evidence, Link
from service.store import articles
from service.store.articles import Appearance
from service.store.members import Membership

KEPT = 0.5  # of the earlier report that stands in its update
TEXTUAL = {"near_duplicate", "shared_passages"}


def told_apart(
    connection: Connection, memberships: Sequence[Membership], links: Iterable[Link]
) -> Sequence[Membership]:
    """The memberships, with the relation of those that are updates of what they are linked to. `links` has
    the evidence."""
    asked = {(m.article_id, m.linked_to) for m in memberships if m.linked_to and m.relation in TEXTUAL}
    if not asked:
        return memberships
    kept = {pair for link in links for pair in _repeating(link) if pair in asked}
    appearances = articles.appearances(connection, {id for pair in kept for id in pair})
    return [
        m._replace(relation="update_of")
        if (m.article_id, m.linked_to) in kept and _later(appearances, m.article_id, m.linked_to or "")
        else m
        for m in memberships
    ]


def _repeating(link: Link) -> Iterator[tuple[str, str]]:
    """(one, other) where one report has most of the other."""
    evidence: Evidence = link.evidence
    if evidence.containment_b >= KEPT:
        yield link.a, link.b
    if evidence.containment_a >= KEPT:
        yield link.b, link.a


def _later(appearances: dict[str, Appearance], article_id: str, other: str) -> bool:
    """Whether the outlet of one report published the other before."""
    one, earlier = appearances.get(article_id), appearances.get(other)
    if one is None or earlier is None or not one.outlet or one.outlet != earlier.outlet:
        return False
    if one.published_at is None or earlier.published_at is None:
        return one.arrived_at > earlier.arrived_at
    return (one.published_at, one.arrived_at) > (earlier.published_at, earlier.arrived_at)
