"""What does a regrouping change? Counts, and every merge, split, move and new title with its evidence.

Whoever reads it decides whether to apply it; what is applied must then be what was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from service.current import Current
from service.model import Change, Link
from service.store import members
from service.store.evidence import DIGITS, read_evidence
from service.transitions import titles_after

if TYPE_CHECKING:
    from service.stories.lineage import Plan

Json = dict[str, Any]
NAMED = 3  # differences that a refusal names


def difference(
    connection: Connection,
    planned: Plan,
    current: Current,
    links: Sequence[Link],
    computed: Mapping[str, Any],
) -> Json:
    """What carrying out a plan changes. `links` is the evidence that was found for it; `computed` says how
    many articles and stories were looked at and stay as they are, and how many articles are to move later."""
    settled = computed["settled"]
    was = {article_id: member.story_id for article_id, member in current.members.items()}
    moved = [id for id, story_id in planned.assignments.items() if was[id] != story_id]
    known = _by_article([*links, *_parting(connection, planned)])
    return {
        "articles": settled["articles"] + len(planned.assignments),
        "stories_before": settled["stories"] + len(current.groups),
        "stories_after": settled["stories"] + len(set(planned.assignments.values())),
        "moved": len(moved),
        "waiting": computed["waiting"],
        "transitions": [_transition(change, planned.assignments, known) for change in planned.transitions],
        "renamed": [
            {"story_id": story_id, "title_before": before, "title_after": after}
            for story_id, before, after in titles_after(connection, planned, current.members, links)
        ],
    }


def no_difference(computed: Mapping[str, Any]) -> Json:
    """As `difference`, where nothing changes."""
    settled = computed["settled"]
    return {
        "articles": settled["articles"],
        "stories_before": settled["stories"],
        "stories_after": settled["stories"],
        "moved": 0,
        "waiting": computed["waiting"],
        "transitions": [],
        "renamed": [],
    }


def what_changed(shown: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """What became different since a difference was shown; empty when nothing did."""
    then, now = (
        {_key(one): _said(one) for one in difference["transitions"]} for difference in (shown, found)
    )
    said = [f"no more: {then[key]}" for key in then if key not in now]
    said += [f"new: {now[key]}" for key in now if key not in then]
    more = [f"and {len(said) - NAMED} more differences"] if len(said) > NAMED else []
    return "; ".join(said[:NAMED] + more)


def _parting(connection: Connection, planned: Plan) -> list[Link]:
    """The stored links of the articles that are split off: what still holds them where they were."""
    parting = {
        id for change in planned.transitions if change.transition == "split" for id in change.article_ids
    }
    found = members.links_from(connection, sorted(parting))
    return [Link(link.a, link.b, read_evidence(link.evidence)) for link in found]


def _by_article(links: Iterable[Link]) -> dict[str, list[Link]]:
    found: dict[str, list[Link]] = {}
    for link in links:
        for article_id in (link.a, link.b):
            found.setdefault(article_id, []).append(link)
    return found


def _transition(change: Change, assignments: Mapping[str, str], links: Mapping[str, Sequence[Link]]) -> Json:
    story_id, transition, article_ids, other = change
    # Why articles go where they go; of those that are split off, what still holds them.
    goal = story_id if transition in ("joined", "split") else other
    return {
        "story_id": story_id,
        "transition": transition,
        "article_ids": list(article_ids),
        "other_story_id": other,
        "evidence": _strongest(article_ids, goal, assignments, links) if other else None,
    }


def _strongest(
    article_ids: Sequence[str],
    goal: str | None,
    assignments: Mapping[str, str],
    links: Mapping[str, Sequence[Link]],
) -> Json | None:
    """The strongest link between these articles and others that are in a story afterwards."""
    inside = set(article_ids)
    found = (
        link for id in article_ids for link in links.get(id, ()) if (link.a in inside) != (link.b in inside)
    )
    outward = (link for link in found if assignments.get(link.b if link.a in inside else link.a) == goal)
    best = max(outward, key=lambda link: (link.evidence.probability, link.a, link.b), default=None)
    if best is None:
        return None
    told = {"kind": best.evidence.kind, "probability": round(best.evidence.probability, DIGITS)}
    return {"a": best.a, "b": best.b, **told}


def _key(transition: Mapping[str, Any]) -> tuple[Any, ...]:
    named = (transition["story_id"], transition["transition"], transition["other_story_id"])
    return (*named, *transition["article_ids"])


def _said(transition: Mapping[str, Any]) -> str:
    ids = transition["article_ids"]
    articles = ", ".join(ids[:NAMED]) + (f" and {len(ids) - NAMED} more" if len(ids) > NAMED else "")
    other = f" {transition['other_story_id']}" if transition["other_story_id"] else ""
    return f"{transition['story_id']} {transition['transition']}{other} ({articles})"
