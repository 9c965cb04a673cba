"""How do articles come in while something fails? By HTTP, a few at a time, sent again until acknowledged."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2
from fleet import Fleet

Raw = Mapping[str, Any]

AT_ONCE = 5
PAUSE_SECONDS = 0.05
_numbers = itertools.count()


def report(name: str) -> dict[str, Any]:
    """An article like no other."""
    return {"id": name, "text": " ".join(f"{name}{n} said{n}" for n in range(40))}


@dataclass
class Sender:
    """Sends to one API. `answers` counts what it said; `waits` are the seconds until it said it."""

    door: str
    acknowledged: list[str] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    retry_after: set[str | None] = field(default_factory=set)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def send(self, number: int = AT_ONCE, raws: Sequence[Raw] = ()) -> list[str]:
        """Send so many articles, and `raws`, in one request, again until acknowledged; returns their ids."""
        raws = [*raws, *(report(f"sent{next(_numbers)}") for _ in range(number))]
        with httpx2.Client(timeout=60.0, trust_env=False) as client:
            while not self._sent(client, raws):
                time.sleep(PAUSE_SECONDS)
        return [raw["id"] for raw in raws]

    def begin(self) -> None:
        """Send on and on, from a thread, until `stop`."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._go_on, daemon=True)
        self._thread.start()

    def stop(self) -> list[str]:
        """Stop sending; returns all that was acknowledged."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        return self.acknowledged

    def slowest(self) -> float:
        """Seconds within which 99 of 100 requests were answered."""
        return sorted(self.waits)[int(0.99 * (len(self.waits) - 1))]

    def check(self, fleet: Fleet, seconds: float = 60.0) -> None:
        """All that was acknowledged by now is placed once, or rejected with a reason; the store is sound."""
        ids = self.acknowledged[:]
        assert fleet.placed(ids, seconds), self.left(fleet)
        store = fleet.engine.store
        since, placed = 0, Counter[str | None]()
        while changes := store.changes(since, 10_000):
            placed.update(change.article_id for change in changes if change.type == "article.placed")
            since = changes[-1].seq
        rejected = {a.id: a.reason for a in store.articles.several(ids) if a.state == "rejected"}
        assert all(rejected.values()), rejected
        assert {id: placed[id] for id in ids if placed[id] != (id not in rejected)} == {}
        assert store.check() == []

    def latest(self, fleet: Fleet, ids: Sequence[str]) -> float:
        """The longest time from an article's arrival to its being placed, by the store's clock."""
        store = fleet.engine.store
        placed = {c.article_id: c.seq for c in store.changes(0, 1 << 30) if c.type == "article.placed"}
        times = store.change_times([placed[id] for id in ids])
        arrived = {article.id: article.arrived_at for article in store.articles.several(ids)}
        return max(times[placed[id]] - arrived[id] for id in ids)

    def left(self, fleet: Fleet) -> dict[str, str]:
        """What is not placed, and its state."""
        found = fleet.engine.store.articles.several(self.acknowledged)
        return {article.id: article.state for article in found if article.state != "placed"}

    def _go_on(self) -> None:
        while not self._stopping.is_set():
            self.send()
            time.sleep(PAUSE_SECONDS)

    def _sent(self, client: httpx2.Client, raws: Sequence[Raw]) -> bool:
        began = time.monotonic()
        try:
            answer = client.post(f"{self.door}/v1/articles", json=raws)
        except httpx2.HTTPError:
            self.answers[0] += 1
            return False
        self.waits.append(time.monotonic() - began)
        self.answers[answer.status_code] += 1
        if answer.status_code != 202:
            self.retry_after.add(answer.headers.get("retry-after"))
            assert answer.status_code in (429, 503), answer.text
            return False
        self.acknowledged += [raw["id"] for raw in raws]
        return True
