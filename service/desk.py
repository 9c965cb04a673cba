"""Where are decisions made? At one desk: the store, the window in memory, and the right to decide.

The embedded engine and the owner worker both work through it, so the two modes cannot differ. The right to
decide is taken, and the window read from the store, when a decision or an answer first needs them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from types import TracebackType
from typing import Any, Self

import structlog

from service import pipeline
from service.alerts import Alerts
from service.computing import Computing
from service.errors import Conflict, Gone, InvalidDecision, LeaseLost, NotFound, StoreBusy, Unavailable
from service.mandate import Mandate
from service.model import ReclusterScope
from service.settings import Settings
from service.store.records import DecisionRecord
from service.stories.place import Owner

Json = dict[str, Any]
ANSWER_SECONDS = 5.0  # how long a question waits for the desk before it is told to come back
UPKEEP_PARTS = 20  # parts of a large job that one upkeep does
UPKEEP_SECONDS = 60.0  # articles may leave the window a minute late: times are compared anyway
HOUR, DAY = 3600.0, 86_400.0
BEFORE_MEMORY = (NotFound, Gone, Conflict, InvalidDecision)  # refusals that left the window as it was

log = structlog.get_logger()


class Desk:
    """Serial decisions over one data directory; safe to share between threads.

    key: the hash key of a store that is made now (random when None). clock: Unix seconds, by default those of
    the clock that all who work on the store share.
    """

    def __init__(
        self, settings: Settings, *, key: bytes | None = None, clock: Callable[[], float] | None = None
    ) -> None:
        self.settings = settings
        self.store = pipeline.open_store(settings, key=key)
        self.clock = clock or self.store.now
        self.sketcher = pipeline.make_sketcher(self.store)
        self.computing = Computing(settings, self.store, self.clock)
        self.mandate = Mandate(settings, self.store, self.clock)
        self._alerts = Alerts(self.store)
        self._lock = threading.RLock()
        self._owner: Owner | None = None
        self._followed: int | None = None  # the change up to which a standby's window has come
        self._upkeep_at = 0.0
        self._recluster_at: float | None = None
        self._reclustered_change = -1
        self._began = self.clock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give everything back: the right to decide, the lock of the directory, the store."""
        self.computing.stop()
        with self._lock:
            self._owner = None
            self.mandate.release()
            self.store.close()

    @property
    def window_articles(self) -> int:
        """How many articles the window holds; 0 before it is read."""
        return len(self._owner) if self._owner is not None else 0

    # The right to decide

    def claim(self) -> None:
        """Take the right to decide and have the window, unless that is done. Raises StoreBusy."""
        with self._lock:
            if self.mandate.take() and self._followed is None:
                self._owner = None  # somebody may have decided in between
            self._have_window()
            self._followed = None

    def stand_by(self) -> bool:
        """Have the window as the one has it who decides. True once the right to decide is this desk's."""
        with self._lock:
            with suppress(StoreBusy):
                if self.mandate.free():
                    self.claim()
                    return True
            if self._followed is None:
                self._owner, self._followed = None, self.store.last_change()
            self._have_window()
            return False

    def _have_window(self) -> None:
        if self._owner is None:
            self._owner = pipeline.rebuild_owner(self.store, self.settings, self.clock())
        if self._followed is not None:
            owner, self._owner = self._owner, None  # half followed it would be of no use
            self._followed = pipeline.follow(self.store, owner, self._followed, self.clock())
            self._owner = owner

    def announce(self, address: str) -> None:
        """Let commands that find the directory held know where this process answers."""
        with self._lock:
            self.mandate.take()
            self.mandate.announce(address)

    @property
    def _token(self) -> int | None:
        return self.mandate.token

    @contextmanager
    def _seated(self, wait_seconds: float = -1.0) -> Iterator[Owner]:
        """The owner, for one piece of work at a time. Raises Unavailable after `wait_seconds` (-1: never)."""
        if not self._lock.acquire(timeout=wait_seconds):
            raise Unavailable("The desk is busy.")
        try:
            self.claim()
            assert self._owner is not None  # noqa: S101 claim() has just made it
            yield self._owner
        finally:
            self._lock.release()

    @contextmanager
    def _deciding(self) -> Iterator[Owner]:
        """Like `_seated`; a failure while deciding throws the window away: the store is the truth."""
        with self._seated() as owner:
            try:
                yield owner
            except BEFORE_MEMORY:
                raise
            except BaseException as error:
                self._owner = None
                if isinstance(error, LeaseLost):
                    self.mandate.lose()
                raise

    # Articles in

    def ingest(self, raws: Sequence[pipeline.Raw]) -> list[pipeline.Receipt]:
        """Take articles in and prepare them in one go; they wait to be placed."""
        return pipeline.ingest(self.store, self.sketcher, raws, self.clock())

    def submit(self, raws: Sequence[pipeline.Raw]) -> list[pipeline.Receipt]:
        """Take articles in; they wait to be prepared."""
        return pipeline.submit(self.store, raws, self.clock())

    def take(self, made: pipeline.Made) -> list[pipeline.Receipt]:
        """Take in what another process read and prepared for this store."""
        return pipeline.take(self.store, made, self.clock())

    def prepare(self, ids: Sequence[str] | None = None) -> int:
        """Prepare these articles, or the next that wait. Returns how many were tried."""
        return pipeline.prepare(self.store, self.sketcher, self.clock(), ids=ids)

    # Decisions

    def turn(self, batches: int = 1) -> int:
        """One round over all that waits for a decision. Returns how many were placed: 0 when none waits."""
        placed = self.place(batches)
        self.follow_reclusters()
        while self._alerts.follow(self.clock(), self._token):
            pass
        if self.clock() >= self._upkeep_at:
            self._upkeep()
        return placed

    def place(self, batches: int = 1) -> int:
        """Place the next prepared articles, each batch being written while the next is decided; questions
        wait until all are. Returns how many were placed."""
        limit = self.settings.place_batch
        with self._deciding() as owner:
            placed = pipeline.place(self.store, owner, limit, self.clock(), self._token, batches)
        return len(placed)

    def delete(self, article_id: str) -> None:
        """Take an article down. Raises NotFound, Gone."""
        with self._deciding() as owner:
            pipeline.delete(self.store, owner, article_id, self.clock())

    def retire(self, days: float, most: int) -> int:
        """Delete articles that are older, or beyond the newest so many, and give the room back. Returns how
        many."""
        number, part = 0, 1
        while part:
            with self._deciding() as owner:
                part = len(pipeline.retire(self.store, owner, self.clock(), days, most))
            number += part
        if number:
            pipeline.give_room_back(self.store)
        return number

    def decide(self, wish: Mapping[str, Any]) -> str:
        """Make a person's decision, given as the fields of a `Wish`; returns its id.

        Raises NotFound, Gone, Conflict, InvalidDecision, Contradiction.
        """
        with self._deciding() as owner:
            return pipeline.decide(self.store, owner, pipeline.Wish(**wish), self.clock(), self._token)

    def adopt(self, exported: Mapping[str, Any]) -> None:
        """Make a decision that was exported. Raises NotFound, Conflict, Contradiction."""
        record = DecisionRecord(seq=0, effect={}, **exported)
        with self._deciding() as owner:
            pipeline.adopt(self.store, owner, record, self.clock(), self._token)

    def undo(self, decision_id: str, by: str) -> None:
        """Take a decision back. Raises NotFound, Conflict."""
        with self._deciding() as owner:
            pipeline.undo(self.store, owner, decision_id, by, self.clock(), self._token)

    def request_recluster(self, dry_run: bool, scope: ReclusterScope = "window") -> str:
        """Ask for a re-clustering; returns its id. A turn sees to it."""
        return pipeline.request_recluster(self.store, dry_run, self.clock(), scope=scope)

    def apply_recluster(self, request_id: str) -> None:
        """Apply what was computed. Raises NotFound, Conflict."""
        with self._deciding() as owner:
            before = self.store.last_change()
            pipeline.apply_recluster(self.store, owner, request_id, self.clock(), self._token)
            diff = self.store.recluster(request_id).diff or {}
            if diff.get("waiting"):
                self._reclustered_change = -1  # there is more to do, though nothing may happen any more
                return
            if before == self._reclustered_change:  # only its own changes came in between
                self._reclustered_change = self.store.last_change()

    def follow_reclusters(self) -> None:
        """Start what was requested, apply what is ready. Only one is computed at a time. Raises StoreBusy."""
        wanted = self.store.reclusters("ready", "requested", "computing")
        for record in wanted:
            if record.state == "ready":
                self.apply_recluster(record.id)
        if not self.computing.busy:
            for record in reversed(wanted):
                if record.state != "ready":
                    self.claim()
                    self.computing.start(record.id, self._token)
                    return

    def _upkeep(self) -> None:
        """What is due now and then: the window's far end, stories without news, articles that have had their
        time, old answers, the scheduled re-clustering."""
        now = self.clock()
        self._upkeep_at = now + UPKEEP_SECONDS
        with self._deciding() as owner:
            pipeline.expire(owner, now)
        self._in_parts(lambda owner: pipeline.close_stories(self.store, owner, now, self._token))
        days, most = self.settings.retain_days, self.settings.retain_articles
        if days or most:
            self._in_parts(lambda owner: pipeline.retire(self.store, owner, now, days, most))
        pipeline.prune(self.store, now, self._token)
        self._request_when_due(now)

    def _in_parts(self, work: Callable[[Owner], Sequence[str]]) -> None:
        """Do a part of what is due, and another, letting others decide and ask in between."""
        for _ in range(UPKEEP_PARTS):
            with self._deciding() as owner:
                if not work(owner):
                    return

    def _request_when_due(self, now: float) -> None:
        """Re-cluster the archive once a night, and what changed every `recluster_minutes`, but not when
        nothing has changed since."""
        if self._night_is_due(now):
            self._reclustered_change = self.store.last_change()
            pipeline.request_recluster(self.store, False, now, self._token, "archive", steady=True)
            return
        every = self.settings.recluster_minutes * 60.0
        if not every:
            return
        if self._recluster_at is None:
            self._recluster_at = now + every
        elif now >= self._recluster_at:
            self._recluster_at = now + every
            newest = self.store.last_change()
            if newest > self._reclustered_change:
                self._reclustered_change = newest
                pipeline.request_recluster(self.store, False, now, self._token, "changes", steady=True)

    def _night_is_due(self, now: float) -> bool:
        """Whether the hour of the night has come since the archive was last asked for. A store whose first
        articles came after that hour waits for the next night."""
        hour = self.settings.recluster_night
        if hour < 0.0 or self.store.last_change() == self._reclustered_change:
            return False
        came = (now - hour * HOUR) // DAY * DAY + hour * HOUR
        last = pipeline.last_requested(self.store, "archive")
        return self._began < came if last is None else last < came

    # Questions

    def match(self, raw: Mapping[str, Any]) -> list[Json]:
        """The stories this article would join; nothing is stored. Raises InvalidArticle, Unavailable."""
        with self._seated(ANSWER_SECONDS) as owner:
            found = pipeline.match(self.store, self.sketcher, owner, raw, self.clock())
        return [{**match._asdict(), "evidence": asdict(match.evidence)} for match in found]

    def explain(self, a: str, b: str) -> Json:
        """Why these two are (not) in one story. Raises NotFound, Unavailable."""
        with self._seated(ANSWER_SECONDS) as owner:
            return asdict(pipeline.explain(self.store, owner, a, b))
