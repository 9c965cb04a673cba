"""Who answers behind the API in distributed mode? The embedded engine's surface, over store and broker.

Reads and rows go to the store directly; what needs the window is asked of the owner, with a time limit.
"""

from __future__ import annotations

import os
import socket
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from redis.exceptions import RedisError

from service import pipeline
from service.desk import Json
from service.model import ReclusterScope
from service.presence import told
from service.runner import LOOK_SECONDS, idle_seconds, store_statistics, waiting
from service.settings import Settings
from service.store import Store
from service.telemetry import Snapshot, telemetry
from workers.app import QUEUES
from workers.asking import ask, broker_answers
from workers.nudging import Nudger


class RemoteEngine:
    """The engine of an API process whose work is done by workers."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store: Store = pipeline.open_store(settings)
        self._nudger = Nudger()

    def close(self) -> None:
        """Give everything back."""
        self._nudger.close()
        self.store.close()

    def submit(
        self, raws: Sequence[pipeline.Raw], key: pipeline.IdempotencyKey | None = None
    ) -> list[pipeline.Receipt]:
        """Store articles as they came; workers prepare them. Raises Conflict."""
        receipts = pipeline.submit(self.store, raws, self.store.now(), key)
        fresh = [one.id for one in receipts if one.id and one.status in ("accepted", "updated")]
        if fresh:
            self.nudge(fresh)
        return receipts

    def nudge(self, ids: Sequence[str] = ()) -> None:
        """Send the articles to the workers; a message that is lost costs seconds, not data."""
        self._nudger.nudge(ids)

    def wait_placed(self, ids: Sequence[str], seconds: float) -> bool:
        """True once none of the articles is on its way any more; False after `seconds`."""
        deadline = time.monotonic() + seconds
        while waiting(self.store, ids):
            if time.monotonic() >= deadline:
                return False
            time.sleep(LOOK_SECONDS)
        return True

    def match(self, raw: Mapping[str, Any]) -> list[Json]:
        """The stories that this article would join; nothing is stored. Raises InvalidArticle, Unavailable."""
        found: list[Json] = ask("match", dict(raw))
        return found

    def explain(self, a: str, b: str) -> Json:
        """Why these two articles are (not) in one story. Raises NotFound, Unavailable."""
        found: Json = ask("explain", a, b)
        return found

    def delete(self, article_id: str) -> None:
        """Take an article down; the owner forgets it at its next turn. Raises NotFound, Gone."""
        pipeline.delete(self.store, None, article_id, self.store.now())
        self.nudge()

    def retire(self, days: float, most: int) -> int:
        """Delete articles that are older, or beyond the newest so many; the owner forgets them at its next
        turn."""
        number, part = 0, 1
        while part:
            part = len(pipeline.retire(self.store, None, time.time(), days, most))
            number += part
        if number:
            pipeline.give_room_back(self.store)
            self.nudge()
        return number

    def decide(self, wish: Mapping[str, Any]) -> str:
        """Make a person's decision; returns its id. Raises what `pipeline.decide` does, Unavailable."""
        return str(ask("decide", dict(wish)))

    def adopt(self, exported: Mapping[str, Any]) -> None:
        """Make a decision that was exported. Raises what `pipeline.adopt` does, Unavailable."""
        ask("adopt", dict(exported))

    def undo(self, decision_id: str, by: str) -> None:
        """Take a decision back. Raises NotFound, Conflict, Unavailable."""
        ask("undo", decision_id, by)

    def request_recluster(self, dry_run: bool, scope: ReclusterScope = "window") -> str:
        """Ask for a re-clustering; returns its id."""
        request_id = pipeline.request_recluster(self.store, dry_run, self.store.now(), scope=scope)
        self.nudge()
        return request_id

    def apply_recluster(self, request_id: str) -> None:
        """Apply a re-clustering that was computed as a dry run. Raises NotFound, Conflict, Unavailable."""
        ask("apply_recluster", request_id)

    def ready(self) -> tuple[bool, Json]:
        """Judged by work done: an owner holds the lease, what waits moves, the broker answers."""
        now = self.store.now()
        owner = pipeline.lease_ends(self.store) > now
        idle = idle_seconds(self.store, now)
        broker = broker_answers()
        details = {"mode": "distributed", "owner": owner, "broker": broker, "idle_seconds": round(idle, 1)}
        return owner and broker and idle < self.settings.stuck_seconds, details | self.store.counts()

    def statistics(self) -> dict[str, float]:
        """Articles by state, stories, the change log, the queues, who is at work."""
        found = store_statistics(self.store)
        try:
            said, depths = told(self.settings, list(QUEUES))
        except RedisError:
            return found | {"broker_up": 0.0}
        roles = Counter(name.partition(":")[0] for name in said)
        return (
            found
            | {"broker_up": 1.0}
            | {f"queue_messages{{queue={queue}}}": float(depth) for queue, depth in depths.items()}
            | {f"processes{{role={role}}}": float(count) for role, count in roles.items()}
        )

    def telemetry(self) -> Mapping[str, Snapshot]:
        """What this process and those at work have counted."""
        mine = {f"api:{socket.gethostname()}:{os.getpid()}": telemetry.snapshot()}
        try:
            return told(self.settings, ())[0] | mine
        except RedisError:
            return mine
