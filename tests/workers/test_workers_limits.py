"""Do several APIs share a limit through Redis, and does one that is down, hung or full cost no answer?"""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path

import pytest
from fleet import running_redis

from service.api import shared_limits
from service.api.shared_limits import RATE, SharedLimits
from service.settings import Settings


def test_one_limit_for_all_and_no_trouble_without_redis(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_limits, "ANSWER_SECONDS", 1.0)
    monkeypatch.setattr(shared_limits, "AWAY_SECONDS", 0.3)
    with running_redis(tmp_path) as broker:
        url, password = broker.environment.values()
        settings = Settings(redis_url=url, redis_password_file=Path(password))

        async def ask() -> None:
            one, other = SharedLimits(settings), SharedLimits(settings)
            found = [await (one, other)[n % 2].take("key:a", 60) for n in range(12)]
            assert found[:10] == [0.0] * 10
            assert all(0 < seconds <= 1 for seconds in found[10:])
            assert 0 < broker.client.pttl(f"{RATE}key:a") <= 11_000
            assert await one.take("key:b", 60) == 0.0

            broker.signal(signal.SIGSTOP)  # it hangs
            began = time.monotonic()
            assert [await one.take("key:a", 60) for _ in range(20)][:10] == [0.0] * 10  # counted here
            assert time.monotonic() - began < 10  # not a second each
            broker.signal(signal.SIGCONT)
            await asyncio.sleep(0.4)
            await other.take("key:c", 60)
            assert broker.client.exists(f"{RATE}key:c")  # it is asked again

            broker.signal(signal.SIGKILL)
            assert await one.take("key:new", 60) == 0.0
            await one.close()
            await other.close()

        asyncio.run(ask())
