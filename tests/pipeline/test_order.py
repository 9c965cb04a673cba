"""Are re-clustered stories the same whatever the order of articles, the batches, the restarts, and when
people decided?"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from corpus import Raw, events, vocabulary
from hypothesis import given, settings
from hypothesis import strategies as st
from rig import Rig

from service.errors import Contradiction

SEEDS = Path(__file__).resolve().parents[2] / "seeds" / "articles.jsonl"
Wish = tuple[str, tuple[str, str]]


def world(rng: random.Random) -> list[Raw]:
    """Copies, reports of one event in words of their own, and a page without a text; some of them dated."""
    words = vocabulary(random.Random(1), 3000)
    made = events(3, copies=3, seed=rng.randrange(1000))
    for event in range(4):
        core = rng.sample(words, 30)
        for outlet in range(3):
            told = [rng.choice(core if rng.random() < 0.85 else words) for _ in range(90)]
            body = " ".join([*rng.sample(core, 20), *told]).capitalize() + "."
            raw = {"id": f"own{event}-{outlet}", "outlet": f"Outlet {outlet}", "lang": "en", "text": body}
            dated = {"published": f"2023-11-{rng.randrange(1, 9):02}T10:00:00Z"} if rng.random() < 0.7 else {}
            made.append({**raw, **dated, "title": " ".join(rng.sample(core, 5)).capitalize()})
    return [
        *made,
        {"id": "short", "outlet": "Outlet 1", "title": "A title", "text": "Too short.", "lang": "en"},
    ]


def wishes(rng: random.Random, raws: Sequence[Raw], number: int) -> list[Wish]:
    ids = sorted(str(raw["id"]) for raw in raws)
    kinds = ["must_link", "cannot_link"]
    return [(rng.choice(kinds), tuple(rng.sample(ids, 2))) for _ in range(number)]  # type: ignore[misc]


class Life:
    """One way in which the same things happen."""

    def __init__(self, directory: Path, raws: Sequence[Raw], wished: Sequence[Wish]) -> None:
        self.rig, self.raws, self.wished = Rig(directory), raws, list(wished)

    def live(self, rng: random.Random) -> set[frozenset[str]]:
        """Everything in some order, in batches of some size, with restarts and re-clusterings here and there;
        people decide, in their order, before or after the articles that they do not name."""
        size = rng.choice([1, 4, 25])
        waiting = rng.sample(self.raws, len(self.raws))
        while waiting:
            self.rig.take_in(*waiting[:size])
            del waiting[:size]
            self.decide()
            if rng.random() < 0.2:
                self.rig.reopen()
            if rng.random() < 0.2:
                self.rig.recluster()
        self.rig.recluster()
        assert self.rig.store.check() == []
        found = self.rig.stories()
        self.rig.store.close()
        return found

    def decide(self) -> None:
        there = self.rig.store.stories.assignments()
        while self.wished and set(self.wished[0][1]) <= there.keys():
            kind, articles = self.wished.pop(0)
            try:
                self.rig.decide(kind, *articles)  # type: ignore[arg-type]
            except Contradiction:
                continue


@settings(deadline=None, max_examples=3)
@given(st.integers(0, 10**6))
def test_the_same_articles_and_decisions_give_the_same_stories(seed: int) -> None:
    rng = random.Random(seed)
    raws = world(rng)
    wished = wishes(rng, raws, rng.choice([0, 3, 8]))
    found = []
    for _ in range(3):
        with TemporaryDirectory() as folder:
            found.append(Life(Path(folder), raws, wished).live(rng))
    assert found[1:] == found[:1] * 2


@pytest.mark.parametrize(("order", "size", "restart"), [(1, 7, True), (2, 100, False)])
def test_the_seeds_in_any_order(rig: Rig, tmp_path: Path, order: int, size: int, restart: bool) -> None:
    raws = [json.loads(line) for line in SEEDS.read_text("utf-8").splitlines()]
    rig.take_in(*raws)
    rig.recluster()
    other = Rig(tmp_path / "other")
    shuffled = random.Random(order).sample(raws, len(raws))
    for start in range(0, len(raws), size):
        if restart and start >= len(raws) // 2:
            other.reopen()
        other.take_in(*shuffled[start : start + size])
    other.recluster()
    assert other.stories() == rig.stories()
    other.store.close()
