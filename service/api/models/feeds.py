"""What do feeds that are polled look like in JSON?"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from service.api.models.base import Document, Moment


class FeedRequest(BaseModel):
    """A feed to poll."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=2000, description="Of the feed, or of a web page that names it.")
    outlet: str = Field(default="", max_length=500, description="Of its articles; else the feed's own title.")
    full_text: bool = Field(default=False, description="Whether its articles are read from their pages.")


class PolledFeed(Document):
    """A feed that is polled."""

    id: str
    url: str
    page: str = Field(description="The web page that named it, where a page was asked for.")
    title: str
    home: str
    outlet: str
    full_text: bool
    state: Literal["active", "failing", "dead"]
    reason: str = Field(description="Why it is failing, or dead and not polled any more.")
    status: int | None = Field(description="What the last poll was answered.")
    created_at: Moment
    polled_at: Moment | None
    news_at: Moment | None = Field(description="When a poll last brought something new.")
    due_at: Moment = Field(description="When it is polled next.")
    failures: int = Field(description="Polls in a row that failed.")
    items: int = Field(description="How many new or changed items it has brought.")


class PolledFeedList(Document):
    """A page of feeds."""

    feeds: list[PolledFeed]
    next: str | None = Field(default=None, description="Cursor of the next page.")


class RefusedFeed(Document):
    """A feed of a list that is not polled."""

    url: str
    reason: str


class OpmlReceipt(Document):
    """What became of the feeds of a list."""

    added: int
    known: int
    refused: list[RefusedFeed]
