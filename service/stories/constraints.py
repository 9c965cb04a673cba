"""What do people's decisions demand? Which articles must be in one story, which must not, and who says so.

A decision is firm about the articles that it names, and implies something about the others that it found in
their stories. What is firm may not be contradicted; what is implied yields to what was said later.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from service.model import DecisionKind


class Pair(NamedTuple):
    """Two articles that must be in one story (`together`), or must not."""

    a: str
    b: str
    together: bool


class Ruling(NamedTuple):
    """What one decision says of pairs of articles."""

    id: str
    firm: tuple[Pair, ...]
    implied: tuple[Pair, ...] = ()


class Step(NamedTuple):
    """One step of a contradiction: a pair, and the decision that says so."""

    pair: Pair
    decision_id: str


def ruling(id: str, kind: DecisionKind, articles: Sequence[str], others: Sequence[str]) -> Ruling:
    """What a decision demands.

    articles: those that it names. merge: the representatives of its stories; move: last the representative
        of the story to move to.
    others: further members that it found. merge: of all its stories; split and move: those left behind, the
        one first that speaks for them.
    """
    if kind in ("represent", "ignore_passage", "ignore_outlet"):
        return Ruling(id, ())
    if kind == "cannot_link":
        return Ruling(id, tuple(Pair(a, b, False) for a, b in combinations(articles, 2)))
    pivot = articles[-1] if kind == "move" else articles[0]
    firm = [Pair(pivot, other, True) for other in articles if other != pivot]
    if kind == "merge":
        return Ruling(id, tuple(firm), tuple(Pair(pivot, other, True) for other in others))
    behind = [Pair(pivot, other, False) for other in others]
    return Ruling(id, (*firm, *behind[:1]), tuple(behind[1:]))


class Constraints:
    """What holds for articles when all rulings, oldest first, are taken together.

    Must-linked articles form a bundle, named by its smallest id; bundles may be apart. The firm parts do not
    contradict each other (see `contradiction`).
    """

    def __init__(self, rulings: Sequence[Ruling] = ()) -> None:
        self._name: dict[str, str] = {}
        self._bundles: dict[str, set[str]] = {}
        self._apart: dict[str, set[str]] = {}
        for one in rulings:
            for pair in one.firm:
                self._add(pair)
        for one in reversed(rulings):
            for pair in sorted(one.implied):
                self._add(pair, yielding=True)

    def __contains__(self, article_id: str) -> bool:
        """Whether anything was decided about an article."""
        return article_id in self._name

    def __len__(self) -> int:
        return len(self._name)

    def name(self, article_id: str) -> str:
        """The name of an article's bundle; an article that nobody decided about is one of its own."""
        return self._name.get(article_id, article_id)

    def bundle(self, article_id: str) -> frozenset[str]:
        """The articles that must be with this one, itself among them."""
        return frozenset(self._bundles.get(self.name(article_id), (article_id,)))

    def apart(self, name: str) -> frozenset[str]:
        """The names of the bundles that must not be with this one."""
        return frozenset(self._apart.get(name, ()))

    def bundles(self) -> list[frozenset[str]]:
        """Bundles of two articles or more."""
        return [
            frozenset(self._bundles[name]) for name in sorted(self._bundles) if len(self._bundles[name]) > 1
        ]

    def articles(self) -> list[str]:
        """All articles that something was decided about."""
        return sorted(self._name)

    def clash(self, some: Iterable[str], others: Iterable[str]) -> bool:
        """Whether one of some articles must not be with one of the others."""
        against = {name for id in some if id in self._name for name in self._apart[self._name[id]]}
        return bool(against) and any(self._name[id] in against for id in others if id in self._name)

    def _add(self, pair: Pair, *, yielding: bool = False) -> None:
        for article in pair[:2]:
            if article not in self._name:
                self._name[article], self._bundles[article], self._apart[article] = article, {article}, set()
        a, b = sorted((self._name[pair.a], self._name[pair.b]))
        if not pair.together:
            if not (yielding and a == b):
                self._apart[a].add(b)
                self._apart[b].add(a)
        elif a != b and not (yielding and b in self._apart[a]):
            self._unite(a, b)

    def _unite(self, kept: str, gone: str) -> None:
        for article in self._bundles[gone]:
            self._name[article] = kept
        self._bundles[kept] |= self._bundles.pop(gone)
        for other in self._apart.pop(gone):
            self._apart[other].discard(gone)
            self._apart[other].add(kept)
            self._apart[kept].add(other)


def contradiction(earlier: Sequence[Ruling], new: Ruling) -> list[Step]:
    """The chain by which a new ruling contradicts what earlier ones firmly say: from one article over others
    that must be with it to one that must not. Empty when it fits."""
    firm = [*earlier, Ruling(new.id, (*new.firm, *new.implied))]
    steps = [Step(pair, one.id) for one in firm for pair in one.firm]
    bundles = Constraints([Ruling("", tuple(step.pair for step in steps if step.pair.together))])
    for step in steps:
        if not step.pair.together and bundles.name(step.pair.a) == bundles.name(step.pair.b):
            return [*_path(steps, step.pair.a, step.pair.b), step]
    return []


def _path(steps: Sequence[Step], start: str, goal: str) -> list[Step]:
    """The shortest chain of must-links between two articles of one bundle."""
    near: Mapping[str, list[tuple[str, Step]]] = defaultdict(list)
    for step in steps:
        if step.pair.together:
            near[step.pair.a].append((step.pair.b, step))
            near[step.pair.b].append((step.pair.a, step))
    came: dict[str, tuple[str, Step] | None] = {start: None}
    todo = deque([start])
    while todo and goal not in came:
        here = todo.popleft()
        for there, step in near[here]:
            if there not in came:
                came[there] = (here, step)
                todo.append(there)
    found: list[Step] = []
    while (back := came[goal]) is not None:
        goal, step = back
        found.append(step)
    return found[::-1]


def told(steps: Sequence[Step]) -> str:
    """A contradiction as a person reads it: a = b (d-1), b = c (d-2), a != c (d-3)."""
    return ", ".join(
        f"{s.pair.a} {'=' if s.pair.together else '!='} {s.pair.b} ({s.decision_id})" for s in steps
    )
