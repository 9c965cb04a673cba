"""Which other stories may a reader of this one want, and why? Once one with it, compared with it, or titled
with the same rare words.

Cheap enough for a page: of words, only the stories with the nearest news are asked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log
from typing import Literal

from service.store import Store, beside
from service.store.records import StoryRecord
from service.text.normalise import fold

MOST = 6  # related stories
NEAR = 1000  # stories with the nearest news whose titles are read
TITLES = 5000  # letters of a story's titles
NAMED = 100  # reports of which the words are taken as they stand
PROBABLE = 0.5  # of one event, from which on a comparison that linked nothing is worth telling
RARE = 0.02  # of the stories have a word that weighs, or three where these are few
SHARED = 2  # words that weigh; one alone is too often a first name
WORDS = 6  # that are named
_WORD = re.compile(r"[^\W\d_]{3,}")

Kind = Literal["split_off", "split_from", "moved", "compared", "words"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a story is related. `compared`: reports a of this one and b of the other, with their probability of
    being about one event; `words`: that both have in their titles, the rarest first."""

    kind: Kind
    words: tuple[str, ...] = ()
    a: str | None = None
    b: str | None = None
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class Related:
    """A related story, and why."""

    story: StoryRecord
    reasons: list[Reason]


def related(store: Store, story_id: str) -> list[Related]:
    """The live stories beside a story, the surest first, at most six. Raises NotFound."""
    story = store.stories.get(story_id)
    found: dict[str, dict[Kind, Reason]] = {}
    for reasons in (_parted(store, story_id), _compared(store, story_id), _worded(store, story)):
        for other, reason in reasons:
            if other != story_id and (other in found or len(found) < 2 * MOST):
                found.setdefault(other, {}).setdefault(reason.kind, reason)
    live = [one for one in store.stories.several(list(found)) if one.status == "live"]
    return [Related(one, list(found[one.id].values())) for one in live[:MOST]]


def _parted(store: Store, story_id: str) -> Iterable[tuple[str, Reason]]:
    with store.read() as connection:
        passed = beside.parted(connection, story_id)
    told: dict[str, Kind] = {}
    for one in passed:
        mine = one.story_id == story_id
        split: Kind = "split_off" if mine else "split_from"
        other = (one.other_story_id or "") if mine else one.story_id
        told.setdefault(other, split if one.transition == "split" else "moved")
    for other, kind in list(told.items())[:MOST]:
        yield store.stories.resolve(other), Reason(kind)


def _compared(store: Store, story_id: str) -> Iterable[tuple[str, Reason]]:
    with store.read() as connection:
        found = beside.compared(connection, story_id, PROBABLE, 2 * MOST)
    for one in found:
        yield one.story_id, Reason("compared", a=one.a, b=one.b, probability=one.probability)


def _worded(store: Store, story: StoryRecord) -> Iterable[tuple[str, Reason]]:
    """Stories that share words with this one which few of those beside it have, the weightiest first."""
    with store.read() as connection:
        near = beside.near_in_time(connection, story.id, NEAR)
    mine = _spelt(store, story)
    words = {other: mine.keys() & set(_WORD.findall(titles[:TITLES])) for other, titles in near}
    users = Counter(word for shared in words.values() for word in shared)
    rare = max(3, RARE * len(near))
    weights = {word: log((len(near) + 2) / (count + 1)) for word, count in users.items() if count <= rare}
    alike = {other: found for other, all in words.items() if len(found := all & weights.keys()) >= SHARED}
    for other in sorted(alike, key=lambda one: (-sum(weights[word] for word in alike[one]), one)):
        rarest = sorted(alike[other], key=lambda word: (-weights[word], word))
        yield other, Reason("words", tuple(mine[word] for word in rarest[:WORDS]))


def _spelt(store: Store, story: StoryRecord) -> Mapping[str, str]:
    """The words of a story's titles, folded, each as it stands there."""
    titles = [member.title for member in store.stories.reports([story.id], NAMED).get(story.id, ())]
    spelt: dict[str, str] = {}
    for token in " ".join([story.title, *titles])[:TITLES].split():
        found = _WORD.findall(fold(token))
        for word in found:
            spelt.setdefault(word, token.strip("\"'«»“”‘’.,:;!?()[]،؛؟") if len(found) == 1 else word)
    return spelt
