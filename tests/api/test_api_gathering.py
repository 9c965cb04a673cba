"""Do small posts that come together share a transaction, and does each get its own answer?"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from service.api.gathering import Gathering
from service.errors import StoreFull
from service.incoming import Receipt


class Slow:
    """Stores nothing, slowly: the first call lasts until `go`."""

    def __init__(self) -> None:
        self.calls: list[list[Any]] = []
        self.go = threading.Event()

    def __call__(self, items: Sequence[Any]) -> list[Receipt]:
        self.calls.append(list(items))
        self.go.wait(10)
        if "bad" in items:
            raise StoreFull("(full)")
        return [Receipt(index, str(item), "accepted") for index, item in enumerate(items)]


async def _posted(store: Slow, posts: Sequence[Sequence[str]]) -> list[Any]:
    gathering = Gathering(store)
    first = asyncio.create_task(gathering.submit(["first"]))
    while not store.calls:
        await asyncio.sleep(0.001)
    others = [asyncio.create_task(gathering.submit(post)) for post in posts]
    await asyncio.sleep(0.01)
    store.go.set()
    return await asyncio.gather(first, *others, return_exceptions=True)


def test_posts_that_come_meanwhile_are_stored_together_and_answered_apart() -> None:
    store = Slow()
    first, a, bc, none = asyncio.run(_posted(store, [["a"], ["b", "c"], []]))
    assert store.calls == [["first"], ["a", "b", "c"]]
    assert [one.id for one in first] == ["first"]
    assert [(one.index, one.id) for one in a + bc] == [(0, "a"), (0, "b"), (1, "c")]
    assert none == []


def test_a_store_that_fails_tells_each_post_of_that_transaction() -> None:
    store = Slow()
    first, *others = asyncio.run(_posted(store, [["a"], ["bad"]]))
    assert [one.id for one in first] == ["first"]
    assert [type(one) for one in others] == [StoreFull, StoreFull]


def test_a_client_that_left_costs_the_others_nothing() -> None:
    async def run(store: Slow) -> list[Receipt]:
        gathering = Gathering(store)
        left, stays = (asyncio.create_task(gathering.submit([name])) for name in ("left", "stays"))
        while not store.calls:
            await asyncio.sleep(0.001)
        left.cancel()
        store.go.set()
        return await stays

    assert [one.id for one in asyncio.run(run(Slow()))] == ["stays"]


@pytest.mark.parametrize("posts", [1, 3])
def test_posts_one_after_the_other_are_each_stored(posts: int) -> None:
    async def run(store: Slow) -> list[list[Receipt]]:
        gathering = Gathering(store)
        return [await gathering.submit([str(number)]) for number in range(posts)]

    store = Slow()
    store.go.set()
    assert [[one.id for one in receipts] for receipts in asyncio.run(run(store))] == [
        [str(number)] for number in range(posts)
    ]
