"""How does what a person decided take effect? At once, in one transaction with the decision itself.

Whatever was asked for becomes constraints between articles; the stories that they touch are mended. Placing
and re-clustering keep to the same constraints until the decision is undone.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection

from service.current import (
    Current,
    broken,
    correcting,
    current_of,
    follow,
    heed,
    homes_of,
    regroup,
    rulings_of,
)
from service.errors import Conflict, Contradiction, Gone, InvalidDecision, NotFound
from service.model import DecisionKind, Link
from service.opening import make_sketcher
from service.store import Store, articles, decisions, members, stories
from service.store.evidence import read_evidence
from service.store.records import DecisionRecord
from service.stories.constraints import Constraints, Ruling, contradiction, ruling, told
from service.stories.homes import Homes
from service.stories.place import Owner
from service.transitions import record_plan, record_speaker

if TYPE_CHECKING:
    from service.stories.lineage import Plan


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for. must_link, cannot_link: two articles or more. merge: two stories or more.
    split: articles of one story that are to be a story of their own. move: articles of one story, and the
    story to move to. represent: the article that is to speak for its story. ignore_outlet: the name of an
    outlet as articles give it, whose articles stand alone from now on. ignore_passage: a text that says
    nothing about what a report that has it is about."""

    kind: DecisionKind
    articles: Sequence[str] = ()
    stories: Sequence[str] = ()
    note: str = ""
    by: str = ""
    outlet: str = ""
    passage: str = ""


class Meant(NamedTuple):
    """A wish in terms of articles: see `constraints.ruling`."""

    articles: Sequence[str]
    others: Sequence[str]
    stories: Sequence[str]


def decide(store: Store, owner: Owner, wish: Wish, now: float, token: int | None = None) -> str:
    """Make a decision; returns its id.

    Raises NotFound, Gone, Conflict, InvalidDecision, Contradiction with the chain, LeaseLost.
    """
    with correcting(store, token) as connection:
        meant = _meant(connection, wish)
        said = (list(meant.articles), list(meant.others), list(meant.stories), wish.note)
        id = f"d-{secrets.token_hex(6)}"
        seq, ignored = decisions.next_seq(connection), (wish.outlet, wish.passage)
        new = DecisionRecord(seq, id, now, wish.by, wish.kind, *said, {}, *ignored)
        _enough_words(store, new)
        outcome = _make(connection, new, now)
    _tell(store, owner, outcome, now)
    return new.id


def adopt(store: Store, owner: Owner, exported: DecisionRecord, now: float, token: int | None = None) -> None:
    """Make a decision that was exported, here or elsewhere; one that is known already changes nothing.

    Raises NotFound for articles that are not known, Conflict for another decision of that id,
    InvalidDecision, Contradiction, LeaseLost.
    """
    _ignores(exported)
    if bool(exported.articles) == (exported.kind in _IGNORING):
        wanted = "no" if exported.articles else "some"
        raise InvalidDecision(f"{exported.kind} needs {wanted} articles.")
    with correcting(store, token) as connection:
        known = decisions.get(connection, exported.id)
        if known is not None:
            if any(getattr(known, name) != getattr(exported, name) for name in _WHAT):
                raise Conflict("Another decision has that id.")
            return
        there = articles.known(connection, [*exported.articles, *exported.others])
        _need(exported.articles, there)
        others = [id for id in exported.others if id in there]
        new = replace(exported, seq=decisions.next_seq(connection), others=others)
        _enough_words(store, new)
        outcome = _make(connection, new, now)
    _tell(store, owner, outcome, now)


def undo(store: Store, owner: Owner, decision_id: str, by: str, now: float, token: int | None = None) -> None:
    """Take a decision back: what it moved goes back, as far as no other decision and nothing that happened
    since is in the way; stories that it ended live again under their ids.

    Raises NotFound, Conflict when it is undone already, LeaseLost.
    """
    with correcting(store, token) as connection:
        record = decisions.get(connection, decision_id)
        if record is None:
            raise NotFound()
        if record.undone_at is not None:
            raise Conflict("It is undone already.")
        decisions.undo(connection, decision_id, now, by)
        outcome = _take_back(connection, record, now)
    _tell(store, owner, outcome, now)


