"""What happened since I last asked? The one ordered log, numbered without gaps."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from service.api.context import CurrentStore, problems_of
from service.api.cursors import MOST
from service.api.models.changes import Change, ChangeList

router = APIRouter(prefix="/v1", tags=["changes"], responses=problems_of())


@router.get("/changes")
def list_changes(
    store: CurrentStore,
    since: Annotated[int, Query(ge=0, le=MOST, description="The last number seen; 0 for all.")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 500,
) -> ChangeList:
    """Changes after `since`, oldest first. Ask again with `since` = `next`."""
    found = store.changes(since, limit)
    return ChangeList(
        changes=[Change.model_validate(change) for change in found],
        next=found[-1].seq if found else since,
        newest=store.last_change(),
    )
