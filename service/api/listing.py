"""Where does a list begin and end? Filters, cursors and pages, for the API and the web alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from service.api import cursors
from service.api.models.base import Language
from service.api.models.stories import StorySummary
from service.settings import Settings
from service.store import Store
from service.store.queries import Sort
from service.store.records import MemberRecord, Page, StoryRecord

MEMBERS = 100
LIST_POSITION: cursors.Kinds = ((int, float), str)
MEMBER_POSITION: cursors.Kinds = (int,)
Cursor = Annotated[str | None, Query(max_length=1000, description="The `next` of the page before.")]


class StoryQuery(BaseModel):
    """Which stories, in which order. Times without a zone are UTC."""

    model_config = ConfigDict(extra="forbid")

    since: datetime | None = Field(None, description="With a report from then on.")
    until: datetime | None = Field(None, description="With a report until then.")
    outlet: str | None = Field(None, max_length=500, description="Covered by this outlet.")
    lang: Language | None = Field(None, description="With a report in this language.")
    q: str | None = Field(
        None, max_length=200, description="Words that stand in the titles, letter case and marks aside."
    )
    min_outlets: int | None = Field(
        None, ge=1, le=1_000_000, description="Covered by at least so many outlets."
    )
    min_independent: int | None = Field(
        None, ge=1, le=1_000_000, description="With at least so many independent outlets."
    )
    min_reports: int | None = Field(None, ge=1, le=1_000_000, description="Of at least so many reports.")
    sort: Sort = "latest"
    cursor: str | None = Field(None, max_length=1000, description="The `next` of the page before.")
    limit: int = Field(50, ge=1, le=200)

    def filters(self) -> dict[str, Any]:
        """What a cursor is bound to: everything but where and how much."""
        return {"list": "stories", **self.model_dump(exclude={"cursor", "limit"}, mode="json")}


def page_of_stories(store: Store, query: StoryQuery) -> tuple[Page[StoryRecord], str | None]:
    """A page of stories and the cursor of the next; the web page lists them by the same rules."""
    page = store.stories.list(
        since=unix(query.since),
        until=unix(query.until),
        outlet=query.outlet,
        lang=query.lang,
        q=query.q,
        min_outlets=query.min_outlets,
        min_independent=query.min_independent,
        min_reports=query.min_reports,
        sort=query.sort,
        after=position(query.cursor, query.filters(), LIST_POSITION),
        limit=query.limit,
    )
    return page, next_cursor(page, query.filters())


def summary_of(story: StoryRecord, settings: Settings, now: float) -> StorySummary:
    """A story as it is shown: whether it is active, quiet or closed depends on the time."""
    news = story.latest_reported or story.created_at
    quiet = news < now - settings.quiet_hours * 3600.0
    closed = story.status != "live" or story.closed_at is not None
    life = "closed" if closed else "quiet" if quiet else "active"
    return StorySummary.model_validate({**asdict(story), "life": life})


def page_of_members(
    store: Store, story_id: str, cursor: str | None, limit: int = MEMBERS
) -> tuple[Page[MemberRecord], str | None]:
    """A page of a story's members and the cursor of the next."""
    filters = {"list": "members", "story": story_id}
    page = store.stories.articles(story_id, after=position(cursor, filters, MEMBER_POSITION), limit=limit)
    return page, next_cursor(page, filters)


def position(cursor: str | None, filters: Mapping[str, Any], kinds: cursors.Kinds) -> list[Any] | None:
    """Where a list continues; None at its beginning."""
    return None if cursor is None else cursors.decode(cursor, filters, kinds)


def next_cursor(page: Page[Any], filters: Mapping[str, Any]) -> str | None:
    """The cursor of the page after this one."""
    return None if page.after is None else cursors.encode(page.after, filters)


def unix(moment: datetime | None) -> float | None:
    """Unix seconds of a moment; one without a zone is UTC."""
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