class _Outcome(NamedTuple):
    """What the owner must know: a plan that was carried out, and what holds now."""

    planned: Plan | None
    current: Current
    homes: Homes


def _tell(store: Store, owner: Owner, outcome: _Outcome, now: float) -> None:
    owner.homes = outcome.homes
    if outcome.planned is not None:
        follow(owner, outcome.planned, outcome.current)
    with store.read() as connection:
        heed(store, connection, owner, now)


# What a wish means


def _meant(connection: Connection, wish: Wish) -> Meant:
    """The wish in terms of articles. Raises NotFound, Gone, Conflict, InvalidDecision."""
    _well_formed(wish)
    _alive(wish.articles, articles.known(connection, wish.articles))
    if wish.kind in ("must_link", "cannot_link", *_IGNORING):
        return Meant(wish.articles, (), ())
    if wish.kind == "merge":
        return _merge(connection, wish)
    home = members.story_of(connection, wish.articles)
    if len(home) < len(wish.articles):
        raise Conflict("An article that is named is in no story yet.")
    if len(set(home.values())) > 1:
        raise InvalidDecision("The articles must be of one story.")
    story_id = home[wish.articles[0]]
    if wish.kind == "represent":
        return Meant(wish.articles, (), (story_id,))
    behind = _behind(connection, story_id, wish.articles)
    if wish.kind == "move":
        return _move(connection, wish, story_id, behind)
    if not behind:
        raise InvalidDecision("Nothing would be left of the story.")
    return Meant(wish.articles, behind, (story_id,))


_NEEDS = {  # kind: least and most articles, least and most stories
    "must_link": (2, None, 0, 0),
    "cannot_link": (2, None, 0, 0),
    "merge": (0, 0, 2, None),
    "split": (1, None, 0, 0),
    "move": (1, None, 1, 1),
    "represent": (1, 1, 0, 0),
    "ignore_passage": (0, 0, 0, 0),
    "ignore_outlet": (0, 0, 0, 0),
}
_IGNORING = {"ignore_passage": "passage", "ignore_outlet": "outlet"}  # kind: what it needs
_WHAT = ("kind", "articles", *_IGNORING.values())  # what a decision says
LEAST_WORDS = 5  # of a passage: in fewer there is hardly a text that does not have them


def _well_formed(wish: Wish) -> None:
    least_articles, most_articles, least_stories, most_stories = _NEEDS[wish.kind]
    for name, given, least, most in (
        ("articles", wish.articles, least_articles, most_articles),
        ("stories", wish.stories, least_stories, most_stories),
    ):
        if len(set(given)) < len(given):
            raise InvalidDecision(f"One of the {name} is named twice.")
        if len(given) < least or (most is not None and len(given) > most):
            number = f"{least}" if least == most else f"at least {least}"
            raise InvalidDecision(f"{wish.kind} needs {number} {name}.")
    _ignores(wish)


def _ignores(what: Wish | DecisionRecord) -> None:
    """Raises InvalidDecision where what is to be ignored is not named, or named for another kind."""
    needed = _IGNORING.get(what.kind)
    for name in _IGNORING.values():
        if bool(getattr(what, name).strip()) != (name == needed):
            raise InvalidDecision(f"{what.kind} needs {'the' if name == needed else 'no'} {name}.")


def _enough_words(store: Store, new: DecisionRecord) -> None:
    if new.kind == "ignore_passage" and len(make_sketcher(store).words(new.passage)) < LEAST_WORDS:
        raise InvalidDecision(f"A passage that is ignored needs at least {LEAST_WORDS} words.")


def _alive(named: Sequence[str], there: Mapping[str, articles.Known]) -> None:
    _need(named, there)
    for number, article_id in enumerate(named):
        state = there[article_id].state
        if state == "deleted":
            raise Gone(f"articles[{number}]")
        if state == "rejected":
            raise Conflict(f"articles[{number}] was rejected and is in no story.")


