"""Whom are changes pushed to, how far did each get, and what became of every delivery?

A webhook's place is a number of the change log. A delivery is a stretch of the log; the row that waits is the
queue, and a claim with an end keeps two senders from taking the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, exists, func, insert, select, update

from service.errors import Conflict, NotFound
from service.store.log import changes_since, last_change
from service.store.records import ChangeRecord, DeliveryRecord, WebhookRecord
from service.store.schema import changes, deliveries, webhooks

MOST = 100  # webhooks of one installation
STRETCH = 100  # changes in one delivery
SCANNED = 1000  # changes looked through at once for such that a webhook asked for
KEPT = 500  # deliveries in the log of one webhook

_WEBHOOK = [webhooks.c[name] for name in WebhookRecord.__dataclass_fields__]
_DELIVERY = [deliveries.c[name] for name in DeliveryRecord.__dataclass_fields__]
_WAITING = and_(deliveries.c.webhook_id == webhooks.c.id, deliveries.c.state == "waiting")
_DUE = select(webhooks.c.id).where(
    webhooks.c.state == "active",
    webhooks.c.claimed_until <= bindparam("now"),
    exists().where(_WAITING, deliveries.c.due_at <= bindparam("now"))
    | ((webhooks.c.cursor < bindparam("newest")) & ~exists().where(_WAITING, deliveries.c.again.is_(None))),
)


def add(connection: Connection, webhook: WebhookRecord, secret: str) -> None:
    """Keep a new webhook. Raises Conflict when there are too many."""
    if connection.execute(select(func.count()).select_from(webhooks)).scalar_one() >= MOST:
        raise Conflict(f"There are {MOST} webhooks already; delete one first.")
    row = {name: getattr(webhook, name) for name in WebhookRecord.__dataclass_fields__}
    connection.execute(insert(webhooks), row | {"secret": secret, "claimed_until": 0.0})


def get(connection: Connection, webhook_id: str) -> WebhookRecord:
    """One webhook. Raises NotFound."""
    query = select(*_WEBHOOK).where(webhooks.c.id == webhook_id)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound()
    return WebhookRecord(**row)


def secret_of(connection: Connection, webhook_id: str) -> str:
    """What its deliveries are signed with."""
    secret: str = connection.execute(
        select(webhooks.c.secret).where(webhooks.c.id == webhook_id)
    ).scalar_one()
    return secret


def listed(connection: Connection, after: str | None, limit: int) -> list[WebhookRecord]:
    """Webhooks by id."""
    query = select(*_WEBHOOK).order_by(webhooks.c.id).limit(limit)
    if after is not None:
        query = query.where(webhooks.c.id > after)
    return [WebhookRecord(**row) for row in connection.execute(query).mappings()]


def count(connection: Connection, state: str) -> int:
    """How many webhooks are in this state."""
    query = select(func.count()).select_from(webhooks).where(webhooks.c.state == state)
    number: int = connection.execute(query).scalar_one()
    return number


def remove(connection: Connection, webhook_id: str) -> None:
    """Forget a webhook and its deliveries. Raises NotFound."""
    connection.execute(delete(deliveries).where(deliveries.c.webhook_id == webhook_id))
    if not connection.execute(delete(webhooks).where(webhooks.c.id == webhook_id)).rowcount:
        raise NotFound()


def change(connection: Connection, webhook_id: str, **values: Any) -> None:
    """Change what is kept of a webhook; one that was deleted meanwhile stays so."""
    connection.execute(update(webhooks).where(webhooks.c.id == webhook_id), values)


def due(connection: Connection, now: float) -> list[str]:
    """Webhooks that somebody should send to now."""
    values = {"now": now, "newest": last_change(connection)}
    return list(connection.execute(_DUE, values).scalars())


def claim(connection: Connection, webhook_id: str, now: float, seconds: float) -> WebhookRecord | None:
    """Keep others from sending to this webhook for `seconds`; None when another does, or nobody may."""
    free = and_(webhooks.c.id == webhook_id, webhooks.c.state == "active", webhooks.c.claimed_until <= now)
    taken = connection.execute(update(webhooks).where(free), {"claimed_until": now + seconds}).rowcount
    return get(connection, webhook_id) if taken else None


def next_delivery(connection: Connection, webhook: WebhookRecord, now: float) -> DeliveryRecord | None:
    """What to send next: what waits and is due, else the next stretch of the log; None when nothing is."""
    waiting = deliveries_in(connection, webhook.id, "waiting")
    ready = next((one for one in waiting if one.due_at <= now), None)
    if ready is not None or any(one.again is None for one in waiting):
        return ready
    stretch, end = _stretch(connection, webhook)
    if not stretch:
        change(connection, webhook.id, cursor=end)
        return None
    return add_delivery(connection, webhook.id, stretch[0].seq, end, len(stretch), now)


def _stretch(connection: Connection, webhook: WebhookRecord) -> tuple[list[ChangeRecord], int]:
    """The next changes that a webhook asked for, and the number up to which the log was looked through."""
    scanned = changes_since(connection, webhook.cursor, SCANNED)
    wanted = [one for one in scanned if not webhook.types or one.type in webhook.types]
    if len(wanted) > STRETCH:
        return wanted[:STRETCH], wanted[STRETCH - 1].seq
    return wanted, scanned[-1].seq if scanned else webhook.cursor


def add_delivery(
    connection: Connection,
    webhook_id: str,
    first: int,
    last: int,
    changes: int,
    now: float,
    again: int | None = None,
) -> DeliveryRecord:
    """A new delivery that waits. again: the delivery that it repeats."""
    newest: int = connection.execute(select(func.coalesce(func.max(deliveries.c.seq), 0))).scalar_one()
    made = DeliveryRecord(newest + 1, webhook_id, first, last, changes, "waiting", again, 0, now, now)
    row = {name: getattr(made, name) for name in DeliveryRecord.__dataclass_fields__}
    connection.execute(insert(deliveries), row)
    return made


def content(connection: Connection, delivery: DeliveryRecord, types: Sequence[str]) -> list[ChangeRecord]:
    """The changes of a delivery, as the log has them."""
    inside = changes.c.seq.between(delivery.first, delivery.last)
    query = select(changes).where(inside).order_by(changes.c.seq)
    if types:
        query = query.where(changes.c.type.in_(types))
    return [ChangeRecord(**row) for row in connection.execute(query).mappings()]


def deliveries_in(connection: Connection, webhook_id: str, state: str) -> list[DeliveryRecord]:
    """Deliveries of a webhook in this state, oldest first."""
    query = select(*_DELIVERY).where(deliveries.c.webhook_id == webhook_id, deliveries.c.state == state)
    return [DeliveryRecord(**row) for row in connection.execute(query.order_by(deliveries.c.seq)).mappings()]


def deliveries_of(
    connection: Connection, webhook_id: str, before: int | None, limit: int
) -> list[DeliveryRecord]:
    """The delivery log of a webhook, newest first."""
    query = select(*_DELIVERY).where(deliveries.c.webhook_id == webhook_id)
    if before is not None:
        query = query.where(deliveries.c.seq < before)
    query = query.order_by(deliveries.c.seq.desc()).limit(limit)
    return [DeliveryRecord(**row) for row in connection.execute(query).mappings()]


def delivery(connection: Connection, webhook_id: str, seq: int) -> DeliveryRecord:
    """One delivery. Raises NotFound."""
    query = select(*_DELIVERY).where(deliveries.c.webhook_id == webhook_id, deliveries.c.seq == seq)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound()
    return DeliveryRecord(**row)


def change_delivery(connection: Connection, seq: int, **values: Any) -> None:
    """Note what became of a delivery."""
    connection.execute(update(deliveries).where(deliveries.c.seq == seq), values)


def trim(connection: Connection, webhook_id: str) -> None:
    """Drop the oldest deliveries of a webhook beyond those that are kept."""
    mine = deliveries.c.webhook_id == webhook_id
    oldest = select(deliveries.c.seq).where(mine).order_by(deliveries.c.seq.desc()).offset(KEPT).limit(1)
    seq = connection.execute(oldest).scalar()
    if seq is not None:
        connection.execute(
            delete(deliveries).where(mine, deliveries.c.seq <= seq, deliveries.c.state != "waiting")
        )
