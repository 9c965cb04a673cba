"""How is a batch decided while the one before is still being written? The owner is one batch ahead, no more.

Each batch is kept in one transaction, in order of arrival. A batch is only decided ahead if what is being
written cannot change it: new articles alone, and nobody who has left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import structlog

from service.model import Placement
from service.placing import Turn, decide_all, next_turn, overtaken, stands_alone, take_back
from service.store import Store, articles, leases
from service.stories.place import Owner
from service.telemetry import telemetry
from service.transitions import Decided, record_placements

log = structlog.get_logger()

_NOTHING = Turn((), (), (), ())


class _Handed(NamedTuple):
    """A turn that is decided and on its way to the store; `kept` is False when it was overtaken. `story_of`
    says where the articles were before that people decided about."""

    turn: Turn
    decided: Sequence[Decided]
    kept: Future[bool]
    story_of: Mapping[str, str]

    @property
    def last(self) -> int:
        """Its last place in the order of arrival."""
        return max((queued.seq for queued in self.turn.batch), default=0)


def place(
    store: Store, owner: Owner, limit: int, now: float, token: int | None = None, turns: int = 1
) -> list[Placement]:
    """prepared -> placed, in order of arrival, decided by the owner; up to `turns` batches of `limit`, each
    kept in one transaction while the next is decided.

    When it raises, the owner's memory is ahead of the store: throw it away and `rebuild_owner`. Nothing is
    being written any more when it returns or raises. Raises LeaseLost.
    """
    since = now - store.settings.stuck_seconds
    if turns == 1:
        return _place_one(store, owner, limit, now, since, token)
    placed: list[Placement] = []
    handed: _Handed | None = None
    with ThreadPoolExecutor(1, "keeping") as keeper:
        while turns or handed:
            turn = _read(store, limit, since, handed) if turns else _NOTHING
            if handed and not stands_alone(owner, turn):  # read it again when that is kept
                turns += _settle(owner, handed, placed)
                handed = None
                continue
            if not turn.batch and not turn.departed:
                break
            story_of = owner.homes.story_of
            with telemetry.stage("decide", len(turn.batch)):
                decided = decide_all(owner, turn)
            if handed and not handed.kept.result():
                take_back(owner, decided, story_of)
                turns += _settle(owner, handed, placed)
                handed = None
                continue
            if handed:
                _settle(owner, handed, placed)
            turns -= 1
            handed = _Handed(turn, decided, keeper.submit(_keep, store, turn, decided, now, token), story_of)
    return placed


def _place_one(
    store: Store, owner: Owner, limit: int, now: float, since: float, token: int | None
) -> list[Placement]:
    """One batch, written by the thread that decides: where articles come one by one, another thread would
    cost more than it does."""
    while True:
        turn = _read(store, limit, since, None)
        if not turn.batch and not turn.departed:
            return []
        story_of = owner.homes.story_of
        decided = decide_all(owner, turn)
        if _keep(store, turn, decided, now, token):
            return [placement for _, placement in decided]
        take_back(owner, decided, story_of)


def _read(store: Store, limit: int, since: float, handed: _Handed | None) -> Turn:
    with store.read() as connection:
        return next_turn(connection, limit, since, store.handover, handed.last if handed else 0)


def _settle(owner: Owner, handed: _Handed, placed: list[Placement]) -> int:
    """Wait until a turn is kept. Returns how many turns are to be decided anew: 1 when it was overtaken."""
    if handed.kept.result():
        placed += [placement for _, placement in handed.decided]
        return 0
    take_back(owner, handed.decided, handed.story_of)
    return 1


def _keep(store: Store, turn: Turn, decided: Sequence[Decided], now: float, token: int | None) -> bool:
    """Write down what was decided, unless the store has moved on. Raises LeaseLost."""
    with telemetry.stage("keep", len(decided)), store.write() as connection:
        leases.fence(connection, token)
        if overtaken(connection, turn):
            log.info("overtaken", articles=len(turn.batch))
            return False
        articles.forgotten(connection, turn.departed)
        record_placements(connection, decided, now)
    _tell(decided)
    return True


def _tell(decided: Sequence[Decided]) -> None:
    """Count and log what was kept: a line for the batch, and at level debug one for each article."""
    for _, placement in decided:
        telemetry.add("pairs_total{result=linked}", len(placement.links))
        telemetry.add("pairs_total{result=near_miss}", len(placement.near_misses))
        log.debug("placed", article=placement.article_id, story=placement.story_id, founded=placement.founded)
    if decided:
        founded = sum(placement.founded for _, placement in decided)
        first, last = decided[0][1], decided[-1][1]
        log.info(
            "batch placed", articles=len(decided), founded=founded,
            first=first.article_id, first_story=first.story_id,
            last=last.article_id, last_story=last.story_id,
        )  # fmt: skip
