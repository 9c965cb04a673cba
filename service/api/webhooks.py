"""Who is told of changes without asking? Webhooks: where to, how it goes, what became of each delivery."""

from __future__ import annotations

import time
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from service.api import bodies, cursors
from service.api.context import CurrentSettings, CurrentStore, problems_of
from service.api.listing import Cursor, position
from service.api.models.webhooks import (
    Delivery,
    DeliveryList,
    NewWebhook,
    Webhook,
    WebhookList,
    WebhookRequest,
)
from service.api.paths import StoryId as WebhookId
from service.settings import Settings
from service.store import Store, webhooks
from service.webhooks import delivering

BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/WebhookRequest"}}},
    }
}
WEBHOOK_POSITION: cursors.Kinds = (str,)
DELIVERY_POSITION: cursors.Kinds = (int,)
Limit = Annotated[int, Query(ge=1, le=200)]
router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"], responses=problems_of())


@router.post("", status_code=201, openapi_extra=BODY, responses=problems_of(403, 408, 409, 413, 415))
async def add_webhook(
    request: Request, response: Response, settings: CurrentSettings, store: CurrentStore
) -> NewWebhook:
    """Push changes to a url, signed with the secret of this answer, which is said only here.

    Deliveries are POSTs as Standard Webhooks has them: webhook-id, webhook-timestamp, webhook-signature.
    """
    asked = _parse(await bodies.read_object(request, settings))
    made = await run_sync(_register, store, settings, asked)
    response.headers["Location"] = f"/v1/webhooks/{made.id}"
    return made


def _parse(data: bytes) -> WebhookRequest:
    try:
        return WebhookRequest.model_validate(bodies.parse_object(data))
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_input=False)) from None


def _register(store: Store, settings: Settings, asked: WebhookRequest) -> NewWebhook:
    made, secret = delivering.register(store, settings, asked.url, asked.types, asked.since, time.time())
    return NewWebhook(**dict(Webhook.model_validate(made)), secret=secret)


@router.get("")
def list_webhooks(store: CurrentStore, cursor: Cursor = None, limit: Limit = 50) -> WebhookList:
    """Webhooks by id. One that is `disabled` says its reason."""
    filters = {"list": "webhooks"}
    after = position(cursor, filters, WEBHOOK_POSITION)
    with store.read() as connection:
        found = webhooks.listed(connection, after[0] if after else None, limit + 1)
    shown = [Webhook.model_validate(one) for one in found[:limit]]
    more = len(found) > limit
    return WebhookList(webhooks=shown, next=cursors.encode([shown[-1].id], filters) if more else None)


@router.get("/{webhook_id:id}", responses=problems_of(404))
def get_webhook(webhook_id: WebhookId, store: CurrentStore) -> Webhook:
    """How far a webhook is, and whether it works."""
    with store.read() as connection:
        return Webhook.model_validate(webhooks.get(connection, webhook_id))


@router.delete("/{webhook_id:id}", status_code=204, responses=problems_of(403, 404))
def delete_webhook(webhook_id: WebhookId, store: CurrentStore) -> None:
    """Push nothing there any more; its delivery log goes too."""
    with store.write() as connection:
        webhooks.remove(connection, webhook_id)


@router.post("/{webhook_id:id}/enable", responses=problems_of(403, 404))
def enable_webhook(webhook_id: WebhookId, store: CurrentStore) -> Webhook:
    """Push to a disabled webhook again, from the change where it stopped."""
    delivering.enable(store, webhook_id)
    return get_webhook(webhook_id, store)


@router.get("/{webhook_id:id}/deliveries", responses=problems_of(404))
def list_deliveries(
    webhook_id: WebhookId, store: CurrentStore, cursor: Cursor = None, limit: Limit = 50
) -> DeliveryList:
    """The delivery log of a webhook, newest first; the last 500 are kept."""
    filters = {"list": "deliveries", "webhook": webhook_id}
    before = position(cursor, filters, DELIVERY_POSITION)
    with store.read() as connection:
        webhooks.get(connection, webhook_id)
        found = webhooks.deliveries_of(connection, webhook_id, before[0] if before else None, limit + 1)
    shown = [Delivery.model_validate(one) for one in found[:limit]]
    more = len(found) > limit
    return DeliveryList(deliveries=shown, next=cursors.encode([shown[-1].seq], filters) if more else None)


@router.post(
    "/{webhook_id:id}/deliveries/{seq}/redeliver", status_code=202, responses=problems_of(403, 404, 409)
)
def redeliver(
    webhook_id: WebhookId, seq: Annotated[int, Path(ge=1, le=cursors.MOST)], store: CurrentStore
) -> Delivery:
    """Send a delivery's changes once more, under the id that they had."""
    return Delivery.model_validate(delivering.redeliver(store, webhook_id, seq, time.time()))
