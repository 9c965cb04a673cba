"""Does a run that judges only what is new find what a run over all of it would, and what is it spared?"""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from window_articles import DAY, WORDS, article, edited, prose

from service import epochs
from service.epochs import BEGINNING, GROUPS, WINDOW, Epochs
from service.model import WindowArticle
from service.settings import Settings
from service.stories import seen
from service.stories.constraints import Constraints, ruling
from service.stories.recluster import View, group, in_order, recluster, view_and_window
from service.stories.same_event import default_model
from service.stories.since import view_on

MODEL = default_model()


def world(rng: random.Random, number: int) -> list[WindowArticle]:
    """Reports of a few events, some of them copies of others, dated and not; some are too short."""
    cores = [rng.sample(WORDS, 40) for _ in range(max(2, number // 6))]
    texts = [prose(rng, 60) for _ in range(3)]
    found = []
    for n in range(number):
        core, id, at = rng.choice(cores), f"a{n:03}", rng.choice([None, 0.0, DAY])
        if rng.random() < 0.2:
            found.append(article(id, "T", edited(rng, rng.choice(texts), n % 3), published_at=at))
        elif rng.random() < 0.1:
            found.append(article(id, "A title", "too short", published_at=at))
        else:
            words = [rng.choice(core if rng.random() < 0.8 else WORDS) for _ in range(80)]
            found.append(article(id, " ".join(rng.sample(core, 5)), " ".join(words), published_at=at))
    return found


class Store:
    """What is there now, by place, and how often it was read."""

    def __init__(self, items: Sequence[WindowArticle]) -> None:
        self.items = dict(enumerate(items, 1))
        self.read_places: set[int] = set()

    def read(self, places: Iterable[int]) -> Iterator[WindowArticle]:
        wanted = list(places)
        assert wanted == sorted(wanted)
        self.read_places |= set(wanted)
        return iter(in_order(self.items[place] for place in wanted))

    @property
    def ids(self) -> dict[int, str]:
        return {place: self.items[place].article_id for place in sorted(self.items)}

    def view(self, kept: Epochs, *, anew: bool = False) -> View:
        self.read_places = set()
        return kept.view(self.ids, self.read, anew=anew)

    def groups(self, kept: Epochs, constraints: Constraints, *, anew: bool = False) -> set[frozenset[str]]:
        labels = kept.groups(self.ids, constraints, lambda: self.view(kept, anew=anew), anew=anew)
        found: dict[int, set[str]] = {}
        for id, label in zip(self.ids.values(), labels.tolist(), strict=True):
            found.setdefault(label, set()).add(id)
        return {frozenset(ids) for ids in found.values()}


def stories(view: View) -> list[tuple[str, ...]]:
    return group(view, (), MODEL, Constraints())


def same(a: View, b: View) -> bool:
    """Whether two views are equal to the last bit."""
    arrays = zip((*a.seen.pairs, *a.seen.copies), (*b.seen.pairs, *b.seen.copies), strict=True)
    return (
        list(a.ids) == list(b.ids)
        and list(a.originals) == list(b.originals)
        and a.across == b.across
        and all(x.shape == y.shape and (x == y).all() for x, y in arrays)
    )


def directly(began: Sequence[WindowArticle], items: dict[int, WindowArticle]) -> View:
    """What there is to see of `items` in an epoch that began with others, each by its place from 1 on: in the
    window of then as it was, without a file, with all articles at hand."""
    then = [
        item if place in items else replace(item, article_id=f"{item.article_id} before")
        for place, item in enumerate(began, 1)
    ]
    view, window = view_and_window(in_order(then), MODEL, Settings())
    came = [item for place, item in items.items() if place > len(began)]
    gone = [id for id in view.ids if id.endswith(" before")]

    def read(ids: Sequence[str]) -> list[WindowArticle]:
        return [item for item in then if item.article_id in ids]

    return view_on(view, window, came, gone, read, MODEL, Settings())


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 10**6))
def test_what_is_found_depends_on_then_and_now_alone(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    """Whatever came, went, got a new version and was judged in between; the same is found in a window that
    was never written down."""
    rng = random.Random(seed)
    items = world(rng, 72)
    began, later = items[:60], items[60:]
    store, other = Store(began), Store(began)
    kept = Epochs(Settings(data=tmp_path_factory.mktemp("a")), MODEL, "", least=1)
    alone = Epochs(Settings(data=tmp_path_factory.mktemp("b")), MODEL, "", least=1)
    assert same(store.view(kept), other.view(alone))
    gone = rng.sample(sorted(store.items), 4)
    for number, one in enumerate(later[: rng.randint(0, 7)]):
        store.items[100 + number] = one
        if number < len(gone):
            old = store.items.pop(gone[number])
            if rng.random() < 0.5:
                store.items[200 + number] = replace(one, article_id=old.article_id)
                del store.items[100 + number]
        if rng.random() < 0.5:
            store.view(kept)
    other.items = dict(store.items)
    found = store.view(kept)
    assert same(found, other.view(alone))
    assert same(found, directly(began, store.items))


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 10**6))
def test_groups_that_were_kept_are_those_that_would_be_found(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    """Whatever people decide and take back, and whichever epoch a run is of."""
    rng = random.Random(seed)
    items = world(rng, 50)
    store, folder = Store(items[:44]), tmp_path_factory.mktemp("a")
    kept = Epochs(Settings(data=folder), MODEL, "", least=1)
    demands = [Constraints()]
    for _ in range(2):
        kind = rng.choice(["must_link", "cannot_link"])
        demands.append(Constraints([ruling("d", kind, rng.sample(list(store.ids.values()), 2), ())]))
    for number in range(6):
        if rng.random() < 0.3:
            store.items[100 + number] = items[44 + number]
        constraints, anew = rng.choice(demands), rng.random() < 0.3
        found = store.groups(kept, constraints, anew=anew)
        view = store.view(kept, anew=anew)
        others = set(store.ids.values()) - set(view.ids)
        assert found == {frozenset(ids) for ids in group(view, others, MODEL, constraints)}


def test_a_window_that_did_not_change_is_not_even_read(tmp_path: Path) -> None:
    items = world(random.Random(1), 61)
    store, kept = Store(items[:60]), Epochs(Settings(data=tmp_path), MODEL, "", least=1)
    first, groups = store.view(kept), store.groups(kept, Constraints())
    assert store.read_places == set()
    assert same(store.view(kept), first)
    assert same(store.view(kept, anew=True), first)  # all of it was judged when the epoch began
    assert store.read_places == set()
    labels = kept.groups(store.ids, Constraints(), lambda: pytest.fail("it was grouped before"), anew=False)
    assert len(set(labels.tolist())) == len(groups)
    store.items[100] = items[60]
    second = store.view(kept)
    assert 100 in store.read_places
    assert same(store.view(kept), second)
    assert store.read_places == set()
    store.view(kept, anew=True)
    assert store.read_places == set(store.items)


def test_of_those_that_were_there_only_what_the_new_are_compared_with_is_read(tmp_path: Path) -> None:
    rng = random.Random(2)
    items = [article(f"a{n:03}", "", prose(rng, 60)) for n in range(80)]
    store, kept = Store(items), Epochs(Settings(data=tmp_path), MODEL, "", least=1)
    store.view(kept)
    store.items[100] = article("copy", "", " ".join(WORDS[:9]))
    store.items[101] = article("new", "", f"{prose(random.Random(2), 60)}")
    found = store.view(kept)
    assert {1, 100, 101} <= store.read_places
    assert found.originals[found.ids.index("a000")] == found.ids.index("new")
    assert len(store.read_places) < 60


def test_only_what_is_new_is_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[int] = []
    judge = seen._judged
    monkeypatch.setattr(
        seen, "_judged", lambda window, slots, model: judged.append(len(slots)) or judge(window, slots, model)
    )
    items = world(random.Random(3), 60)
    store, kept = Store(items[:50]), Epochs(Settings(data=tmp_path), MODEL, "", least=1)
    store.view(kept)
    store.items |= {100 + n: item for n, item in enumerate(items[50:54])}
    store.view(kept)
    matchable = [sum(item.sketch.matchable for item in part) for part in (items[:50], items[50:54])]
    assert judged == matchable
    store.items |= {200 + n: item for n, item in enumerate(items[54:])}
    store.view(kept)  # an eighth of the window is new: another epoch
    assert judged[-1] == sum(item.sketch.matchable for item in items)


def test_a_run_asked_for_depends_on_the_articles_alone(tmp_path: Path) -> None:
    items = world(random.Random(4), 60)
    store, kept = Store(items[:56]), Epochs(Settings(data=tmp_path), MODEL, "", least=1)
    store.view(kept)
    store.items |= {100 + n: item for n, item in enumerate(items[56:])}
    store.view(kept)
    found = {frozenset(ids) for ids in stories(store.view(kept, anew=True))}
    whole = {frozenset(cluster.article_ids) for cluster in recluster(items, settings=Settings())}
    assert found == {ids for ids in whole if len(ids) > 1 or next(iter(ids)) in store.view(kept).ids}


@pytest.mark.parametrize("name", [BEGINNING, WINDOW, GROUPS])
def test_a_file_that_does_not_fit_costs_time_alone(tmp_path: Path, name: str) -> None:
    items = world(random.Random(5), 61)
    store, kept = Store(items[:60]), Epochs(Settings(data=tmp_path), MODEL, "", least=1)
    groups = store.groups(kept, Constraints())
    file = tmp_path / "reclustering" / name
    whole = file.read_bytes()
    for broken in (b"", b"no archive", whole[: len(whole) // 2]):
        file.write_bytes(broken)
        assert store.groups(kept, Constraints()) == groups
    file.write_bytes(b"")
    store.items[100] = items[60]
    assert items[60].article_id in {id for ids in store.groups(kept, Constraints()) for id in ids}
    other = Epochs(Settings(data=tmp_path, window_days=3), MODEL, "", least=1)
    store.view(other)
    assert store.read_places == set(store.items)


def test_a_damaged_file_costs_time_alone(tmp_path: Path) -> None:
    """Whatever its reader says of it: bits that fall may ask for compressions that do not exist."""
    rng = random.Random(8)
    store, kept = Store(world(rng, 60)), Epochs(Settings(data=tmp_path), MODEL, "", least=1)
    groups = store.groups(kept, Constraints())
    file = tmp_path / "reclustering" / GROUPS
    whole = file.read_bytes()
    for at in rng.sample(range(len(whole)), 100):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << rng.randrange(8)]) + whole[at + 1 :])
        store.groups(kept, Constraints())
    file.write_bytes(whole)
    assert store.groups(kept, Constraints()) == groups


