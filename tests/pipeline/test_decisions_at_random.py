"""Do all promises hold after every step of a random life: articles, decisions, undos, re-clusterings,
restarts?"""

from __future__ import annotations

import random
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from corpus import Raw, events
from hypothesis import given, settings
from hypothesis import strategies as st
from rig import Rig

from service.current import constraints_of
from service.errors import Conflict, Gone, InvalidDecision
from service.stories.constraints import Constraints, Ruling, contradiction, ruling

SET = events(7, copies=4)
OUTLETS = {str(raw["id"]): raw["outlet"] for raw in SET}
IDS = sorted(str(raw["id"]) for raw in SET)
REFUSED = (Conflict, Gone, InvalidDecision)  # what a random decision may well be


class Life:
    """An installation to which things happen at random; `check` looks at every promise."""

    def __init__(self, directory: Path, seed: int) -> None:
        self.rng = random.Random(seed)
        self.rig = Rig(directory)
        self.waiting: list[Raw] = self.rng.sample(SET, len(SET))
        self.served: set[str] = set()  # every story id that was ever to be seen
        self.made: list[str] = []
        self.decisions = 0

    def arrive(self) -> None:
        batch, self.waiting = self.waiting[:5], self.waiting[5:]
        self.rig.take_in(*batch)

    def decide(self) -> None:
        there = self.rig.store.stories.assignments()
        if len(there) < 4:
            return
        if self.rng.random() < 0.15:
            self.ignore()
            return
        kind = self.rng.choice(["must_link", "cannot_link", "merge", "split", "move", "represent"])
        some = self.rng.sample(sorted(there), self.rng.choice([1, 2, 2, 3]))
        stories = self.rng.sample(sorted(set(there.values())), min(2, len(set(there.values()))))
        told = {"merge": ([], stories), "move": (some[:1], stories[:1]), "represent": (some[:1], [])}
        articles, named = told.get(kind, (some, []))
        try:
            self.made.append(self.rig.decide(kind, *articles, stories=named))  # type: ignore[arg-type]
        except REFUSED:
            return
        self.decisions += 1

    def ignore(self) -> None:
        """An outlet, or a sentence of some report."""
        words = self.rng.choice(SET)["text"].split(".")[self.rng.randrange(5)]
        what = self.rng.choice([{"outlet": f"Outlet {self.rng.randrange(4)}"}, {"passage": words}])
        self.made.append(self.rig.ignore(**what))
        self.decisions += 1

    def undo(self) -> None:
        if self.made:
            self.rig.undo(self.made.pop(self.rng.randrange(len(self.made))))

    def revise(self) -> None:
        there = self.rig.store.stories.assignments()
        again = [raw for raw in SET if raw["id"] in there]
        if again:
            raw = self.rng.choice(again)
            self.rig.take_in({**raw, "text": f"{raw['text']} Update {self.rng.random()}."})

    def delete(self) -> None:
        there = sorted(self.rig.store.stories.assignments())
        if len(there) > 12:
            self.rig.delete(self.rng.choice(there))

    def step(self) -> None:
        steps = [
            self.arrive,
            *[self.decide] * 5,
            *[self.undo] * 3,
            self.rig.recluster,
            self.rig.reopen,
            self.revise,
        ]
        self.rng.choice(steps)()
        self.check()

    def check(self) -> None:
        store, there = self.rig.store, self.rig.store.stories.assignments()
        with store.read() as connection:
            constraints = constraints_of(connection)
        assert store.check() == []  # one live story each, counts, lineage without circles, and it replays
        ignored = self.rig.owner.ignored.outlets
        alone = {id for id in there if OUTLETS[id] in ignored}
        assert self.rig.owner.stories() == {id: story for id, story in there.items() if id not in alone}
        for article_id in alone - set(constraints.articles()):
            assert list(there.values()).count(there[article_id]) == 1
        homes = self.rig.owner.homes.story_of
        assert {id: story for id, story in homes.items() if id in there} == {
            id: there[id] for id in constraints.articles() if id in there
        }
        for bundle in constraints.bundles():
            assert len({there[id] for id in bundle if id in there}) <= 1
        groups: dict[str, list[str]] = {}
        for article_id, story_id in there.items():
            groups.setdefault(story_id, []).append(article_id)
        assert not any(constraints.clash(group, group) for group in groups.values())
        self.served |= set(there.values())
        for story_id in self.served:
            assert store.stories.get(store.stories.resolve(story_id)).status in ("live", "closed")


