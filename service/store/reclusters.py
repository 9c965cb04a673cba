"""Which re-clusterings were asked for, and how far did each get? Rows of `reclusters`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from service.model import ReclusterScope
from service.store.among import among
from service.store.records import ReclusterRecord, ReclusterState
from service.store.schema import reclusters

_RECORD = [column for column in reclusters.c if column.name != "clusters"]


def request(
    connection: Connection,
    recluster_id: str,
    now: float,
    *,
    dry_run: bool,
    scope: ReclusterScope,
    steady: bool,
) -> None:
    """Ask for one."""
    row = {"id": recluster_id, "state": "requested", "requested_at": now, "reason": ""}
    connection.execute(insert(reclusters), {**row, "dry_run": dry_run, "scope": scope, "steady": steady})


def newest(connection: Connection, scope: ReclusterScope) -> float | None:
    """When one of this scope was last asked for."""
    query = select(func.max(reclusters.c.requested_at)).where(reclusters.c.scope == scope)
    return connection.execute(query).scalar()


def get(connection: Connection, recluster_id: str) -> ReclusterRecord | None:
    """One request with its diff."""
    query = select(*_RECORD).where(reclusters.c.id == recluster_id)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else ReclusterRecord(**row)


_NEWEST_FIRST = select(*_RECORD).order_by(reclusters.c.requested_at.desc(), reclusters.c.id)
_IN_STATE = _NEWEST_FIRST.where(among(reclusters.c.state, "states"))


def in_state(connection: Connection, *states: ReclusterState) -> list[ReclusterRecord]:
    """Requests in these states (all when none is named), newest first."""
    query = _IN_STATE if states else _NEWEST_FIRST
    return [ReclusterRecord(**row) for row in connection.execute(query, {"states": states}).mappings()]


def clusters(connection: Connection, recluster_id: str) -> Any:
    """What was computed, as `pipeline` wrote it."""
    return connection.execute(select(reclusters.c.clusters).where(reclusters.c.id == recluster_id)).scalar()


def change(connection: Connection, recluster_id: str, state: ReclusterState, **values: Any) -> None:
    """Move a request on."""
    row = {"state": state, **values}
    connection.execute(update(reclusters).where(reclusters.c.id == recluster_id), row)


def supersede(connection: Connection, before: float, now: float) -> None:
    """Let go of what was requested `before` and is held, unless somebody asked for a dry run: a later one is
    computed."""
    held = (reclusters.c.state == "held") & (reclusters.c.requested_at < before) & ~reclusters.c.dry_run
    _let_go(connection, held, "A later re-clustering took its place.", now)


def forget_held(connection: Connection, before: float, now: float) -> None:
    """Let go of what was requested `before` and nobody applied."""
    held = (reclusters.c.state == "held") & (reclusters.c.requested_at < before)
    _let_go(connection, held, "Nobody applied it in time.", now)


def _let_go(connection: Connection, which: ColumnElement[bool], reason: str, now: float) -> None:
    row = {"state": "failed", "clusters": None, "reason": reason, "finished_at": now}
    connection.execute(update(reclusters).where(which), row)
