"""Which stories are there, and what is in one? Lists, one story, its members, evidence and history."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, Query

from service.api.context import CurrentSettings, CurrentStore, problems_of
from service.api.listing import MEMBERS, Cursor, StoryQuery, page_of_members, page_of_stories, summary_of
from service.api.models.history import Lineage, LineageEntry, Provenance
from service.api.models.links import LinkDocument, LinkList
from service.api.models.related import RelatedList, RelatedStory
from service.api.models.stories import Member, MemberList, StoryDetail, StoryList
from service.api.paths import StoryId
from service.history import history
from service.provenance import provenance
from service.related import related
from service.store.records import MemberRecord, Page

router = APIRouter(prefix="/v1", tags=["stories"], responses=problems_of(404))


@router.get("/stories")
def list_stories(
    query: Annotated[StoryQuery, Query()], store: CurrentStore, settings: CurrentSettings
) -> StoryList:
    """Live stories, page by page."""
    page, following = page_of_stories(store, query)
    now = time.time()
    return StoryList(stories=[summary_of(story, settings, now) for story in page.items], next=following)


@router.get("/stories/{story_id:id}")
def get_story(story_id: StoryId, store: CurrentStore, settings: CurrentSettings) -> StoryDetail:
    """One story with its first members. A merged one says `merged_into`: an id never stops resolving."""
    summary = summary_of(store.stories.get(story_id), settings, time.time())
    page, following = page_of_members(store, story_id, None)
    origin = store.stories.split_from(story_id)
    return StoryDetail(**dict(summary), split_from=origin, members=_members(page), next=following)


@router.get("/stories/{story_id:id}/articles")
def list_members(
    story_id: StoryId,
    store: CurrentStore,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=200)] = MEMBERS,
) -> MemberList:
    """The members of a story in order of arrival, page by page."""
    page, following = page_of_members(store, story_id, cursor, limit)
    return MemberList(members=_members(page), next=following)


@router.get("/stories/{story_id:id}/explain")
def explain_story(story_id: StoryId, store: CurrentStore) -> LinkList:
    """The stored evidence between the members of a story: links and near misses, strongest first."""
    return LinkList(links=[LinkDocument.model_validate(link) for link in store.stories.links(story_id)])


@router.get("/stories/{story_id:id}/lineage")
def story_lineage(story_id: StoryId, store: CurrentStore) -> Lineage:
    """Everything that happened to a story, oldest first, each with its cause and a sentence that tells it."""
    found = history(store, story_id)
    return Lineage(
        story_id=story_id,
        status=found.story.status,
        merged_into=found.story.merged_into,
        resolves_to=found.resolves_to,
        split_from=found.split_from,
        absorbed=found.absorbed,
        split_off=found.split_off,
        lineage=[LineageEntry.model_validate(entry) for entry in found.entries],
    )


@router.get("/stories/{story_id:id}/provenance")
def story_provenance(story_id: StoryId, store: CurrentStore) -> Provenance:
    """Where each sentence comes from, and what is new in each report against all before it."""
    return Provenance.model_validate(provenance(store, story_id))


@router.get("/stories/{story_id:id}/related")
def related_stories(story_id: StoryId, store: CurrentStore, settings: CurrentSettings) -> RelatedList:
    """Up to six live stories beside this one, each with why: once one with it, compared with it, or with rare
    words in common. For words the titles of the thousand stories with the nearest news are read."""
    now = time.time()
    return RelatedList(
        related=[
            RelatedStory.model_validate(
                {"story": summary_of(one.story, settings, now), "reasons": one.reasons}
            )
            for one in related(store, story_id)
        ]
    )


def _members(page: Page[MemberRecord]) -> list[Member]:
    return [Member.model_validate(member) for member in page.items]