def _need(named: Sequence[str], there: Mapping[str, articles.Known]) -> None:
    for number, article_id in enumerate(named):
        if article_id not in there:
            raise NotFound(f"articles[{number}]")


def _live(connection: Connection, named: Sequence[str]) -> list[str]:
    """The live stories that these ids stand for. Raises NotFound, Conflict."""
    found = []
    for number, story_id in enumerate(named):
        target = stories.resolve(connection, story_id)
        if target is None:
            raise NotFound(f"stories[{number}]")
        if stories.statuses(connection, [target])[target] != "live":
            raise Conflict(f"stories[{number}] is closed.")
        found.append(target)
    return found


def _merge(connection: Connection, wish: Wish) -> Meant:
    live = _live(connection, wish.stories)
    if len(set(live)) < len(live):
        raise Conflict("Two of the stories are one already.")
    speakers = stories.speakers_of(connection, live)
    named = [speakers[story_id] for story_id in live]
    inside = members.in_stories(connection, live)
    return Meant(named, [id for id in inside if id not in named], live)


def _move(connection: Connection, wish: Wish, story_id: str, behind: Sequence[str]) -> Meant:
    [goal] = _live(connection, wish.stories)
    if goal == story_id:
        raise Conflict("The articles are in that story already.")
    speaker = stories.speakers_of(connection, [goal])[goal]
    return Meant([*wish.articles, speaker], behind, (story_id, goal))


def _behind(connection: Connection, story_id: str, leaving: Sequence[str]) -> list[str]:
    """The members that stay when these leave, the representative first if it stays."""
    speaker = stories.speakers_of(connection, [story_id])[story_id]
    staying = [id for id in members.in_stories(connection, [story_id]) if id not in set(leaving)]
    return sorted(staying, key=lambda id: id != speaker)


# What it does


def _make(connection: Connection, new: DecisionRecord, now: float) -> _Outcome:
    """Keep a decision and carry it out. Raises Conflict, Contradiction."""
    earlier = rulings_of(decisions.holding(connection))
    if new.kind in _IGNORING and (new.outlet, new.passage) in decisions.ignoring(connection):
        raise Conflict("It is ignored already.")
    own = ruling(new.id, new.kind, new.articles, new.others)
    steps = contradiction(earlier, own._replace(id="this one"))
    if steps:
        raise Contradiction(f"{told(steps)}.")
    constraints = Constraints([*earlier, own])
    leaving = members.of_outlet(connection, new.outlet) if new.outlet else []
    current = current_of(connection, [*new.articles, *new.others, *leaving], broken(connection, constraints))
    cause, event = f"decision:{new.id}", "decision.made"
    if new.kind == "represent":
        decisions.add(connection, new)
        return _speak(connection, new, current, event, cause, now)
    links = _links(connection, current)
    outlets = {new.outlet, *_ignored_outlets(connection)} - {""}
    groups = _standing_alone(connection, current, current.groups.values(), outlets)
    planned = regroup(current, groups, constraints, links)
    corrects = {} if new.kind in _IGNORING else {"corrects": _corrected(own, current, links)}
    effect = {**_effect(current, planned), **corrects}
    decisions.add(connection, replace(new, effect=effect))
    record_plan(connection, planned, current.members, links, event, cause, now)
    return _Outcome(planned, current, homes_of(connection))


def _ignored_outlets(connection: Connection) -> set[str]:
    return {outlet for outlet, _ in decisions.ignoring(connection) if outlet}


def _standing_alone(
    connection: Connection, current: Current, groups: Iterable[frozenset[str]], outlets: Collection[str]
) -> list[frozenset[str]]:
    """The groups without the articles of these outlets, each of which is one of its own."""
    alone = members.from_outlets(connection, outlets, current.members)
    return [*(group - alone for group in groups), *(frozenset([id]) for id in sorted(alone))]


def _effect(current: Current, planned: Plan) -> dict[str, Any]:
    """What is kept of a plan so that it can be undone: who moved from where to where, which stories ended."""
    moved = [
        {"article_id": id, "from_story_id": current.members[id].story_id, "to_story_id": story_id}
        for id, story_id in sorted(planned.assignments.items())
        if current.members[id].story_id != story_id
    ]
    ended = [change.story_id for change in planned.transitions if change.transition == "merged"]
    return {"moved": moved, "ended_story_ids": ended}


