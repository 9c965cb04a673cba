"""How do decisions reach the store? Memberships, links, lineage and change log, kept in step."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from service import updates
from service.model import Change, Link, Member, Placement
from service.store import members, queue, stories
from service.store.log import Journal
from service.store.members import Listed, Membership
from service.store.queue import Waiting
from service.stories.judge import relation_of

if TYPE_CHECKING:
    from service.stories.lineage import Plan

# The stories of a transaction that must be counted anew, each with the number of the last change to it.
Touched = dict[str, int]
Decided = tuple[Waiting, Placement]


def settle(
    connection: Connection,
    journal: Journal,
    touched: Touched,
    cause: str,
    new: Collection[str] = (),
    merged: Sequence[tuple[str, str]] = (),
    at_hand: Mapping[str, Sequence[Listed]] = MappingProxyType({}),
) -> None:
    """End a transaction: make new stories, note which `merged` into which, close those without articles,
    count all anew, write the log.

    Stories are counted by their members `at_hand`; those of the others are read.
    """
    stories.merge(connection, [pair for pair in merged if pair[0] not in new])
    perhaps_empty = [id for id in touched if not at_hand.get(id)]
    _close(connection, journal, touched, cause, [id for id in perhaps_empty if id not in new])
    stories.recount(connection, touched, new, journal.now, at_hand)
    stories.merge(connection, [pair for pair in merged if pair[0] in new])
    # One that split off may have had no article but those whose new versions were placed elsewhere.
    closed = _close(connection, journal, touched, cause, [id for id in perhaps_empty if id in new])
    stories.recount(connection, {id: touched[id] for id in closed}, (), journal.now, at_hand)
    journal.flush()


def _close(
    connection: Connection, journal: Journal, touched: Touched, cause: str, story_ids: Sequence[str]
) -> list[str]:
    """Close those of these stories that have no article; returns them."""
    closed = stories.close_empty(connection, story_ids)
    for story_id in closed:
        journal.passed(story_id, "closed", [], cause)
        touched[story_id] = journal.changed("story.closed", story_id=story_id)
    return closed


def record_placements(connection: Connection, decided: Sequence[Decided], now: float) -> None:
    """Write what the owner decided for a batch."""
    journal = Journal(connection, now)
    touched: Touched = {}
    _leave(connection, journal, touched, decided)
    links = [link for _, placement in decided for link in placement.links]
    joining = [_membership(placement) for _, placement in decided]
    members.join(connection, updates.told_apart(connection, joining, links))
    members.add_links(connection, [link for _, p in decided for link in (*p.links, *p.near_misses)])
    queue.mark_placed(connection, [queued.seq for queued, _ in decided], now)
    split_off: set[str] = set()  # old versions of articles that are still to come
    for queued, placement in decided:
        _note(journal, touched, queued, placement, again=placement.article_id in split_off)
        for change in placement.changes:
            _note_change(journal, touched, change, "placed")
            split_off |= set(change.article_ids)
    changes = [change for _, placement in decided for change in placement.changes]
    listed = _founded(decided, changes)
    placements = [placement for _, placement in decided]
    listed |= _carry_out(connection, placements, changes, touched.keys() - listed.keys())
    # Where a person's decision puts an article, nothing links it.
    stories.reopen(connection, {p.story_id for q, p in decided if not p.founded and _put_by_hand(q, p)})
    new = {p.story_id for _, p in decided if p.founded}
    new |= {change.story_id for change in changes if change.transition == "emerged"}
    settle(connection, journal, touched, "placed", new, _merged(changes), listed)


def _put_by_hand(queued: Waiting, placement: Placement) -> bool:
    return placement.linked_to is None and queued.story_id != placement.story_id


def _merged(changes: Iterable[Change]) -> list[tuple[str, str]]:
    """The stories that merged, each with the one it merged into."""
    return [(c.story_id, c.other_story_id) for c in changes if c.transition == "merged" and c.other_story_id]


def _carry_out(
    connection: Connection,
    placements: Sequence[Placement],
    changes: Sequence[Change],
    story_ids: Iterable[str],
) -> dict[str, list[Listed]]:
    """Move members where stories merged or split. Returns the members of these stories, which are all that
    were touched, as they are then. One whose link leads out of its story in the end is linked to nobody."""
    found = members.listed(connection, story_ids)
    was = {member.article_id: story_id for story_id, (member, _) in found}
    now = _moved(was, placements)
    members.put(connection, [(id, story_id) for id, story_id in now.items() if was[id] != story_id])
    named = {story for change in changes for story in (change.story_id, change.other_story_id)}
    known = {
        m.article_id: Membership(m.article_id, now[m.article_id], m.relation, 1.0, m.linked_to)
        for _, (m, _) in found
        if now[m.article_id] in named
    }
    stories_now = {id: member.story_id for id, member in known.items()}
    uprooted = {member.article_id: member for member in _reassigned(stories_now, known, ())}
    members.reassign(connection, list(uprooted.values()))
    listed: dict[str, list[Listed]] = {}
    for _, (member, search) in found:
        if member.article_id in uprooted:
            member = member._replace(relation=None, linked_to=None)
        listed.setdefault(now[member.article_id], []).append((member, search))
    return listed


def _moved(was: Mapping[str, str], placements: Sequence[Placement]) -> dict[str, str]:
    """The stories of these articles after the changes, one after the other: no article joins a story that
    merged before. All of a story's articles merge, also those that have left the window. A story that splits
    before an article of the batch is placed means its old version, which has left."""
    now = dict(was)
    if not any(placement.changes for placement in placements):
        return now
    members_of: dict[str, list[str]] = {}
    for article_id, story_id in was.items():
        members_of.setdefault(story_id, []).append(article_id)
    to_come = {placement.article_id for placement in placements}
    for placement in placements:
        to_come.discard(placement.article_id)
        for story_id, transition, article_ids, other in placement.changes:
            if other is None or transition not in ("merged", "split"):
                continue
            all_of = members_of.pop(story_id, [])
            named = {id for id in article_ids if id in now and id not in to_come}
            moving = all_of if transition == "merged" else sorted(named)
            members_of.setdefault(other, []).extend(moving)
            if transition == "split":
                members_of[story_id] = [id for id in all_of if id not in named]
            now |= dict.fromkeys(moving, other)
    return now


def _leave(connection: Connection, journal: Journal, touched: Touched, decided: Sequence[Decided]) -> None:
    """An article's new version takes the old one out of its story first."""
    for queued, placement in decided:
        if queued.story_id is None:
            continue
        article_id = placement.article_id
        members.withdraw(connection, article_id)
        if queued.story_id != placement.story_id:
            journal.passed(queued.story_id, "left", [article_id], "reversioned", placement.story_id)
            touched[queued.story_id] = journal.changed(
                "story.updated", article_id, queued.story_id, left=[article_id]
            )


