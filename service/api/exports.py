"""How do the stories leave as a file? All that a filter finds, as CSV or JSON Lines, read page by page.

Each page is a short look into the store, begun where the one before ended: nobody waits for a slow reader,
and a file of any length needs the memory of one page.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import Field
from starlette.responses import StreamingResponse

from service.api.context import CurrentSettings, CurrentStore, problems_of
from service.api.listing import StoryQuery, page_of_stories, summary_of
from service.feeds import tables
from service.settings import Settings
from service.store import Store
from service.store.queries import Sort

PAGE = 200
MOST = 10_000_000
router = APIRouter(prefix="/v1", tags=["stories"], responses=problems_of())


class ExportQuery(StoryQuery):
    """Which stories, in which order."""

    sort: Sort = Field(
        "first",
        description="By `first` nearly nothing moves while the file is written; by `latest` a story that "
        "gets a report meanwhile may be missing.",
    )
    limit: int = Field(MOST, ge=1, le=MOST, description="At most so many.")


Asked = Annotated[ExportQuery, Query()]
Rows = Callable[[Iterable[Mapping[str, Any]]], bytes]


def _answers(media_type: str) -> dict[str, Any]:
    content: dict[str, Any] = {media_type: {"schema": {"type": "string"}}}
    return {
        "response_class": Response,
        "responses": {200: {"content": content, "description": "A line for each story."}},
    }


@router.get("/stories.csv", **_answers("text/csv"))
def stories_csv(query: Asked, store: CurrentStore, settings: CurrentSettings) -> StreamingResponse:
    """Live stories for a spreadsheet: UTF-8 with a byte order mark, times in UTC, no cell a formula."""
    parts = _parts(store, settings, query, tables.csv_rows, tables.csv_head())
    return _file(parts, "text/csv; charset=utf-8", "stories.csv")


@router.get("/stories.jsonl", **_answers("application/x-ndjson"))
def stories_jsonl(query: Asked, store: CurrentStore, settings: CurrentSettings) -> StreamingResponse:
    """Live stories for programs: one JSON document a line, each as `/v1/stories` has it."""
    parts = _parts(store, settings, query, tables.json_lines, b"")
    return _file(parts, "application/x-ndjson", "stories.jsonl")


def _file(parts: Iterator[bytes], media_type: str, name: str) -> StreamingResponse:
    begun = next(parts)  # what is wrong with the question shows before anything is sent
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(_after(begun, parts), media_type=media_type, headers=headers)


def _after(begun: bytes, parts: Iterator[bytes]) -> Iterator[bytes]:
    yield begun
    yield from parts


def _parts(store: Store, settings: Settings, query: ExportQuery, rows: Rows, head: bytes) -> Iterator[bytes]:
    """The head with the first page, then page after page."""
    left, cursor = query.limit, query.cursor
    while True:
        asked = query.model_copy(update={"limit": min(left, PAGE), "cursor": cursor})
        page, cursor = page_of_stories(store, asked)
        now = time.time()
        yield head + rows(summary_of(story, settings, now).model_dump(mode="json") for story in page.items)
        head, left = b"", left - len(page.items)
        if cursor is None or left <= 0:
            return
