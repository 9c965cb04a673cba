"""What does a webhook get next, and what follows from its answer? Register, take a turn, redeliver.

Changes arrive in order, each at least once: its place in the log moves when a stretch was accepted, and
a stretch is repeated, with growing pauses, until it is, or until the webhook is disabled and says why.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog

from service.errors import Conflict, RefusedAddress
from service.network.addresses import port_of, read_url, resolve
from service.settings import Settings
from service.store import Store, webhooks
from service.store.records import ChangeRecord, DeliveryRecord, WebhookRecord
from service.webhooks.sending import LONGEST_PAUSE, PRIVATE, Answer, new_secret, post, signed

GONE = 410  # the consumer's own word that it wants no more
GROWTH = 4  # of the pause with each failed try
CLAIM_SECONDS = 60.0  # beyond the time limit of an answer: for who died while sending

log = structlog.get_logger()


def register(
    store: Store, settings: Settings, url: str, types: Sequence[str], since: int | None, now: float
) -> tuple[WebhookRecord, str]:
    """Push what comes after change `since` (None: after the newest) to a url; returns it with its secret.

    Raises RefusedAddress, Conflict.
    """
    parts = read_url(url)
    try:
        resolve(parts.hostname or "", port_of(parts), private=settings.webhook_private, setting=PRIVATE)
    except OSError:
        raise RefusedAddress("The host's name has no address.") from None
    secret = new_secret()
    begins = store.last_change() if since is None else since
    made = WebhookRecord(
        f"wh-{secrets.token_hex(8)}", url, list(dict.fromkeys(types)), "active", "", now, begins, 0
    )
    with store.write() as connection:
        webhooks.add(connection, made, secret)
    return made, secret


def enable(store: Store, webhook_id: str) -> None:
    """Send to a disabled webhook again, from where it was. Raises NotFound."""
    with store.write() as connection:
        webhooks.get(connection, webhook_id)
        webhooks.change(connection, webhook_id, state="active", reason="", failures=0, claimed_until=0.0)


def redeliver(store: Store, webhook_id: str, seq: int, now: float) -> DeliveryRecord:
    """Send a delivery's changes once more, whatever became of it. Raises NotFound, Conflict."""
    with store.write() as connection:
        old = webhooks.delivery(connection, webhook_id, seq)
        if old.state == "waiting":
            raise Conflict("The delivery is still on its way.")
        if webhooks.get(connection, webhook_id).state != "active":
            raise Conflict("The webhook is disabled; enable it first.")
        return webhooks.add_delivery(
            connection, webhook_id, old.first, old.last, old.changes, now, again=old.seq
        )


def due(store: Store, now: float) -> list[str]:
    """Webhooks that somebody should take a turn for."""
    with store.read() as connection:
        return webhooks.due(connection, now)


def turn(store: Store, settings: Settings, webhook_id: str, now: float) -> bool:
    """Send one delivery, if one is due and nobody else sends. True when there may be more."""
    with store.write() as connection:
        hook = webhooks.claim(connection, webhook_id, now, settings.webhook_seconds + CLAIM_SECONDS)
        if hook is None:
            return False
        delivery = webhooks.next_delivery(connection, hook, now)
        if delivery is None:
            webhooks.change(connection, webhook_id, claimed_until=0.0)
            return webhooks.get(connection, webhook_id).cursor > hook.cursor
        secret = webhooks.secret_of(connection, webhook_id)
        changes = webhooks.content(connection, delivery, hook.types)
    began = time.monotonic()
    answer = _send(settings, hook, delivery, secret, changes, now)
    took = time.monotonic() - began
    _note(store, settings, hook, delivery, answer, now + took, took)
    return answer.accepted


def _send(
    settings: Settings,
    hook: WebhookRecord,
    delivery: DeliveryRecord,
    secret: str,
    changes: Sequence[ChangeRecord],
    now: float,
) -> Answer:
    # The same stretch has the same id whenever it is sent, so that a consumer can tell that it has it.
    message_id = f"{hook.id}-{delivery.first}-{delivery.last}"
    body = orjson.dumps(
        {"webhook_id": hook.id, "delivery": delivery.seq, "changes": [document(one) for one in changes]}
    )
    headers = signed(secret, message_id, now, body)
    return post(hook.url, body, headers, seconds=settings.webhook_seconds, private=settings.webhook_private)


def _note(
    store: Store,
    settings: Settings,
    hook: WebhookRecord,
    delivery: DeliveryRecord,
    answer: Answer,
    now: float,
    took: float,
) -> None:
    """Keep what became of a try, and give the webhook free."""
    attempts = delivery.attempts + 1
    tried: dict[str, Any] = {"attempts": attempts, "tried_at": now, "seconds": took}
    tried |= {"status": answer.status, "error": answer.error}
    with store.write() as connection:
        if answer.accepted:
            webhooks.change_delivery(connection, delivery.seq, state="delivered", **tried)
            reached = {} if delivery.again is not None else {"cursor": delivery.last}
            webhooks.change(connection, hook.id, failures=0, claimed_until=0.0, **reached)
        elif delivery.again is not None:  # was asked for by hand: tried once
            webhooks.change_delivery(connection, delivery.seq, state="failed", **tried)
            webhooks.change(connection, hook.id, claimed_until=0.0)
        elif attempts >= settings.webhook_attempts or answer.status == GONE:
            webhooks.change_delivery(connection, delivery.seq, state="failed", **tried)
            reason = f"{attempts} tries failed, the last one: {answer.error}"
            webhooks.change(
                connection, hook.id, state="disabled", reason=reason, failures=attempts, claimed_until=0.0
            )
            log.warning("webhook disabled", webhook=hook.id, reason=reason)
        else:
            due_at = now + max(_pause(settings, attempts), answer.pause_seconds)
            webhooks.change_delivery(connection, delivery.seq, due_at=due_at, **tried)
            webhooks.change(connection, hook.id, failures=attempts, claimed_until=0.0)
        webhooks.trim(connection, hook.id)


def _pause(settings: Settings, attempts: int) -> float:
    growth: float = GROWTH ** min(attempts - 1, 16)
    return min(LONGEST_PAUSE, settings.webhook_pause_seconds * growth)


def document(change: ChangeRecord) -> dict[str, Any]:
    """A change as the API shows it."""
    at = datetime.fromtimestamp(change.at, UTC).isoformat().replace("+00:00", "Z")
    return {
        "seq": change.seq,
        "at": at,
        "type": change.type,
        "article_id": change.article_id,
        "story_id": change.story_id,
        "data": change.data,
    }
