"""Are sketches of other settings refused with the command that helps, and does it help, stopped or not?"""

from __future__ import annotations

import itertools

import pytest
from corpus import events
from rig import Rig

from service import opening, pipeline
from service.errors import StoreMismatch
from service.settings import Settings
from service.sketch.sketch import pack
from service.store import queue
from service.store.handover import Handover


def changed(rig: Rig, **changes: object) -> Settings:
    return Settings(**{**rig.settings.model_dump(), **changes})


@pytest.mark.parametrize("change", [{"shingle": 4}, {"num_perm": 256}, {"seed": 2}, {"max_tokens": 500}])
def test_other_sketch_settings_are_refused(rig: Rig, change: dict[str, int]) -> None:
    with pytest.raises(StoreMismatch, match="samestory rebuild"):
        pipeline.open_store(changed(rig, **change))


@pytest.mark.parametrize("change", [{"bands": 16}, {"window_days": 3.0}, {"port": 1}])
def test_other_settings_are_free(rig: Rig, change: dict[str, int]) -> None:
    pipeline.open_store(changed(rig, **change)).close()


def test_the_hash_key_stays_with_the_data(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> None:
    with pipeline.open_store(rig.settings) as again, pipeline.open_store(rig.settings, key=b"other") as given:
        assert again.key == given.key == rig.store.key
    keys = set()
    for _ in range(2):
        with pipeline.open_store(Settings(data=tmp_path_factory.mktemp("new"))) as new:
            keys.add(new.key)
    assert len(keys) == 2
    assert {len(key) for key in keys} == {16}


def test_rebuild_makes_sketches_for_the_new_settings(
    rig: Rig, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rig.take_in(*events(8))
    before = rig.stories()
    settings = changed(rig, shingle=4)
    with pipeline.open_store(settings, rebuilding=True) as store:
        assert pipeline.rebuild(store) == 24
    with pytest.raises(StoreMismatch):
        pipeline.open_store(rig.settings)
    fresh = Rig(tmp_path_factory.mktemp("fresh"), shingle=4)
    fresh.take_in(*events(8))
    with pipeline.open_store(settings) as store:
        assert _sketches(store) == _sketches(fresh.store)
        assert store.check() == []
        assert {frozenset(g) for g in before} == rig.stories()
    fresh.store.close()


def test_a_stopped_rebuild_goes_on_and_nothing_opens_before(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.ingest(*events(8))
    settings = changed(rig, shingle=4)
    monkeypatch.setattr(opening, "CHUNK", 5)
    real, turns = opening._next_batch, itertools.count()

    def stopping(store: object) -> object:
        if next(turns) == 2:
            raise KeyboardInterrupt
        return real(store)  # type: ignore[arg-type]

    monkeypatch.setattr(opening, "_next_batch", stopping)
    with pipeline.open_store(settings, rebuilding=True) as store, pytest.raises(KeyboardInterrupt):
        pipeline.rebuild(store)
    for half in (rig.settings, settings):
        with pytest.raises(StoreMismatch, match="samestory rebuild"):
            pipeline.open_store(half)
    with pipeline.open_store(settings, rebuilding=True) as store:
        assert pipeline.rebuild(store) == 24 - 10
    pipeline.open_store(settings).close()


def _sketches(store: pipeline.Store) -> dict[str, bytes]:
    with store.read() as connection:
        found = [*queue.window(connection, 0.0, 1_000), *queue.waiting(connection, 1_000, 0.0, Handover())]
    return {queued.article.article_id: pack(queued.article.sketch) for queued in found}
