"""How often did people correct the algorithm, and which kind of evidence had led it astray?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from service.model import Kind
from service.store import Store, decisions, members


@dataclass(frozen=True, slots=True)
class Corrected:
    """One kind of evidence: the members that are in their story by it, the decisions that parted what it had
    joined, and how many of those were undone."""

    kind: Kind
    members: int
    corrected: int
    undone: int


@dataclass(frozen=True, slots=True)
class Drift:
    """missed: decisions that put together what had been apart. indirect: that parted what no link had joined
    directly. agreed: that found the stories as they wanted them. Each with those that were undone left
    out."""

    kinds: list[Corrected]
    missed: int
    indirect: int
    agreed: int
    undone: int


def drift(store: Store) -> Drift:
    """Count people's decisions by what they corrected."""
    with store.read() as connection:
        tally, joined = decisions.tally(connection), members.joined_by(connection)
    kinds = [
        Corrected(kind, joined.get(kind, 0), tally.get((kind, False), 0), tally.get((kind, True), 0))
        for kind in get_args(Kind)
    ]
    missed, indirect, agreed = (tally.get((what, False), 0) for what in ("missed", "story", "nothing"))
    undone = sum(number for (_, taken_back), number in tally.items() if taken_back)
    return Drift(kinds, missed, indirect, agreed, undone)
