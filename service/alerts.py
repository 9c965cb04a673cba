"""Which stories come to match a saved search for the first time? A follower of the log of changes tells.

Whoever decides follows the log after each turn, so that placing itself asks nothing. What was told is kept
with the number of the change that told it, in one transaction: a stretch that is looked through again tells
nothing twice, and one that was not looked through when a process died is looked through by the next.

A story that takes in one that was told of, or that is split off from it, is known as well: it is not told of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Connection

from service.store import Store, leases, log, searches
from service.store.log import Journal
from service.store.queries import words_of
from service.store.records import ChangeRecord, MatchRecord, SearchRecord
from service.store.searches import Candidate

PAGE = 1000  # changes looked through at once
LATE = 5000  # changes without a match after which the place is kept: read again after a restart
MATCHED = "search.matched"
HEIRS = ("story.merged", "story.split")


class Found(NamedTuple):
    """What a stretch of the log brings: where it ends, matches that are inherited, and those to be told."""

    end: int
    inherited: Sequence[MatchRecord]
    fresh: Sequence[tuple[SearchRecord, str]]


class Alerts:
    """Follows the log for all saved searches. Where it is, is kept in memory, and in the store when something
    was told: a turn in which nothing matches writes nothing."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen = 0

    def follow(self, now: float, token: int | None = None) -> bool:
        """Look through the next stretch and tell what matches; True when there may be more. Raises
        LeaseLost."""
        with self._store.read() as connection:
            kept = searches.behind(connection)
            if kept is None or max(kept, self._seen) >= log.last_change(connection):
                return False
            since = max(kept, self._seen)
            found = look(connection, since)
        if found.inherited or found.fresh or found.end - kept > LATE:
            with self._store.write() as connection:
                leases.fence(connection, token)
                found = look(connection, since)  # a search may have been deleted in between
                _tell(connection, found, now)
        self._seen = found.end
        return found.end - since >= PAGE


def look(connection: Connection, since: int) -> Found:
    """What the changes after `since` bring."""
    changes = log.changes_since(connection, since, PAGE)
    wanted = [(search, words_of(search.q)) for search in searches.listed(connection)]
    touched = {one.story_id for one in changes if one.story_id and one.type.startswith("story.")}
    concerned = sorted(touched | {heir for one in changes if (heir := _heir(one))})
    known = searches.known(connection, concerned)
    inherited = _inherit(changes, known)
    outlets = {search.outlet for search, _ in wanted if search.outlet}
    found = searches.candidates(connection, concerned, outlets)
    fresh = [
        (search, story.id)
        for search, words in wanted
        for story in _with_words(found, words)
        if story.fits(search)
        and (search.id, story.id) not in known
        and (search.id, story.id) not in inherited
    ]
    return Found(changes[-1].seq if changes else since, list(inherited.values()), fresh)


def _with_words(found: Sequence[Candidate], words: Sequence[str]) -> Sequence[Candidate]:
    """Those in whose titles all these words stand: nearly all of this work, hence word by word."""
    for word in words:
        found = [story for story in found if word in story.search]
    return found


def _heir(change: ChangeRecord) -> str | None:
    """The story that goes on with the reports of the change's own one."""
    return change.data.get("other_story_id") if change.type in HEIRS else None


def _inherit(
    changes: Sequence[ChangeRecord], known: Mapping[tuple[str, str], MatchRecord]
) -> dict[tuple[str, str], MatchRecord]:
    """The matches that stories get from those that merge into them or that they are split off from, where
    these matched before; by search and story."""
    of_story: dict[str, list[MatchRecord]] = {}
    for match in known.values():
        of_story.setdefault(match.story_id, []).append(match)
    found: dict[tuple[str, str], MatchRecord] = {}
    for change in changes:
        heir = _heir(change)
        for match in of_story.get(change.story_id or "", []) if heir else []:
            key = match.search_id, str(heir)
            if match.change < change.seq and key not in known and key not in found:
                found[key] = replace(match, story_id=str(heir), change=change.seq, told=False)
                of_story.setdefault(str(heir), []).append(found[key])
    return found


def _tell(connection: Connection, found: Found, now: float) -> None:
    journal = Journal(connection, now)
    told = [
        MatchRecord(
            search.id,
            story_id,
            now,
            journal.changed(MATCHED, None, story_id, search_id=search.id, name=search.name),
            True,
        )
        for search, story_id in found.fresh
    ]
    searches.note(connection, [*found.inherited, *told])
    searches.reach(connection, found.end)
    journal.flush()