def _founded(decided: Sequence[Decided], changes: Sequence[Change]) -> dict[str, list[Listed]]:
    """The stories that this batch founds, with their members, none of which was there before. Those that
    merge or split at once are left out."""
    named = {story for change in changes for story in (change.story_id, change.other_story_id)}
    founded: dict[str, list[Listed]] = {
        p.story_id: [] for _, p in decided if p.founded and p.story_id not in named
    }
    for queued, placement in decided:
        if placement.story_id in founded:
            founded[placement.story_id].append((_member(queued, placement), queued.search))
    return founded


def _member(queued: Waiting, placement: Placement) -> Member:
    item, link = queued.article, (placement.relation, placement.linked_to)
    said = (item.article_id, item.outlet, queued.title, item.lang, queued.words)
    return Member(*said, *link, item.published_at, queued.first_arrived_at)


def _membership(placement: Placement) -> Membership:
    p = placement
    return Membership(p.article_id, p.story_id, p.relation, p.score, p.linked_to)


def _note(journal: Journal, touched: Touched, queued: Waiting, placement: Placement, *, again: bool) -> None:
    """Note a placement; `again` says that the batch moved the article's old version elsewhere before."""
    article_id, story_id = placement.article_id, placement.story_id
    journal.changed("article.placed", article_id, story_id, version=placement.version)
    if placement.founded:
        journal.passed(story_id, "emerged", [article_id], "placed")
        touched[story_id] = journal.changed("story.emerged", article_id, story_id)
        return
    if queued.story_id != story_id or again:
        journal.passed(story_id, "joined", [article_id], "placed")
    touched[story_id] = journal.changed("story.updated", article_id, story_id, joined=[article_id])


