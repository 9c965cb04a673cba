"""Does whoever follows the log get every change once, in order, whatever happens to the connection?"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from reports import FERRY_COURIER, FERRY_LEDGER, LIBRARY
from serving import Served, served

from service.api import streams
from service.store import Store
from service.store.log import Journal

CHANGES, DISCONNECTS = 10_000, 20


def events(service: Served, **how: Any) -> Iterator[tuple[int | None, dict[str, Any] | None]]:
    """(id, data) of each event or comment; closing the iterator cuts the connection."""
    address = f"{service.address}/v1/events"
    with httpx2.Client(timeout=60, trust_env=False) as client, client.stream("GET", address, **how) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        number, data = None, None
        for line in answer.iter_lines():
            field, _, value = line.partition(": ")
            if field == "id":
                number = int(value)
            elif field == "data":
                data = orjson.loads(value)
            elif not line:
                yield number, data
                number, data = None, None


def write_changes(store: Store, count: int) -> None:
    """Changes as a busy service writes them, some in each transaction."""
    for start in range(0, count, 50):
        with store.write() as connection:
            journal = Journal(connection, time.time())
            for number in range(start, min(start + 50, count)):
                journal.changed("article.placed", f"article-{number}", f"story-{number % 7}", version=1)
            journal.flush()


class Consumer:
    """A client that loses its connection now and then and comes back with the last number it saw."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        self.last = 0

    def follow(self, service: Served, most: int) -> None:
        """Take so many changes, or as many as come before the server ends the stream."""
        taken = 0
        for number, data in events(service, headers={"last-event-id": str(self.last)}):
            if data is not None and number is not None:
                self.seen.append(data)
                self.last = number
                taken += 1
            if taken >= most:
                return


def whole_log(service: Served) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while page := service.client.get("/v1/changes", params={"since": len(found), "limit": 1000}).json()[
        "changes"
    ]:
        found += page
    return found


def test_a_replay_equals_the_log_through_disconnects_and_a_restart(tmp_path: Path) -> None:
    """No gap and no double, though the connection is cut twenty times and the server stops amid a stream."""
    consumer, chance = Consumer(), random.Random(7)
    half = CHANGES // 2
    with served(tmp_path, working=False) as service:
        writer = threading.Thread(target=write_changes, args=(service.engine.store, half))
        writer.start()
        for _ in range(DISCONNECTS // 2):
            consumer.follow(service, chance.randint(1, half // DISCONNECTS))
        writer.join()
        following = threading.Thread(target=consumer.follow, args=(service, CHANGES))
        following.start()
        while consumer.last < half:
            time.sleep(0.01)
        write_changes(service.engine.store, half // 5)  # the server stops while these are sent
    following.join(60)
    assert not following.is_alive()
    with served(tmp_path, working=False) as service:
        rest = CHANGES - half - half // 5
        writer = threading.Thread(target=write_changes, args=(service.engine.store, rest))
        writer.start()
        for _ in range(DISCONNECTS // 2):
            consumer.follow(service, chance.randint(1, half // DISCONNECTS))
        consumer.follow(service, CHANGES - len(consumer.seen))
        writer.join()
        assert len(consumer.seen) == CHANGES
        assert consumer.seen == whole_log(service)


def test_decisions_arrive_as_they_are_made(tmp_path: Path) -> None:
    with served(tmp_path) as service:
        stream = events(service)
        beginning, _ = next(stream)
        assert beginning == 0
        service.post_articles([FERRY_COURIER, FERRY_LEDGER])
        found = [data for _, data in islice(stream, 4)]
        stream.close()  # type: ignore[attr-defined]
        assert found == whole_log(service)
        assert [data["type"] for data in found if data] == [
            "article.placed",
            "story.emerged",
            "article.placed",
            "story.updated",
        ]


def test_a_stream_begins_with_what_comes_next_unless_asked(tmp_path: Path) -> None:
    with served(tmp_path, working=False) as service:
        write_changes(service.engine.store, 3)
        assert next(events(service))[0] == 3
        later = list(islice(events(service, params={"since": 1}), 3))
        assert [number for number, _ in later] == [1, 2, 3]
        both = events(service, params={"since": 1}, headers={"last-event-id": "2"})
        assert [number for number, _ in islice(both, 2)] == [2, 3]
        for wrong in ("-1", "x", str(1 << 63)):
            assert service.client.get("/v1/events", headers={"last-event-id": wrong}).status_code == 422


def test_a_silent_stream_beats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.05)
    with served(tmp_path, working=False) as service:
        assert list(islice(events(service), 4)) == [(0, None), (None, None), (None, None), (None, None)]


def test_followers_are_counted_and_one_too_many_is_told_to_come_back(tmp_path: Path) -> None:
    with served(tmp_path, working=False, event_streams=2) as service:
        held = [events(service), events(service)]
        for stream in held:
            next(stream)
        refused = service.client.get("/v1/events")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
        held.pop().close()  # type: ignore[attr-defined]
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                next(events(service))
                break
            except AssertionError:
                time.sleep(0.05)
        else:
            pytest.fail("the place was not given back")


def test_a_stop_does_not_wait_for_followers(tmp_path: Path) -> None:
    with served(tmp_path, working=False) as service:
        stream = events(service)
        next(stream)
        began = time.monotonic()
    assert time.monotonic() - began < 5
    assert list(stream) == []


def test_other_answers_are_not_held_up_by_followers(tmp_path: Path) -> None:
    with served(tmp_path) as service:
        held = [events(service) for _ in range(30)]
        for stream in held:
            next(stream)
        service.post_articles(LIBRARY)
        assert [next(stream)[0] for stream in held] == [1] * 30
        assert httpx2.head(f"{service.address}/v1/events", trust_env=False).status_code == 200
