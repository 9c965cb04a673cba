"""Which stories have these words in their titles, or are in a language? All titles in one string in memory.

Words are looked for anywhere in a title: languages without spaces need that, and it finds a word behind an
article or a preposition. No index of a database does it on both; reading 50,000 rows took .1 s of a
processor, looking through this string takes .005 s. The log of changes says what is to be read anew.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from sqlalchemy import Connection, select

from service.store.articles import chunks
from service.store.log import last_change
from service.store.schema import changes, stories

MOST = 1000  # stories that are worth naming: where more have the words, the newest are found at once
LARGEST = 500_000  # stories that are kept in memory
FEWEST_NEWER = 2000
NEWER_SHARE = 0.1  # of the stories: when more have changed, all are read anew

_LIVE = select(stories.c.id, stories.c.search, stories.c.languages).where(stories.c.status == "live")


def in_language(lang: str) -> str:
    """What stands before the titles of a story in this language, and what to look for. No word is like it:
    folded text has no control characters, and they stand between the letters, too."""
    return "\x01" + "\x02".join(lang) + "\x03"


def _line(search: str, languages: Sequence[str]) -> str:
    return "".join(map(in_language, languages)) + search


class Finder:
    """The titles of the live stories, as one process has them in memory; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen = -1  # the change up to which it is right
        self._ids: list[str] = []
        self._starts: list[int] = []
        self._titles = ""
        self._newer: dict[str, str] = {}  # stories that changed since, empty when they are gone

    def find(self, connection: Connection, words: Sequence[str]) -> list[str] | None:
        """The stories that have all these folded words, or `in_language`, in their titles; None when there
        are many."""
        with self._lock:
            self._refresh(connection)
            if len(self._ids) >= LARGEST:
                return None
            found = []
            for story_id in self._matching(words):
                found.append(story_id)
                if len(found) > MOST:
                    return None
            return found

    def _matching(self, words: Sequence[str]) -> Iterator[str]:
        first, *others = words
        for story_id, text in self._newer.items():
            if all(word in text for word in words):
                yield story_id
        position = self._titles.find(first)
        while position >= 0:
            number = bisect_right(self._starts, position) - 1
            start, end = self._starts[number], self._starts[number + 1]
            if self._ids[number] not in self._newer and all(
                self._titles.find(word, start, end) >= 0 for word in others
            ):
                yield self._ids[number]
            position = self._titles.find(first, end)

    def _refresh(self, connection: Connection) -> None:
        newest = last_change(connection)
        if self._seen < 0:
            self._load(connection, newest)
        if newest <= self._seen:
            return
        late = changes.c.seq > self._seen
        query = select(changes.c.story_id).where(late, changes.c.story_id.is_not(None)).distinct()
        touched = list(connection.execute(query.limit(self._room + 1)).scalars())
        if len(touched) + len(self._newer) > self._room:
            self._load(connection, newest)
            return
        self._newer |= dict.fromkeys(touched, "")
        for chunk in chunks(touched):
            self._newer |= {
                row.id: _line(row.search, row.languages)
                for row in connection.execute(_LIVE.where(stories.c.id.in_(chunk)))
            }
        self._seen = newest

    @property
    def _room(self) -> int:
        return max(FEWEST_NEWER, int(len(self._ids) * NEWER_SHARE))

    def _load(self, connection: Connection, newest: int) -> None:
        rows = connection.execute(_LIVE.limit(LARGEST)).all()
        lines = [_line(titles, languages) for _, titles, languages in rows]
        self._ids = [row.id for row in rows]
        self._starts = [0, *accumulate(len(line) + 1 for line in lines)]
        self._titles = "".join(f"{line}\n" for line in lines)
        self._newer = {}
        self._seen = newest
