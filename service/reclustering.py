"""How is the window grouped anew? Asked for, computed from a snapshot beside the live path, applied.

Between snapshot and applying the world moves on: what came, went or changed in the meantime is carried along.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sqlalchemy import Connection

from service import steadiness
from service.current import (
    Current,
    constraints_of,
    correcting,
    current_of,
    follow,
    homes_of,
    ignored_of,
    regroup,
)
from service.differences import difference, no_difference, what_changed
from service.epochs import Epochs
from service.errors import Conflict, NotFound
from service.model import Int64, Link, ReclusterScope, WindowArticle
from service.opening import make_sketcher, new_beginning, open_store
from service.placing import forget
from service.settings import Settings
from service.store import Store, articles, leases, members, queue, reclusters
from service.store.articles import chunks
from service.store.evidence import evidence_json, read_evidence
from service.store.records import ReclusterRecord, ReclusterState
from service.stories.constraints import Constraints
from service.stories.ignored import Ignored
from service.stories.place import Owner
from service.stories.recluster import Cluster, canonical, in_order, with_links
from service.transitions import record_plan
from service.weights import model_of

if TYPE_CHECKING:
    from service.stories.lineage import Plan

DAY = 86_400.0
GUARDED_FROM = 50  # articles: of few articles, a single story that merges is a large share
Clock = Callable[[], float]


def request_recluster(
    store: Store,
    dry_run: bool,
    now: float,
    token: int | None = None,
    scope: ReclusterScope = "window",
    *,
    steady: bool = False,
) -> str:
    """Ask for a re-clustering; returns its id. A dry run waits for a person to apply it.

    scope: the window; its changes, where what was judged before stands until the next run of another scope;
    or the archive, all that is kept in stories that have not closed. `token` is the owner's, where it asks by
    the clock. steady: moves few articles, see `steadiness`; the rest waits for the next one. Raises
    LeaseLost.
    """
    recluster_id = f"rc-{secrets.token_hex(8)}"
    with store.write() as connection:
        leases.fence(connection, token)
        reclusters.request(connection, recluster_id, now, dry_run=dry_run, scope=scope, steady=steady)
    return recluster_id


def last_requested(store: Store, scope: ReclusterScope) -> float | None:
    """When one of this scope was last asked for."""
    with store.read() as connection:
        return reclusters.newest(connection, scope)


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
        clusters, current, planned, computed = _found(store, record)
        diff = no_difference(computed)
        if planned is not None:
            with store.read() as connection:
                diff = difference(connection, planned, current, _links(clusters), computed)
        with store.write() as connection:
            leases.fence(connection, token)
            reason = "" if record.dry_run else _too_much(diff, settings.recluster_share)
            state: ReclusterState = "held" if record.dry_run or reason else "ready"
            reclusters.supersede(connection, record.requested_at, clock())
            reclusters.change(
                connection,
                recluster_id,
                state,
                clusters=computed,
                diff=diff,
                reason=reason,
                finished_at=clock(),
            )


class _Found(NamedTuple):
    """What was computed: the groups that differ from the stories, which they touch, what applying them would
    do if anything, and what is kept of it until then."""

    clusters: list[Cluster]
    current: Current
    planned: Plan | None
    computed: dict[str, Any]


def _found(store: Store, record: ReclusterRecord) -> _Found:
    settings, model = store.settings, model_of(store.settings)
    whole = record.scope == "archive"
    since = 0.0 if whole else record.requested_at - settings.window_days * DAY
    with store.read() as connection:
        window = queue.window_stories(connection, since, settings.window_articles)
        constraints, ignored = constraints_of(connection), ignored_of(store, connection)
    ids, anew = {seq: id for seq, (id, _) in window.items()}, record.scope != "changes"
    epochs = Epochs(settings, model, make_sketcher(store).fingerprint + ignored.digest)
    view = cache(lambda: epochs.view(ids, lambda seqs: _items(store, seqs, ignored), anew=anew))
    labels = epochs.groups(ids, constraints, view, anew=anew)
    story_of = {id: story_id for id, story_id in window.values() if story_id is not None}
    restless: Sequence[tuple[str, ...]] = _restless(list(ids.values()), labels, story_of)
    beginning = new_beginning()
    with store.read() as connection:
        current = current_of(connection, [id for each in restless for id in each])
        waiting = 0
        if record.steady and restless:
            plain = [Cluster(each, ()) for each in restless]
            moved = _moved(_plan(plain, current, constraints, beginning), current)
            most = max(steadiness.LEAST, int(settings.recluster_steady * len(ids)))
            threshold = model.merge_from(len(view().ids))
            restless = steadiness.most_gaining(restless, story_of, moved, view(), threshold, most)
            current = current_of(connection, [id for each in restless for id in each])
            waiting = len(moved.keys() - current.members.keys())
    clusters = list(with_links(view(), restless, model)) if restless else []
    # What plans takes longer to load than it takes to find out that nothing has changed.
    planned = _plan(clusters, current, constraints, beginning) if clusters else None
    touched = {id for cluster in clusters for id in cluster.article_ids}
    computed = {
        "seqs": {id: seq for seq, id in ids.items() if id in touched},
        "clusters": [_cluster_json(cluster) for cluster in clusters],
        "beginning": beginning,
        "settled": {
            "articles": len(ids) - len(touched),
            "stories": int(labels.max(initial=-1)) + 1 - len(clusters),
        },
        "waiting": waiting,
        "ignored": ignored.digest,
    }
    return _Found(clusters, current, planned, computed)


def _moved(planned: Plan, current: Current) -> dict[str, str]:
    """The stories of the articles that a plan gives another one."""
    was = {id: member.story_id for id, member in current.members.items()}
    return {id: was[id] for id, story_id in planned.assignments.items() if was[id] != story_id}


def _items(store: Store, seqs: Iterable[int], ignored: Ignored) -> Iterator[WindowArticle]:
    """The articles of these places as they are compared, in the order of re-clustering, a few at a time: all
    sketches together would need more memory than the window that is made of them. Raises Conflict where one
    has gone."""
    wanted = list(seqs)
    with store.read() as connection:
        known = queue.dates_at(connection, wanted)
        _whole(known, wanted)
        for some in chunks(sorted(wanted, key=lambda seq: canonical(*known[seq]))):
            found = [queued.article for queued in queue.at_places(connection, sorted(some))]
            _whole(found, some)
            yield from in_order(map(ignored.narrowed, found))


def _whole(found: Collection[object], wanted: Collection[int]) -> None:
    if len(found) < len(wanted):
        raise Conflict("An article was deleted or replaced while the window was read: ask again.")


def _restless(ids: Sequence[str], labels: Int64, story_of: Mapping[str, str]) -> list[tuple[str, ...]]:
    """The groups that are not just what a story has in the window. labels: each article's group."""
    number: dict[str, int] = {}
    found = [number.setdefault(story_of[id], len(number)) if id in story_of else -1 for id in ids]
    stories = np.array(found, np.int64)
    there = stories >= 0
    sizes = np.bincount(stories[there], minlength=1)
    pairs, counts = np.unique(np.column_stack((labels, stories))[there], axis=0, return_counts=True)
    parts = np.bincount(pairs[:, 0], minlength=1)
    settled = (parts[pairs[:, 0]] == 1) & (counts == sizes[pairs[:, 1]])
    groups: dict[int, list[str]] = {label: [] for label in pairs[~settled, 0].tolist()}
    for place in np.flatnonzero(np.isin(labels, list(groups))).tolist():
        groups[int(labels[place])].append(ids[place])
    return sorted(tuple(sorted(each)) for each in groups.values())