def test_other_articles_at_the_same_places_are_seen_anew(tmp_path: Path) -> None:
    """As where a store was put back to an earlier state."""
    first, other = world(random.Random(9), 60), world(random.Random(10), 60)
    renamed = [replace(item, article_id=f"b{item.article_id}") for item in other]
    kept = Epochs(Settings(data=tmp_path), MODEL, "", least=1)
    Store(first).groups(kept, Constraints())
    alone = Epochs(Settings(data=tmp_path / "alone"), MODEL, "", least=1)
    assert Store(renamed).groups(kept, Constraints()) == Store(renamed).groups(alone, Constraints())
    few = Store([*first[:58], *renamed[58:]])
    few.view(kept)
    assert few.read_places == set(few.items)


def test_nothing_is_kept_for_ever(tmp_path: Path) -> None:
    store, kept = Store(world(random.Random(11), 60)), Epochs(Settings(data=tmp_path), MODEL, "", least=1)
    left = tmp_path / "reclustering" / f"{WINDOW}.left"
    left.parent.mkdir()
    left.write_bytes(b"by a process that was killed")
    os.utime(left, (0, 0))
    store.view(kept)
    assert not left.exists()
    epochs.forget(Settings(data=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_small_window_leaves_no_file(tmp_path: Path) -> None:
    store = Store(world(random.Random(6), 40))
    store.view(Epochs(Settings(data=tmp_path), MODEL, ""))
    assert epochs.LEAST > 40
    assert list(tmp_path.iterdir()) == []