def record_plan(
    connection: Connection,
    planned: Plan,
    before: Mapping[str, Membership],
    links: Sequence[Link],
    event: str,
    cause: str,
    now: float,
) -> set[str]:
    """Write what a re-clustering or a person decided; `before` has the memberships of its articles, by
    arrival. Stories that had merged or closed and get articles back are live again.

    The log ends with `event`. Returns the articles that have another story or another link into theirs.
    """
    journal = Journal(connection, now)
    changed = updates.told_apart(connection, list(_reassigned(planned.assignments, before, links)), links)
    members.reassign(connection, changed)
    touched: Touched = {}
    for change in planned.transitions:
        _note_change(journal, touched, change, cause)
    journal.changed(event, id=cause.partition(":")[2], moved=len(changed))
    new = set(planned.assignments.values()) - {membership.story_id for membership in before.values()}
    new -= stories.revive(connection, sorted(new))
    stories.reopen(connection, {member.story_id for member in changed} - new)
    settle(connection, journal, touched, cause, new, _merged(planned.transitions))
    return {membership.article_id for membership in changed}


def titles_after(
    connection: Connection, planned: Plan, before: Mapping[str, Membership], links: Sequence[Link]
) -> list[tuple[str, str, str]]:
    """The stories to which a plan would give another title: (story, title now, title then)."""
    involved = {story for change in planned.transitions for story in (change.story_id, change.other_story_id)}
    kept = {member.story_id for member in before.values()} & involved
    sources = {before[id].story_id for id, story_id in planned.assignments.items() if story_id in kept}
    changed = {member.article_id: member for member in _reassigned(planned.assignments, before, links)}
    then: dict[str, list[Listed]] = {}
    for _, (member, search) in members.listed(connection, sorted(sources)):
        new = changed.get(member.article_id)
        if new is not None:
            member = member._replace(relation=new.relation, linked_to=new.linked_to)
        then.setdefault(planned.assignments[member.article_id], []).append((member, search))
    titles = stories.titles_of(connection, {id: then[id] for id in sorted(kept & then.keys())})
    now = stories.titles(connection, titles)
    return [(story_id, now[story_id], title) for story_id, title in titles.items() if now[story_id] != title]


def record_speaker(
    connection: Connection, story_id: str | None, article_id: str, event: str, cause: str, now: float
) -> None:
    """Write that a person chose who speaks for a story, or took the choice back."""
    journal = Journal(connection, now)
    touched: Touched = {}
    if story_id is not None:
        _note_change(journal, touched, Change(story_id, "renamed", (article_id,), None), cause)
    journal.changed(event, id=cause.partition(":")[2], moved=0)
    settle(connection, journal, touched, cause)


_CHANGES = {"emerged": "story.emerged", "merged": "story.merged", "split": "story.split"}


def _note_change(journal: Journal, touched: Touched, change: Change, cause: str) -> None:
    story_id, transition, article_ids, other = change
    journal.passed(story_id, transition, article_ids, cause, other)
    kind = _CHANGES.get(transition, "story.updated")
    data = {"transition": transition, "article_ids": article_ids, "other_story_id": other}
    touched[story_id] = journal.changed(kind, None, story_id, **data)
    if transition == "merged" and other is not None:
        touched[other] = touched[story_id]


def _reassigned(
    assignments: Mapping[str, str], before: Mapping[str, Membership], links: Sequence[Link]
) -> Iterator[Membership]:
    """New memberships for articles that moved, or whose link leads out of their story now.

    Each points to its strongest link among the members that stayed or came before it: never in a circle.
    """
    by_article: dict[str, list[tuple[str, Link]]] = {}
    for link in links:
        by_article.setdefault(link.a, []).append((link.b, link))
        by_article.setdefault(link.b, []).append((link.a, link))
    settled = {id for id, was in before.items() if not _uprooted(was, assignments)}
    for article_id in before:
        if article_id in settled:
            continue
        story_id = assignments[article_id]
        near = [
            (link.evidence.probability, other, link)
            for other, link in by_article.get(article_id, ())
            if link.evidence.linked and other in settled and assignments.get(other) == story_id
        ]
        settled.add(article_id)
        if not near:
            yield Membership(article_id, story_id, None, 1.0, None)
            continue
        probability, other, link = max(near, key=lambda item: (item[0], item[1]))
        yield Membership(article_id, story_id, relation_of(link.evidence), probability, other)


def _uprooted(was: Membership, assignments: Mapping[str, str]) -> bool:
    story_id = assignments[was.article_id]
    linked_away = was.linked_to is not None and assignments.get(was.linked_to, story_id) != story_id
    return was.story_id != story_id or linked_away