@settings(max_examples=6)
@given(st.integers(0, 10**6))
def test_promises_hold_after_every_step(seed: int) -> None:
    with TemporaryDirectory() as folder:
        life = Life(Path(folder), seed)
        life.arrive()
        life.arrive()
        for _ in range(25):
            life.step()
        life.delete()
        life.check()
        while life.made:
            life.undo()
        life.check()
        life.rig.store.close()


@pytest.mark.timeout(3600)
def test_promises_hold_through_so_many_decisions_and_runs(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    """With `--long` 1,000 decisions and undos; a fifth of them before each re-clustering."""
    wanted, runs = 1000 if pytestconfig.getoption("long") else 40, 5
    life = Life(tmp_path, 7)
    while life.waiting:
        life.arrive()
    made = 0
    for run in range(1, runs + 1):
        while made < wanted * run // runs:
            before = life.decisions, len(life.made)
            life.rng.choice([life.decide, life.decide, life.undo])()
            if (life.decisions, len(life.made)) != before:
                made += 1
                life.check()
        life.rig.recluster()
        life.check()
    assert made == wanted
    while life.made:
        life.undo()
    life.check()
    life.rig.store.close()


def firm_rulings(rng: random.Random, number: int) -> list[Ruling]:
    """Must-links and cannot-links between random articles that do not contradict each other."""
    made: list[Ruling] = []
    for _ in range(number):
        kind = rng.choice(["must_link", "cannot_link"])
        new = ruling(kind, kind, rng.sample(IDS, 2), ())  # type: ignore[arg-type]
        if not contradiction(made, new):
            made.append(new)
    return made


def grouped(
    directory: Path, seed: int, rulings: list[Ruling], batch: int, *, restart: bool
) -> set[frozenset[str]]:
    """The re-clustered stories of articles and decisions that came in an order of their own."""
    rng, rig = random.Random(seed), Rig(directory)
    waiting, to_decide = rng.sample(SET, len(SET)), rng.sample(rulings, len(rulings))
    while waiting or to_decide:
        if waiting:
            rig.take_in(*waiting[:batch])
            waiting = waiting[batch:]
        there = rig.store.stories.assignments().keys()
        for one in [one for one in to_decide if not {id for pair in one.firm for id in pair[:2]} - there]:
            if not waiting or rng.random() < 0.5:
                to_decide.remove(one)
                rig.decide(one.id, *one.firm[0][:2])  # type: ignore[arg-type]
        if restart and rng.random() < 0.3:
            rig.reopen()
    rig.recluster()
    assert rig.store.check() == []
    found = rig.stories()
    rig.store.close()
    return found


@settings(max_examples=4)
@given(st.integers(0, 10**6))
def test_neither_order_nor_batches_nor_restarts_change_the_stories(seed: int) -> None:
    rulings = firm_rulings(random.Random(seed), 8)
    found = []
    for number, (batch, restart) in enumerate([(28, False), (5, True), (3, False)]):
        with TemporaryDirectory() as folder:
            found.append(grouped(Path(folder), seed + number, rulings, batch, restart=restart))
    assert found[0] == found[1] == found[2]
    held = Constraints(rulings)
    for bundle in held.bundles():
        assert any(bundle <= group for group in found[0])
    assert not any(held.clash(group, group) for group in found[0])


@pytest.mark.parametrize("seed", [1])
def test_undoing_everything_leaves_what_nobody_had_decided(tmp_path: Path, seed: int) -> None:
    life, untouched = Life(tmp_path / "one", seed), Rig(tmp_path / "other")
    life.rig.take_in(*SET)
    life.waiting = []
    untouched.take_in(*SET)
    for _ in range(40):
        life.rng.choice([life.decide, life.decide, life.rig.recluster])()
    assert life.decisions > 5
    while life.made:
        life.undo()
    for rig in (life.rig, untouched):
        rig.recluster()
    life.check()
    assert life.rig.stories() == untouched.stories()
    life.rig.store.close()
    untouched.store.close()