def _corrected(own: Ruling, current: Current, links: Sequence[Link]) -> str:
    """What the algorithm had done that a decision corrects: the kind of the strongest link between articles
    that are to be parted ("story" where only others link them), "missed" where what is put together was
    apart, "nothing" where the stories were as wanted."""
    pairs = [
        pair for pair in (*own.firm, *own.implied) if pair.a in current.members and pair.b in current.members
    ]
    together = {pair: current.members[pair.a].story_id == current.members[pair.b].story_id for pair in pairs}
    wrong = {frozenset(pair[:2]) for pair in pairs if together[pair] and not pair.together}
    found = [link for link in links if frozenset((link.a, link.b)) in wrong]
    if found:
        return max(found, key=lambda link: link.evidence.probability).evidence.kind
    if wrong:
        return "story"
    return "missed" if any(not together[pair] and pair.together for pair in pairs) else "nothing"


def _take_back(connection: Connection, record: DecisionRecord, now: float) -> _Outcome:
    cause, event = f"undone:{record.id}", "decision.undone"
    constraints = Constraints(rulings_of(decisions.holding(connection)))
    goals = _goals(connection, record)
    live = [
        id for id, status in stories.statuses(connection, set(goals.values())).items() if status == "live"
    ]
    outlets = _ignored_outlets(connection)
    free = members.from_outlets(connection, outlets, [*record.articles, *record.others])
    current = current_of(connection, [*goals, *free], [*live, *broken(connection, constraints)])
    if record.kind == "represent":
        current = current_of(connection, record.articles)
        return _speak(connection, record, current, event, cause, now)
    before = _put_back(current, goals)
    links = _links(connection, current)
    groups = _standing_alone(connection, current, before.values(), outlets)
    planned = regroup(current, groups, constraints, links, before)
    record_plan(connection, planned, current.members, links, event, cause, now)
    return _Outcome(planned, current, homes_of(connection))


def _goals(connection: Connection, record: DecisionRecord) -> dict[str, str]:
    """Where the articles go back to that a decision moved and that are still where it put them."""
    names = ("article_id", "from_story_id", "to_story_id")
    moved: list[list[str]] = [[one[name] for name in names] for one in record.effect.get("moved", ())]
    ended = set(record.effect.get("ended_story_ids", ()))
    now_in = members.story_of(connection, [article_id for article_id, _, _ in moved])
    stands_for = {id: stories.resolve(connection, id) for id in {id for _, *both in moved for id in both}}
    goals = {}
    for article_id, was_in, put_into in moved:
        goal = was_in if was_in in ended else stands_for[was_in] or was_in
        if now_in.get(article_id) == stands_for[put_into] != goal:
            goals[article_id] = goal
    return goals


def _put_back(current: Current, goals: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """The stories with these articles put back, and with them what came since and hangs on them."""
    goals = dict(goals)
    hanging = True
    while hanging:
        hanging = False
        for article_id, member in current.members.items():
            goal = goals.get(member.linked_to or "")
            if goal is not None and article_id not in goals and member.story_id != goal:
                goals[article_id] = goal
                hanging = True
    groups: dict[str, set[str]] = {}
    for article_id, member in current.members.items():
        groups.setdefault(goals.get(article_id, member.story_id), set()).add(article_id)
    return {story_id: frozenset(group) for story_id, group in groups.items()}


def _links(connection: Connection, current: Current) -> list[Link]:
    """The stored links between the members of these stories."""
    found = members.links_within(connection, current.members)
    return [Link(link.a, link.b, read_evidence(link.evidence)) for link in found]


def _speak(
    connection: Connection, record: DecisionRecord, current: Current, event: str, cause: str, now: float
) -> _Outcome:
    [article_id] = record.articles
    member = current.members.get(article_id)
    record_speaker(connection, member.story_id if member else None, article_id, event, cause, now)
    return _Outcome(None, current, homes_of(connection))
