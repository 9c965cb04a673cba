"""Whom are changes pushed to, and what became of each delivery?"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.api.cursors import MOST
from service.api.models.base import Document, Moment


class WebhookRequest(BaseModel):
    """Where to push changes."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=2000, description="http(s); private addresses only where that is allowed.")
    types: list[Annotated[str, Field(pattern=r"^[a-z]+\.[a-z_]+$", max_length=50)]] = Field(
        default=[], max_length=20, description="Only changes of these types, such as story.emerged; else all."
    )
    since: int | None = Field(
        default=None, ge=0, le=MOST, description="Begin after this change; else with what comes next."
    )


class Webhook(Document):
    """Whom changes are pushed to."""

    id: str
    url: str
    types: list[str]
    state: Literal["active", "disabled"]
    reason: str = Field(description="Why it was disabled.")
    created_at: Moment
    cursor: int = Field(description="The last change that is done.")
    failures: int = Field(description="Tries in a row that failed.")


class NewWebhook(Webhook):
    """A webhook that was just made."""

    secret: str = Field(description="Deliveries are signed with it; it is not said again.")


class WebhookList(Document):
    """A page of webhooks."""

    webhooks: list[Webhook]
    next: str | None = Field(default=None, description="Cursor of the next page.")


class Delivery(Document):
    """A stretch of the log on its way to a webhook, or what became of it."""

    seq: int
    webhook_id: str
    first: int = Field(description="The first change in it.")
    last: int = Field(description="The change that it reaches to.")
    changes: int = Field(description="How many changes are in it.")
    state: Literal["waiting", "delivered", "failed"]
    again: int | None = Field(description="The delivery that it repeats on request.")
    attempts: int
    created_at: Moment
    due_at: Moment = Field(description="When it is tried next, while it waits.")
    tried_at: Moment | None
    seconds: float | None = Field(description="How long the last try took.")
    status: int | None = Field(description="What the last try was answered.")
    error: str = Field(description="Why the last try failed.")


class DeliveryList(Document):
    """A page of deliveries, newest first."""

    deliveries: list[Delivery]
    next: str | None = Field(default=None, description="Cursor of the next page.")
