"""Do buckets give what a minute allows, no more, whoever asks and however many there are?"""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from service.api import limits
from service.api.limits import LocalLimits


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_goes_through_and_then_as_many_as_are_refilled() -> None:
    async def ask() -> None:
        clock = Clock()
        counted = LocalLimits(clock)
        assert [await counted.take("a", 60) for _ in range(12)] == [0.0] * 10 + [1.0] * 2
        assert await counted.take("b", 60) == 0.0
        clock.now = 0.5
        assert await counted.take("a", 60) == 0.5
        clock.now = 1.0
        assert await counted.take("a", 60) == 0.0
        assert await counted.take("a", 60) == 1.0

    asyncio.run(ask())


@given(st.lists(st.floats(0, 5), min_size=1, max_size=80), st.integers(1, 300))
def test_no_minute_lets_more_through_than_its_limit_and_a_burst(pauses: list[float], per_minute: int) -> None:
    async def ask() -> None:
        clock = Clock()
        counted, let = LocalLimits(clock), []
        for pause in pauses:
            clock.now += pause
            if await counted.take("a", per_minute) == 0.0:
                let.append(clock.now)
        for first in range(len(let)):
            within = [at for at in let if let[first] <= at <= let[first] + 60]
            assert len(within) <= per_minute + max(1.0, per_minute / limits.BURST) + 1e-6

    asyncio.run(ask())


def test_many_addresses_do_not_fill_the_memory() -> None:
    async def ask() -> None:
        counted = LocalLimits(Clock())
        for number in range(limits.MOST + 500):
            await counted.take(str(number), 60)
        assert len(counted._buckets) == limits.MOST

    asyncio.run(ask())
