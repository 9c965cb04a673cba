"""How do groups of articles change so that people's decisions hold? As little as possible, in no order.

First groups that hold what must be apart are broken where their links are weakest; then what must be together
is brought together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from service.stories.constraints import Constraints

Tie = tuple[str, str, float]  # two articles and the probability that they tell one event


def mend(groups: Iterable[Iterable[str]], constraints: Constraints, ties: Iterable[Tie]) -> list[set[str]]:
    """Disjoint groups of article ids that keep the constraints, made from such that may not."""
    ordered = sorted(ties, key=lambda tie: (-tie[2], *sorted(tie[:2])))
    parts = [part for group in groups for part in _broken(set(group), constraints, ordered)]
    return _gathered(sorted(parts, key=min), constraints)


def _broken(group: set[str], constraints: Constraints, ties: Sequence[Tie]) -> list[set[str]]:
    """Break a group only if it must be: bundles and single articles grow together along the strongest ties,
    as far as nobody says that they are apart; what nothing ties stays with the largest part that it may."""
    if not group or not constraints.clash(group, group):
        return [group] if group else []
    part_of = {id: {other for other in constraints.bundle(id) if other in group} for id in sorted(group)}
    for a, b, _ in ties:
        if a in part_of and b in part_of:
            _join(part_of, part_of[a], part_of[b], constraints)
    parts: list[set[str]] = []
    for part in sorted(
        {min(part): part for part in part_of.values()}.values(), key=lambda p: (-len(p), min(p))
    ):
        home = next((other for other in parts if not constraints.clash(part, other)), None)
        if home is None:
            parts.append(set(part))
        else:
            home |= part
    return parts


def _join(part_of: dict[str, set[str]], one: set[str], other: set[str], constraints: Constraints) -> None:
    if one != other and not constraints.clash(one, other):
        one |= other
        part_of |= dict.fromkeys(one, one)


def _gathered(groups: list[set[str]], constraints: Constraints) -> list[set[str]]:
    """Bring bundles together: whole groups merge where they may, else the bundle alone moves to where most of
    it is."""
    home = {article: group for group in groups for article in group}
    for bundle in constraints.bundles():
        parts = {id(home[article]): home[article] for article in sorted(bundle & home.keys())}
        if len(parts) < 2:
            continue
        goal, *rest = sorted(parts.values(), key=lambda part: (-len(part & bundle), min(part)))
        for part in rest:
            moving = part & bundle if constraints.clash(goal, part) else set(part)
            goal |= moving
            part -= moving
            home |= dict.fromkeys(moving, goal)
    return [group for group in groups if group]
