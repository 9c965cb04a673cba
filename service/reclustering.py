"""How is the window grouped anew? Asked for, computed from a snapshot beside the live path, applied.

Between snapshot and applying the world moves on: what came, went or changed in the meantime is carried along.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from service.errors import Conflict, NotFound
from service.model import Link
from service.opening import open_store, story_ids
from service.placing import forget
from service.settings import Settings
from service.store import Store, articles, leases, members, queue, reclusters
from service.store.evidence import evidence_json, read_evidence
from service.store.records import ReclusterState
from service.stories.place import Owner
from service.stories.recluster import Cluster, recluster
from service.transitions import record_plan
from service.weights import model_of

if TYPE_CHECKING:
    from service.stories.lineage import Plan

DAY = 86_400.0
Clock = Callable[[], float]
Groups = Mapping[str, frozenset[str]]


def request_recluster(store: Store, dry_run: bool, now: float, token: int | None = None) -> str:
    """Ask for a re-clustering of the window; returns its id. A dry run waits for a person to apply it.

    `token` is the owner's, where it asks by the clock. Raises LeaseLost.
    """
    recluster_id = f"rc-{secrets.token_hex(8)}"
    with store.write() as connection:
        leases.fence(connection, token)
        reclusters.request(connection, recluster_id, now, dry_run=dry_run)
    return recluster_id


def fail_recluster(
    store: Store, recluster_id: str, reason: str, now: float, token: int | None = None
) -> None:
    """Note that it was not computed, and why; the stories stand as they were. Raises LeaseLost."""
    with store.write() as connection:
        leases.fence(connection, token)
        reclusters.change(connection, recluster_id, "failed", reason=reason, finished_at=now)


def compute_recluster(
    settings: Settings, recluster_id: str, clock: Clock = time.time, token: int | None = None
) -> None:
    """Compute what was asked for, in a process of its own. Raises NotFound, Conflict, LeaseLost.

    `token` is that of the owner it computes for: what outlives its owner must not write over the next one's.
    """
    with open_store(settings, create=False) as store:
        record = store.recluster(recluster_id)
        if record.state not in ("requested", "computing"):
            raise Conflict(f"The re-clustering is {record.state}.")
        with store.write() as connection:
            leases.fence(connection, token)
            reclusters.change(connection, recluster_id, "computing", started_at=clock())
        with store.read() as connection:
            since = record.requested_at - settings.window_days * DAY
            items = list(queue.window(connection, since, settings.window_articles))
            current = _current(connection, [item.article.article_id for item in items])
        clusters = recluster([item.article for item in items], model_of(settings), settings)
        planned = _plan(clusters, current)
        computed = {
            "seqs": {item.article.article_id: item.seq for item in items},
            "clusters": [_cluster_json(cluster) for cluster in clusters],
        }
        state: ReclusterState = "held" if record.dry_run else "ready"
        with store.write() as connection:
            leases.fence(connection, token)
            reclusters.change(
                connection,
                recluster_id,
                state,
                clusters=computed,
                diff=_diff(current.groups, planned),
                finished_at=clock(),
            )


def apply_recluster(
    store: Store, owner: Owner, recluster_id: str, now: float, token: int | None = None
) -> None:
    """Make the computed grouping the stories' own, as far as the world is still as it was.

    Raises NotFound, Conflict when it is not computed or already applied, LeaseLost.
    """
    with store.write(thinking=True) as connection:
        leases.fence(connection, token)
        clusters = _computed(connection, recluster_id)
        departed = articles.to_forget(connection)
        articles.forgotten(connection, departed)
        current = _current(connection, [id for cluster in clusters for id in cluster.article_ids])
        planned = _plan(clusters, current)
        links = [link for cluster in clusters for link in cluster.links]
        record_plan(connection, planned, current.members, links, f"recluster:{recluster_id}", now)
        diff = _diff(current.groups, planned)
        reclusters.change(connection, recluster_id, "applied", clusters=None, diff=diff, finished_at=now)
    forget(owner, departed)
    for article_id, story_id in planned.assignments.items():
        if current.members[article_id].story_id != story_id and article_id in owner:
            owner.move(article_id, story_id)


@dataclass(frozen=True)
class Current:
    """The stories that a re-clustering touches, with all their members, in its snapshot or not."""

    members: Mapping[str, members.Membership]
    groups: Groups


def _current(connection: Connection, article_ids: Sequence[str]) -> Current:
    stories = set(members.story_of(connection, article_ids).values())
    memberships = members.in_stories(connection, stories)
    groups: dict[str, set[str]] = {}
    for article_id, membership in memberships.items():
        groups.setdefault(membership.story_id, set()).add(article_id)
    return Current(memberships, {story: frozenset(ids) for story, ids in groups.items()})


def _computed(connection: Connection, recluster_id: str) -> list[Cluster]:
    """The computed clusters without the articles that went or got a new version since."""
    record = reclusters.get(connection, recluster_id)
    if record is None:
        raise NotFound()
    if record.state not in ("ready", "held"):
        raise Conflict(f"The re-clustering is {record.state}.")
    computed = reclusters.clusters(connection, recluster_id)
    seqs: dict[str, int] = computed["seqs"]
    known = articles.known(connection, seqs)
    same = {
        id for id, seq in seqs.items() if id in known and known[id].seq == seq and known[id].state == "placed"
    }
    return [_cluster(stored, same) for stored in computed["clusters"]]


def _plan(clusters: Sequence[Cluster], current: Current) -> Plan:
    """What applying the clusters would do. Loads what it needs, which whoever places does not."""
    from service.stories.lineage import plan

    return plan(current.groups, _groups(clusters, current), story_ids())


def _groups(clusters: Sequence[Cluster], current: Current) -> list[frozenset[str]]:
    """The clusters as sets that cover every member of the touched stories.

    A member in no cluster (too old for the window, newer than the snapshot) goes where the article goes that
    it is linked to, else with the largest part of its story, else its story stays as it is.
    """
    groups = [set(cluster.article_ids) & current.members.keys() for cluster in clusters]
    groups = [group for group in groups if group]
    home = {article_id: index for index, group in enumerate(groups) for article_id in group}
    for story_id in sorted(current.groups):
        _carry_along(current, current.groups[story_id], groups, home)
    return [frozenset(group) for group in groups]


def _carry_along(
    current: Current, story: Collection[str], groups: list[set[str]], home: dict[str, int]
) -> None:
    parts = Counter(home[id] for id in story if id in home)
    # Equal parts: the one with the smaller id, so that the outcome depends on the articles alone.
    largest = min(parts, key=lambda part: (-parts[part], min(groups[part])), default=None)
    if largest is None:
        groups.append(set())
        largest = len(groups) - 1
    for article_id in sorted(id for id in story if id not in home):
        linked_to = current.members[article_id].linked_to
        index = home[linked_to] if linked_to in home and linked_to in story else largest
        groups[index].add(article_id)


def _diff(before: Groups, planned: Plan) -> dict[str, Any]:
    """What applying changes: counts, and the transitions one by one."""
    was = {article_id: story_id for story_id, ids in before.items() for article_id in ids}
    moved = sorted(id for id, story_id in planned.assignments.items() if was.get(id) != story_id)
    return {
        "articles": len(planned.assignments),
        "stories_before": len(before),
        "stories_after": len(set(planned.assignments.values())),
        "moved": len(moved),
        "transitions": [
            {
                "story_id": change.story_id,
                "transition": change.transition,
                "article_ids": list(change.article_ids),
                "other_story_id": change.other_story_id,
            }
            for change in planned.transitions
        ],
    }


def _cluster_json(cluster: Cluster) -> dict[str, Any]:
    links = [[link.a, link.b, evidence_json(link.evidence)] for link in cluster.links]
    return {"articles": cluster.article_ids, "links": links}


def _cluster(stored: Mapping[str, Any], same: Collection[str]) -> Cluster:
    links = tuple(
        Link(a, b, read_evidence(evidence)) for a, b, evidence in stored["links"] if a in same and b in same
    )
    return Cluster(tuple(id for id in stored["articles"] if id in same), links)
