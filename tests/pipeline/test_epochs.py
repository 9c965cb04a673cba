"""Does a run that judges only what is new find what a run over all of it would, and what is it spared?"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from window_articles import DAY, WORDS, article, edited, prose

from service import epochs
from service.epochs import BEGINNING, Epochs
from service.model import WindowArticle
from service.settings import Settings
from service.stories import seen
from service.stories.constraints import Constraints
from service.stories.recluster import View, group, recluster, view_of
from service.stories.same_event import default_model

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
        self.reads = 0

    def read(self) -> Iterator[WindowArticle]:
        self.reads += 1
        return iter([self.items[seq] for seq in sorted(self.items)])

    def view(self, kept: Epochs, *, anew: bool = False) -> View:
        ids = {seq: self.items[seq].article_id for seq in sorted(self.items)}
        return kept.view(ids, self.read, anew=anew)


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


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 10**6))
def test_what_is_found_depends_on_then_and_now_alone(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    """Whatever came, went and was judged in between, and whether it was kept on disk or not."""
    rng = random.Random(seed)
    items = world(rng, 60)
    began, later = items[:48], items[48:]
    store, direct = Store(began), Store(began)
    kept = Epochs(Settings(data=tmp_path_factory.mktemp("a")), MODEL, least=1)
    alone = Epochs(Settings(data=tmp_path_factory.mktemp("b")), MODEL, least=1)
    assert same(store.view(kept), direct.view(alone))
    gone = rng.sample(sorted(store.items), 3)
    for number, one in enumerate(later[:6]):
        store.items[100 + number] = one
        if number < len(gone):
            del store.items[gone[number]]
        if rng.random() < 0.5:
            store.view(kept)
    direct.items = dict(store.items)
    found = store.view(kept)
    assert same(found, direct.view(alone))
    before = view_of(began, MODEL, Settings())
    here = {item.article_id for item in store.items.values()}
    then = [id if id in here else "" for id in before.ids]
    full = view_of(store.items.values(), MODEL, Settings(), before.seen, then)
    assert stories(found) == stories(full)


def test_a_window_that_did_not_change_is_not_even_read(tmp_path: Path) -> None:
    items = world(random.Random(1), 61)
    store, kept = Store(items[:60]), Epochs(Settings(data=tmp_path), MODEL, least=1)
    first = store.view(kept)
    assert same(store.view(kept), first)
    assert same(store.view(kept, anew=True), first)  # all of it was judged when the epoch began
    assert store.reads == 1
    store.items[100] = items[60]
    second = store.view(kept)
    assert same(store.view(kept), second)
    assert store.reads == 2
    store.view(kept, anew=True)
    assert store.reads == 3


def test_only_what_is_new_is_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[int] = []
    judge = seen._judged
    monkeypatch.setattr(
        seen, "_judged", lambda window, slots, model: judged.append(len(slots)) or judge(window, slots, model)
    )
    items = world(random.Random(3), 60)
    store, kept = Store(items[:50]), Epochs(Settings(data=tmp_path), MODEL, least=1)
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
    store, kept = Store(items[:56]), Epochs(Settings(data=tmp_path), MODEL, least=1)
    store.view(kept)
    store.items |= {100 + n: item for n, item in enumerate(items[56:])}
    store.view(kept)
    found = {frozenset(ids) for ids in stories(store.view(kept, anew=True))}
    whole = {frozenset(cluster.article_ids) for cluster in recluster(items, settings=Settings())}
    assert found == {ids for ids in whole if len(ids) > 1 or next(iter(ids)) in store.view(kept).ids}


def test_a_file_that_does_not_fit_costs_time_alone(tmp_path: Path) -> None:
    store, kept = Store(world(random.Random(5), 60)), Epochs(Settings(data=tmp_path), MODEL, least=1)
    first = store.view(kept)
    file = tmp_path / "reclustering" / BEGINNING
    whole = file.read_bytes()
    for broken in (b"", b"no archive", whole[: len(whole) // 2]):
        file.write_bytes(broken)
        assert same(store.view(kept), first)
    reads = store.reads
    other = Epochs(Settings(data=tmp_path, window_days=3), MODEL, least=1)
    store.view(other)
    assert (reads, store.reads) == (4, 5)


def test_a_small_window_leaves_no_file(tmp_path: Path) -> None:
    store = Store(world(random.Random(6), 40))
    store.view(Epochs(Settings(data=tmp_path), MODEL))
    assert epochs.LEAST > 40
    assert list(tmp_path.iterdir()) == []