def _too_much(diff: Mapping[str, Any], share: float) -> str:
    """Why a re-clustering must be looked at first; empty when it need not be."""
    moved, articles = diff["moved"], diff["articles"]
    if moved < GUARDED_FROM or moved <= share * articles:
        return ""
    return (
        f"It would move {moved} of {articles} articles to other stories, more than a share of "
        f"recluster_share = {share:g}: look at its diff and apply it by its id."
    )


def apply_recluster(
    store: Store, owner: Owner, recluster_id: str, now: float, token: int | None = None
) -> None:
    """Make the computed grouping the stories' own, as far as the world is still as it was. One that was held,
    so that a person looks at it, is applied exactly as shown or not at all.

    Raises NotFound, Conflict when it is not computed, already applied or no longer what was shown, LeaseLost.
    """
    with correcting(store, token) as connection:
        clusters, shown, computed = _computed(store, connection, recluster_id)
        departed = articles.to_forget(connection)
        articles.forgotten(connection, departed)
        constraints = constraints_of(connection)
        current = current_of(connection, [id for cluster in clusters for id in cluster.article_ids])
        planned = _plan(clusters, current, constraints, computed["beginning"])
        links = _links(clusters)
        diff = difference(connection, planned, current, links, computed)
        if shown is not None:
            changed = what_changed(shown, diff)
            if changed:
                raise Conflict(
                    f"It would do something else today than was shown: {changed}. Ask for a new one."
                )
            diff = dict(shown)
        cause = f"recluster:{recluster_id}"
        moved = record_plan(connection, planned, current.members, links, "recluster.applied", cause, now)
        members.replace_links(connection, [link for link in links if link.a in moved or link.b in moved])
        reclusters.change(connection, recluster_id, "applied", clusters=None, diff=diff, finished_at=now)
        homes = homes_of(connection)
    forget(owner, departed)
    owner.homes = homes
    follow(owner, planned, current)


