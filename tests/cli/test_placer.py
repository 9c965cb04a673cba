"""Does an import place beside storing, to the end, and does it stop as soon as either fails?"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import pytest

from service.cli.importing import AHEAD, Placer
from service.runner import EmbeddedEngine

PATIENCE = 60.0


class Engine:
    """Has so many turns to do for each batch that was stored; `before` is called at each."""

    def __init__(self, turns: int = 1, before: Callable[[], object] = lambda: None) -> None:
        self.waiting, self.done, self._turns, self._before = 0, 0, turns, before

    def store(self) -> None:
        self.waiting += self._turns

    def warm(self) -> None:
        """Nothing is slow here."""

    def turn(self, _: int) -> bool:
        self._before()
        if not self.waiting:
            return False
        self.waiting -= 1
        self.done += 1
        return True


def placer_of(engine: Engine) -> Placer:
    return Placer(cast(EmbeddedEngine, engine))


def in_time(work: Callable[[], None]) -> list[BaseException]:
    """What it raised; it must end soon."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    return raised


def wait_for(happened: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("batches", [0, 1, 3 * AHEAD])
def test_all_that_is_stored_is_placed(batches: int) -> None:
    engine = Engine(turns=3)

    def work() -> None:
        with placer_of(engine) as placer:
            for _ in range(batches):
                engine.store()
                placer.nudge()

    assert in_time(work) == []
    assert (engine.done, engine.waiting) == (3 * batches, 0)


def test_storing_is_never_far_ahead() -> None:
    """One batch is being placed, AHEAD wait, and the next one waits for room."""
    go = threading.Event()
    engine = Engine(before=partial(go.wait, PATIENCE))
    nudged: list[int] = []

    def work() -> None:
        with placer_of(engine) as placer:
            for number in range(2 * AHEAD):
                engine.store()
                placer.nudge()
                nudged.append(number)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    wait_for(lambda: len(nudged) == AHEAD + 1)
    time.sleep(0.3)
    assert len(nudged) == AHEAD + 1
    go.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert len(nudged) == engine.done == 2 * AHEAD


@pytest.mark.parametrize("batches", [1, AHEAD, AHEAD + 1, 5 * AHEAD])
def test_what_placing_raises_ends_the_import_however_much_waits(batches: int) -> None:
    """With just as many batches waiting as may, the import waited for room that nobody made."""
    go = threading.Event()

    def fail() -> None:
        go.wait(0.3)
        raise RuntimeError("the disk is full")

    engine = Engine(before=fail)

    def work() -> None:
        with placer_of(engine) as placer:
            for _ in range(batches):
                engine.store()
                placer.nudge()
            wait_for(placer._done.done)

    [error] = in_time(work)
    assert str(error) == "the disk is full"


def test_an_import_that_is_broken_off_places_no_more() -> None:
    """Ctrl-C while batches wait: what is stored is placed the next time."""
    go = threading.Event()
    engine = Engine(turns=5, before=partial(go.wait, PATIENCE))

    def work() -> None:
        with placer_of(engine) as placer:
            for _ in range(AHEAD):
                engine.store()
                placer.nudge()
            threading.Timer(0.2, go.set).start()
            raise KeyboardInterrupt

    [error] = in_time(work)
    assert isinstance(error, KeyboardInterrupt)
    assert engine.done <= 1
