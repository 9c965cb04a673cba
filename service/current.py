"""How do stories stand now, and what did people decide about them? What every regrouping begins and ends
with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import islice
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from service.model import Link
from service.opening import make_sketcher, story_ids
from service.store import Store, decisions, leases, members, queue
from service.store.records import DecisionRecord
from service.stories.constraints import Constraints, Ruling, ruling
from service.stories.homes import Homes
from service.stories.ignored import Ignored
from service.stories.mending import mend
from service.stories.place import Owner

if TYPE_CHECKING:
    from service.stories.lineage import Plan

DAY = 86_400.0
RESTORED = 500  # articles entered at once when a window is filled

Groups = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Current:
    """The stories that a regrouping touches, with all their members, in the window or not."""

    members: Mapping[str, members.Membership]
    groups: Groups


def current_of(connection: Connection, article_ids: Iterable[str], story_ids: Iterable[str] = ()) -> Current:
    """The stories of these articles, and these stories."""
    stories = {*members.story_of(connection, article_ids).values(), *story_ids}
    memberships = members.in_stories(connection, sorted(stories))
    groups: dict[str, set[str]] = {}
    for article_id, membership in memberships.items():
        groups.setdefault(membership.story_id, set()).add(article_id)
    return Current(memberships, {story: frozenset(ids) for story, ids in groups.items()})


def rulings_of(records: Sequence[DecisionRecord]) -> list[Ruling]:
    """What decisions demand, in their order."""
    return [ruling(one.id, one.kind, one.articles, one.others) for one in records]


def constraints_of(connection: Connection) -> Constraints:
    """What the decisions that hold demand of articles."""
    return Constraints(rulings_of(decisions.holding(connection)))


def homes_of(connection: Connection) -> Homes:
    """The constraints, and the stories of the articles that they name."""
    constraints = constraints_of(connection)
    return Homes(constraints, members.story_of(connection, constraints.articles()))


def ignored_of(store: Store, connection: Connection) -> Ignored:
    """What the decisions that hold leave out of account."""
    said = decisions.ignoring(connection)
    if not said:
        return Ignored()
    outlets, passages = zip(*said, strict=True)
    return Ignored(filter(None, outlets), filter(None, passages), make_sketcher(store))


def fill(store: Store, connection: Connection, owner: Owner, now: float) -> None:
    """Give an owner the window as the store knows it, in order of arrival, and what people decided."""
    owner.clear(ignored_of(store, connection))
    settings = store.settings
    window = queue.window(connection, now - settings.window_days * DAY, settings.window_articles)
    placed = ((queued.article, queued.story_id) for queued in window if queued.story_id is not None)
    while batch := list(islice(placed, RESTORED)):
        owner.restore_all(batch)
    owner.homes = homes_of(connection)


def heed(store: Store, connection: Connection, owner: Owner, now: float) -> bool:
    """Fill the window anew where something else is ignored than when it was filled, and tell whether that was
    so: which reports have a passage, the indexes do not tell."""
    if owner.ignored.digest == ignored_of(store, connection).digest:
        return False
    fill(store, connection, owner, now)
    return True


@contextmanager
def correcting(store: Store, token: int | None) -> Iterator[Connection]:
    """A transaction of the owner's that plans and regroups, which may take long. What it needs for that takes
    a second to load: not while others wait to write. Raises LeaseLost."""
    import_module("service.stories.lineage")
    with store.write(thinking=True) as connection:
        leases.fence(connection, token)
        yield connection


def broken(connection: Connection, constraints: Constraints) -> set[str]:
    """The stories that do not keep the constraints. What a decision implied may hold again once another is
    undone, for stories that neither is about."""
    story_of = members.story_of(connection, constraints.articles())
    inside: dict[str, list[str]] = {}
    for article_id, story_id in story_of.items():
        inside.setdefault(story_id, []).append(article_id)
    found = {story_id for story_id, ids in inside.items() if constraints.clash(ids, ids)}
    for bundle in constraints.bundles():
        homes = {story_of[id] for id in bundle if id in story_of}
        found |= homes if len(homes) > 1 else set()
    return found


def regroup(
    current: Current,
    groups: Iterable[Iterable[str]],
    constraints: Constraints,
    links: Iterable[Link],
    before: Groups | None = None,
    beginning: str | None = None,
) -> Plan:
    """How the current stories become these groups, mended as the constraints demand. `before` is for `plan`,
    `beginning` for `story_ids`. Loads what it needs, which whoever places does not."""
    from service.stories.lineage import plan

    ties = ((link.a, link.b, link.evidence.probability) for link in links)
    mended = [frozenset(group) for group in mend(groups, constraints, ties)]
    return plan(current.groups, mended, story_ids(beginning), before)


def follow(owner: Owner, planned: Plan, current: Current) -> None:
    """Let the owner know what was regrouped."""
    for article_id, story_id in planned.assignments.items():
        if current.members[article_id].story_id != story_id:
            owner.move(article_id, story_id)