def _computed(
    store: Store, connection: Connection, recluster_id: str
) -> tuple[list[Cluster], Mapping[str, Any] | None, Mapping[str, Any]]:
    """The computed clusters without the articles that went, got a new version or whose story closed since;
    the difference that a person was shown, None where nobody had to be; and what else was kept."""
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
    } - members.in_closed(connection, seqs)
    if computed.get("ignored", "") != ignored_of(store, connection).digest:
        same.clear()  # nothing holds of what was compared otherwise
    clusters = [_cluster(stored, same) for stored in computed["clusters"]]
    shown = record.diff if record.state == "held" else None
    return clusters, shown, computed


def _plan(clusters: Sequence[Cluster], current: Current, constraints: Constraints, beginning: str) -> Plan:
    """What applying the clusters would do, decisions made since they were computed included."""
    groups = _groups(clusters, current, constraints)
    return regroup(current, groups, constraints, _links(clusters), beginning=beginning)


def _links(clusters: Sequence[Cluster]) -> list[Link]:
    return [link for cluster in clusters for link in cluster.links]


def _groups(clusters: Sequence[Cluster], current: Current, constraints: Constraints) -> list[set[str]]:
    """The clusters as sets that cover every member of the touched stories.

    A member in no cluster (too old for the window, newer than the snapshot) goes where the articles go that
    it must be with, else the one that it is linked to, else with the largest part of its story, else its
    story stays as it is.
    """
    groups = [set(cluster.article_ids) & current.members.keys() for cluster in clusters]
    groups = [group for group in groups if group]
    home = {article_id: index for index, group in enumerate(groups) for article_id in group}
    for story_id in sorted(current.groups):
        _carry_along(current, current.groups[story_id], groups, home, constraints)
    return groups


def _carry_along(
    current: Current,
    story: Collection[str],
    groups: list[set[str]],
    home: dict[str, int],
    constraints: Constraints,
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
        mates = sorted(home[id] for id in constraints.bundle(article_id) if id in home)
        groups[mates[0] if mates else index].add(article_id)


def _cluster_json(cluster: Cluster) -> dict[str, Any]:
    links = [[link.a, link.b, evidence_json(link.evidence)] for link in cluster.links]
    return {"articles": cluster.article_ids, "links": links}


def _cluster(stored: Mapping[str, Any], same: Collection[str]) -> Cluster:
    links = tuple(
        Link(a, b, read_evidence(evidence)) for a, b, evidence in stored["links"] if a in same and b in same
    )
    return Cluster(tuple(id for id in stored["articles"] if id in same), links)
