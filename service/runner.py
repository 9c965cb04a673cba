"""Who answers behind the doors? `Engine` is what a door may ask; `EmbeddedEngine` does it all in one process.

One thread drains the store: prepare, place, re-cluster, expire. Others ask questions between its batches,
send to webhooks and poll feeds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Protocol, Self

import structlog

from service import pipeline
from service.desk import Desk, Json
from service.helper import Helper
from service.model import ReclusterScope
from service.settings import Settings
from service.store import Store, feeds, leases, queue, webhooks
from service.store import log as log_of_changes
from service.telemetry import Snapshot, telemetry
from service.warming import warm_deciding, warm_placing

PAUSE_SECONDS = 1.0  # between looks at the store when nobody nudges
# After a turn of few articles the thread rests for so many times what it took, so that of a stream, what
# comes meanwhile is placed in one transaction; one that comes alone is placed at once.
GATHER, GATHER_SECONDS = 6.0, 0.2
SILENCE_SECONDS = 60.0  # an engine thread that finished no turn for so long is not ready
LOOK_SECONDS = 0.2  # a waiter looks at the store at least this often
ON_ITS_WAY = ("received", "prepared")

log = structlog.get_logger()


class Engine(Protocol):
    """What the API and the commands ask, whichever processes do the work. Answers are JSON-ready."""

    @property
    def store(self) -> Store:
        """The store that holds the truth; doors read it directly."""

    @property
    def settings(self) -> Settings:
        """The settings that all parts of this installation share."""

    def submit(
        self, raws: Sequence[pipeline.Raw], key: pipeline.IdempotencyKey | None = None
    ) -> list[pipeline.Receipt]:
        """Store articles durably; they are on their way then. Raises Conflict."""

    def nudge(self, ids: Sequence[str] = ()) -> None:
        """Say that these articles wait; never fails, and losing it costs seconds, not data."""

    def wait_placed(self, ids: Sequence[str], seconds: float) -> bool:
        """True once none of the articles is on its way any more; False after `seconds`."""

    def match(self, raw: Mapping[str, Any]) -> list[Json]:
        """The stories that this article would join; nothing is stored. Raises Unavailable."""

    def explain(self, a: str, b: str) -> Json:
        """Why these two articles are (not) in one story. Raises NotFound, Unavailable."""

    def delete(self, article_id: str) -> None:
        """Take an article down. Raises NotFound, Gone, Unavailable."""

    def retire(self, days: float, most: int) -> int:
        """Delete articles that are older, or beyond the newest so many; 0 sets no limit. Returns how many."""

    def decide(self, wish: Mapping[str, Any]) -> str:
        """Make a person's decision, given as the fields of a `pipeline.Wish`; returns its id. Raises
        NotFound, Gone, Conflict, InvalidDecision, Contradiction, Unavailable."""

    def adopt(self, exported: Mapping[str, Any]) -> None:
        """Make a decision that was exported. Raises NotFound, Conflict, Contradiction, Unavailable."""

    def undo(self, decision_id: str, by: str) -> None:
        """Take a decision back. Raises NotFound, Conflict, Unavailable."""

    def request_recluster(self, dry_run: bool, scope: ReclusterScope = "window") -> str:
        """Ask for a re-clustering; returns its id."""

    def apply_recluster(self, request_id: str) -> None:
        """Apply a re-clustering that was computed as a dry run. Raises NotFound, Conflict, Unavailable."""

    def ready(self) -> tuple[bool, Json]:
        """Whether work is being done, and what was looked at."""

    def statistics(self) -> dict[str, float]:
        """Gauges for /metrics; a name may carry one label, `name{label=value}`."""

    def telemetry(self) -> Mapping[str, Snapshot]:
        """What each process at work has counted, by its name."""


class EmbeddedEngine:
    """Everything in this process. `start` begins the thread that drains the store; a `with` block ends it.

    Without `start` nothing happens by itself: a command that only looks changes nothing, others call `drain`.

    >>> with EmbeddedEngine(settings) as engine:  # doctest: +SKIP
    ...     engine.start()
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] | None = None) -> None:
        self.desk = Desk(settings, clock=clock)
        self.desk.computing.on_end = self.nudge
        self._wake = threading.Event()
        self._turned = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._last_turn = time.monotonic()
        self._trouble = ""
        self._helpers: list[Helper] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def store(self) -> Store:
        """The store that holds the truth."""
        return self.desk.store

    @property
    def settings(self) -> Settings:
        """The settings of this installation."""
        return self.desk.settings

    # The thread

    def claim(self) -> None:
        """Take the right to decide and read the window. Raises StoreBusy."""
        self.desk.claim()

    def warm(self) -> None:
        """Load what placing needs, while others are busy."""
        warm_placing(self.settings)

    def start(self) -> None:
        """Claim, warm up, begin to drain. Raises StoreBusy."""
        if self._thread is None:
            # Loaded here: a command that only brings in or looks has no use for what calls other hosts.
            from service.polling.poller import poller
            from service.webhooks.deliverer import deliverer

            self.claim()
            warm_deciding(self.settings)
            self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
            self._thread.start()
            here = self.store, self.settings, self.desk.clock
            self._helpers = [deliverer(*here), poller(*here, self.nudge)]
            for helper in self._helpers:
                helper.start()

    def close(self) -> None:
        """End the thread after its batch, what is being sent and read, then the desk."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
        for helper in self._helpers:
            helper.close()
        self.desk.close()

    def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            began = time.monotonic()
            moved = self._turn_or_note()
            if not moved:
                self._wake.wait(PAUSE_SECONDS)
            elif moved < self.settings.place_batch:
                time.sleep(min(GATHER_SECONDS, GATHER * (time.monotonic() - began)))

    def _turn_or_note(self) -> int:
        """One turn; trouble is logged, shown by `ready`, and tried again: what is stored waits."""
        try:
            busy = self.turn()
            self._trouble = ""
        except Exception as error:
            busy = 0
            self._trouble = str(error)
            log.exception("engine turn failed")
        with self._turned:
            self._turned.notify_all()
        return busy

    def turn(self, batches: int = 1) -> int:
        """Prepare one batch and decide so many. Returns how many articles moved on: 0 when none waits."""
        prepared = self.desk.prepare()
        decided = self.desk.turn(batches)
        self._last_turn = time.monotonic()
        return decided + prepared

    def drain(self) -> None:
        """Work in the caller's thread until nothing waits, re-clusterings included."""
        while self.turn() or self.desk.computing.busy:
            self.desk.computing.wait()

    # What doors ask

    def submit(
        self, raws: Sequence[pipeline.Raw], key: pipeline.IdempotencyKey | None = None
    ) -> list[pipeline.Receipt]:
        """Store articles, prepared in the caller's thread unless they must be extracted from a page: that
        spares the thread that drains three transactions."""
        desk = self.desk
        receipts = pipeline.ingest(self.store, desk.sketcher, raws, self.store.now(), key, pages=False)
        self.nudge()
        return receipts

    def ingest(self, raws: Sequence[pipeline.Raw]) -> list[pipeline.Receipt]:
        """Take articles in and prepare them in the caller's thread: the fast way in for archives."""
        receipts = self.desk.ingest(raws)
        self.nudge()
        return receipts

    def nudge(self, ids: Sequence[str] = ()) -> None:  # noqa: ARG002 the store knows what waits
        """Wake the thread."""
        self._wake.set()

    def wait_placed(self, ids: Sequence[str], seconds: float) -> bool:
        """True once none of the articles is on its way any more; False after `seconds`."""
        deadline = time.monotonic() + seconds
        while waiting(self.store, ids):
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            with self._turned:
                self._turned.wait(min(left, LOOK_SECONDS))
        return True

    def match(self, raw: Mapping[str, Any]) -> list[Json]:
        """The stories that this article would join; nothing is stored. Raises Unavailable."""
        return self.desk.match(raw)

    def explain(self, a: str, b: str) -> Json:
        """Why these two articles are (not) in one story. Raises NotFound, Unavailable."""
        return self.desk.explain(a, b)

    def delete(self, article_id: str) -> None:
        """Take an article down. Raises NotFound, Gone."""
        self.desk.delete(article_id)

    def retire(self, days: float, most: int) -> int:
        """Delete articles that are older, or beyond the newest so many. Returns how many."""
        return self.desk.retire(days, most)

    def decide(self, wish: Mapping[str, Any]) -> str:
        """Make a person's decision; returns its id."""
        return self.desk.decide(wish)

    def adopt(self, exported: Mapping[str, Any]) -> None:
        """Make a decision that was exported."""
        self.desk.adopt(exported)

    def undo(self, decision_id: str, by: str) -> None:
        """Take a decision back."""
        self.desk.undo(decision_id, by)

    def request_recluster(self, dry_run: bool, scope: ReclusterScope = "window") -> str:
        """Ask for a re-clustering; returns its id."""
        request_id = self.desk.request_recluster(dry_run, scope)
        self.nudge()
        return request_id

    def apply_recluster(self, request_id: str) -> None:
        """Apply a re-clustering that was computed as a dry run. Raises NotFound, Conflict."""
        self.desk.apply_recluster(request_id)

    def announce(self, address: str) -> None:
        """Let commands find this process at `address`."""
        self.desk.announce(address)

    def ready(self) -> tuple[bool, Json]:
        """Whether turns are being finished without trouble."""
        silence = time.monotonic() - self._last_turn
        alive = self._thread is not None and self._thread.is_alive() and silence < SILENCE_SECONDS
        running = alive and idle_seconds(self.store, self.desk.clock()) < SILENCE_SECONDS
        details = {"mode": "embedded", "engine_running": running, "trouble": self._trouble}
        return running and not self._trouble, details | self.store.counts()

    def statistics(self) -> dict[str, float]:
        """Articles by state, stories, the window, and the time since the last turn."""
        own = {
            "window_articles": self.desk.window_articles,
            "seconds_since_turn": time.monotonic() - self._last_turn,
        }
        return own | store_statistics(self.store)

    def telemetry(self) -> Mapping[str, Snapshot]:
        """What this process has counted."""
        return {"embedded": telemetry.snapshot()}


