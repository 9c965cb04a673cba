"""What became of a story, told so that a person can follow it? Each entry with its cause, evidence and a
sentence.

An id that was ever served is told of for ever: what merged says into what, what was split off says from what.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from service.store import Store, members
from service.store.records import LineageRecord, LinkRecord, StoryRecord

CauseKind = Literal["evidence", "run", "decision", "undo", "version", "takedown", "time", "retention"]
_KINDS: Mapping[str, CauseKind] = {
    "placed": "evidence",
    "recluster": "run",
    "decision": "decision",
    "undone": "undo",
    "reversioned": "version",
    "deleted": "takedown",
    "time": "time",
    "retired": "retention",
}
_BECAUSE: Mapping[CauseKind, str] = {
    "evidence": "by the evidence when an article was placed",
    "run": "by re-clustering {}",
    "decision": "by decision {}",
    "undo": "by taking back decision {}",
    "version": "because of a new version",
    "takedown": "because it was taken down",
    "time": "because nothing was reported for days",
    "retention": "because it was too old or beyond the number to keep",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One transition, seen from the story that is asked about. `cause_id` is the run's or the decision's;
    `evidence` the strongest link that is known to have led there."""

    seq: int
    at: float
    story_id: str
    transition: str
    article_ids: list[str]
    other_story_id: str | None
    cause: str
    cause_kind: CauseKind
    cause_id: str | None
    evidence: LinkRecord | None
    summary: str


@dataclass(frozen=True, slots=True)
class History:
    """A story's whole way. `resolves_to` is the id that it stands for today."""

    story: StoryRecord
    resolves_to: str
    split_from: str | None
    absorbed: list[str]
    split_off: list[str]
    entries: list[Entry]


def history(store: Store, story_id: str) -> History:
    """Everything that happened to a story, oldest first. Raises NotFound."""
    story, passed = store.stories.get(story_id), store.stories.lineage(story_id)
    links = _links(store, passed)
    return History(
        story=story,
        resolves_to=store.stories.resolve(story_id),
        split_from=next(iter(_others(passed, "split", into=story_id)), None),
        absorbed=_others(passed, "merged", into=story_id),
        split_off=[one.other_story_id or "" for one in passed if _is(one, "split", story_id)],
        entries=[_entry(one, story_id, links) for one in passed],
    )


def _others(passed: Iterable[LineageRecord], transition: str, into: str) -> list[str]:
    found = (o.story_id for o in passed if o.transition == transition and o.other_story_id == into)
    return list(dict.fromkeys(found))


def _is(one: LineageRecord, transition: str, story_id: str) -> bool:
    return one.transition == transition and one.story_id == story_id


def _entry(one: LineageRecord, story_id: str, links: Mapping[str, Sequence[LinkRecord]]) -> Entry:
    word, _, cause_id = one.cause.partition(":")
    kind = _KINDS[word]
    return Entry(
        seq=one.seq,
        at=one.at,
        story_id=one.story_id,
        transition=one.transition,
        article_ids=one.article_ids,
        other_story_id=one.other_story_id,
        cause=one.cause,
        cause_kind=kind,
        cause_id=cause_id or None,
        evidence=_evidence(one, links) if kind in ("evidence", "run") else None,
        summary=_sentence(one, story_id, _BECAUSE[kind].format(cause_id)),
    )


def _links(store: Store, passed: Sequence[LineageRecord]) -> dict[str, list[LinkRecord]]:
    """The links of all articles that came or went by evidence, strongest first."""
    named = {id for one in passed if one.transition in ("joined", "merged") for id in one.article_ids}
    with store.read() as connection:
        found = members.links_from(connection, sorted(named))
    by_article: dict[str, list[LinkRecord]] = {}
    for link in sorted(found, key=lambda link: (-link.probability, link.a, link.b)):
        by_article.setdefault(link.a, []).append(link)
        by_article.setdefault(link.b, []).append(link)
    return by_article


def _evidence(one: LineageRecord, links: Mapping[str, Sequence[LinkRecord]]) -> LinkRecord | None:
    """The strongest link between the articles that came or went and others."""
    if one.transition not in ("joined", "merged"):
        return None
    inside = set(one.article_ids)
    outward = (link for id in one.article_ids for link in links.get(id, ()))
    outward = (link for link in outward if not {link.a, link.b} <= inside)
    return min(outward, key=lambda link: (-link.probability, link.a, link.b), default=None)


def _sentence(one: LineageRecord, story_id: str, because: str) -> str:
    """What happened, as a person would say it of the story that is asked about."""
    some, other, own = _counted(one.article_ids), one.other_story_id, one.story_id == story_id
    verb = "was" if len(one.article_ids) == 1 else "were"
    told = {
        ("emerged", True): f"Began with {some}",
        ("joined", True): f"{some} joined" + (f" from {other}" if other else ""),
        ("joined", False): f"{some} went to {one.story_id}",
        ("left", True): f"{some} left" + (f" for {other}" if other else ""),
        ("left", False): f"{some} came from {one.story_id}",
        ("merged", True): f"Merged into {other} with {some}",
        ("merged", False): f"{one.story_id} merged into this story with {some}",
        ("split", True): f"{some} {verb} split off as {other}",
        ("split", False): f"Was split off {one.story_id} with {some}",
        ("renamed", True): f"{some} speaks for the story",
        ("closed", True): "Closed" if one.cause == "time" else "Closed: no article is left",
    }[one.transition, own]
    return f"{told}, {because}."


def _counted(article_ids: Sequence[str]) -> str:
    return article_ids[0] if len(article_ids) == 1 else f"{len(article_ids)} articles"
