"""Do decisions become the constraints they say, are contradictions found, and are groups mended to keep
them?"""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.stories.constraints import Constraints, Pair, Ruling, contradiction, ruling, told
from service.stories.homes import Homes
from service.stories.linkage import average_linkage
from service.stories.mending import mend

NAMES = "abcdefghij"


def must(id: str, *articles: str) -> Ruling:
    return ruling(id, "must_link", articles, ())


def cannot(id: str, *articles: str) -> Ruling:
    return ruling(id, "cannot_link", articles, ())


def random_rulings(rng: random.Random, number: int) -> list[Ruling]:
    """Decisions of all kinds that do not contradict each other."""
    made: list[Ruling] = []
    for n in range(number):
        named = rng.sample(NAMES, rng.choice([2, 2, 2, 3, 5]))
        kind = rng.choice(["must_link", "cannot_link", "merge", "split", "move"])
        cut = max(2 if kind == "move" else 1, len(named) // 2)
        parts = (named, []) if kind in ("must_link", "cannot_link") else (named[:cut], named[cut:])
        new = ruling(f"d-{n}", kind, *parts)  # type: ignore[arg-type]
        if not contradiction(made, new):
            made.append(new)
    return made


def keeps(groups: Sequence[set[str]], constraints: Constraints) -> bool:
    home = {article: number for number, group in enumerate(groups) for article in group}
    whole = all(len({home[a] for a in bundle if a in home}) <= 1 for bundle in constraints.bundles())
    return whole and not any(constraints.clash(group, group) for group in groups)


def test_must_links_chain_and_cannot_links_hold_for_the_whole_bundle() -> None:
    held = Constraints([must("1", "a", "b"), must("2", "b", "c"), cannot("3", "c", "x")])
    assert held.bundle("a") == frozenset("abc")
    assert held.clash(["a"], ["x"])
    assert not held.clash(["a", "b"], ["c", "d"])
    assert ("a" in held, "d" in held, held.bundle("d")) == (True, False, frozenset("d"))


def test_a_contradiction_is_told_step_by_step() -> None:
    earlier = [must("1", "a", "b"), must("2", "b", "c")]
    steps = contradiction(earlier, cannot("3", "c", "a"))
    assert told(steps) == "b = c (2), a = b (1), c != a (3)"
    assert contradiction(earlier, cannot("3", "c", "x")) == []
    assert told(contradiction([*earlier, cannot("3", "c", "x")], must("4", "a", "x"))) == (
        "b = c (2), a = b (1), a = x (4), c != x (3)"
    )


def test_what_is_implied_yields_to_what_comes_later_and_never_to_what_was_before() -> None:
    merged = ruling("1", "merge", ["a", "b"], ["c", "d"])
    assert Constraints([merged]).bundle("a") == frozenset("abcd")
    split = ruling("2", "split", ["d"], ["a", "b", "c"])
    held = Constraints([merged, split])
    assert (held.bundle("a"), held.clash(["d"], ["c"])) == (frozenset("abc"), True)
    assert contradiction([merged], split) == []
    assert contradiction([split], merged._replace(id="3"))


@given(st.integers(0, 10**6))
def test_firm_rulings_all_hold(seed: int) -> None:
    rulings = random_rulings(random.Random(seed), 12)
    held = Constraints(rulings)
    for pair in (pair for one in rulings for pair in one.firm):
        assert (held.name(pair.a) == held.name(pair.b)) == pair.together
        assert held.clash([pair.a], [pair.b]) != pair.together
    if rulings:  # the newest one holds with all that it implies
        for a, b, together in rulings[-1].implied:
            assert (held.name(a) == held.name(b)) == together


@given(st.integers(0, 10**6))
def test_mended_groups_keep_all_constraints_in_any_order(seed: int) -> None:
    rng = random.Random(seed)
    constraints = Constraints(random_rulings(rng, 8))
    groups: list[set[str]] = [set() for _ in range(4)]
    for article in NAMES:
        rng.choice(groups).add(article)
    ties = [(a, b, rng.random()) for a in NAMES for b in NAMES if a < b and rng.random() < 0.5]
    mended = mend(groups, constraints, ties)
    assert sorted(article for group in mended for article in group) == list(NAMES)
    assert keeps(mended, constraints)
    again = mend(rng.sample(groups, 4), constraints, rng.sample(ties, len(ties)))
    assert {frozenset(group) for group in again} == {frozenset(group) for group in mended}
    assert {frozenset(group) for group in mend(mended, constraints, ties)} == {frozenset(g) for g in mended}


def test_groups_that_keep_the_constraints_stay_as_they_are() -> None:
    groups = [set("ab"), set("cd")]
    assert mend(groups, Constraints([must("1", "a", "b"), cannot("2", "a", "c")]), ()) == groups


def test_a_broken_group_follows_its_strongest_ties() -> None:
    ties = [("a", "m", 0.9), ("b", "n", 0.9), ("m", "n", 0.5)]
    assert mend([set("abmn")], Constraints([cannot("1", "a", "b")]), ties) == [set("am"), set("bn")]


def test_a_bundle_moves_alone_where_its_groups_may_not_merge() -> None:
    held = Constraints([must("1", "a", "b", "c"), cannot("2", "x", "y")])
    assert mend([set("abx"), set("cyz")], held, ()) == [set("abcx"), set("yz")]


@given(st.integers(0, 10**6))
def test_linkage_never_joins_what_is_apart(seed: int) -> None:
    rng = random.Random(seed)
    pairs = [(i, j, rng.random()) for i in range(10) for j in range(i) if rng.random() < 0.7]
    label = {i: rng.choice("PQR") for i in range(10) if rng.random() < 0.6}
    apart = {"P": "Q", "Q": "P"}
    found = average_linkage(10, pairs, 0.3, label, apart)
    assert not [group for group in found if {"P", "Q"} <= {label.get(i) for i in group}]
    free = average_linkage(10, pairs, 0.3)
    if not [group for group in free if {"P", "Q"} <= {label.get(i) for i in group}]:
        assert found == free


@pytest.mark.parametrize(("home", "due"), [({"b": "S"}, "S"), ({}, "T")])
def test_an_article_is_due_where_its_bundle_is(home: dict[str, str], due: str) -> None:
    assert Homes(Constraints([must("1", "a", "b")]), home).due("a", "T") == due


def test_an_article_is_not_due_where_somebody_must_be_apart_from_it() -> None:
    parted = Constraints([cannot("1", "a", "x")])
    assert Homes(parted, {"x": "T", "a": "S"}).due("a", "T") == "S"
    assert Homes(parted, {"x": "T"}).due("a", "T") is None


def test_homes_follow_stories_and_know_what_may_merge() -> None:
    homes = Homes(Constraints([cannot("1", "a", "x")]), {"a": "S", "x": "T"})
    assert not homes.may_merge("S", "T")
    homes.rename("T", "U")
    assert (homes.may_merge("S", "T"), homes.may_merge("S", "U")) == (True, False)
    before = homes.story_of
    homes.move(["x", "unknown"], "V")
    assert homes.story_of == {"a": "S", "x": "V"}
    homes.put_back(before)
    assert homes.story_of == {"a": "S", "x": "U"}


def test_parts_of_a_story_stay_one_where_a_bundle_spans_them() -> None:
    homes = Homes(
        Constraints([must("1", "a", "b"), must("2", "c", "gone")]), dict.fromkeys("abc", "S") | {"gone": "S"}
    )
    parts = [["m"], ["a"], ["b"], ["c"], ["n"]]
    assert homes.unite("S", parts) == [[0, 3], [1, 2], [4]]


def test_pairs_are_named_by_what_they_say() -> None:
    moved = ruling("1", "move", ["a", "t"], ["r", "s"])
    assert moved.firm == (Pair("t", "a", True), Pair("t", "r", False))
    assert moved.implied == (Pair("t", "s", False),)
    assert ruling("1", "represent", ["a"], ()).firm == ()