def waiting(store: Store, ids: Sequence[str]) -> bool:
    """Whether one of these articles is still on its way."""
    return any(article.state in ON_ITS_WAY for article in store.articles.several(ids))


def store_statistics(store: Store) -> dict[str, float]:
    """What the store alone can count."""
    now = store.now()
    states = {f"articles_{state}": float(count) for state, count in store.counts().items()}
    with store.read() as connection:
        disabled = webhooks.count(connection, "disabled")
        broken = feeds.count(connection, "failing", "dead")
        since = queue.oldest(connection)
        holder = leases.holder(connection, leases.OWNER, now)
    lags = {f"lag_seconds{{state={state}}}": max(0.0, now - since.get(state, now)) for state in ON_ITS_WAY}
    others = {
        "stories": store.stories.count(),
        "last_change": store.last_change(),
        "webhooks_disabled": disabled,
        "feeds_broken": broken,
        f"lease_held{{holder={holder}}}": bool(holder),
    }
    return states | lags | {name: float(value) for name, value in others.items()}


def idle_seconds(store: Store, now: float) -> float:
    """How long articles have been waiting while nothing was done at all; 0 when none waits. A long queue that
    moves is no standstill."""
    with store.read() as connection:
        since = min(queue.oldest(connection).values(), default=now)
        newest = log_of_changes.newest_at(connection)
    return max(0.0, now - max(since, newest))
