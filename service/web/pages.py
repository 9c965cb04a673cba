"""What does a reader see? Three server-rendered pages: the stories, one story, two reports side by side.

They work without script; foreign text is always escaped and stands in its own direction.
"""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from service.api import problems
from service.api.context import CurrentEngine, CurrentStore
from service.api.listing import Cursor, StoryQuery, page_of_members, page_of_stories
from service.api.paths import ArticleId, StoryId
from service.errors import NotFound
from service.web.rendering import render, stylesheet
from service.web.reports import figures, groups, outlet_names, sides, verdict

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

STORIES = 30
MEMBERS = 20  # each with its text: more would make a page of megabytes
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}

ORDERS = (
    ("latest", "latest first"),
    ("first", "earliest first"),
    ("size", "most reports"),
    ("hot", "most talked about"),
)


def install(app: FastAPI) -> None:
    """Adds the pages to an application."""
    app.include_router(router)


@router.get("/static/style.css")
def style() -> Response:
    """The style sheet; its address changes with it."""
    return Response(stylesheet(), media_type="text/css", headers=FOREVER)


@router.get("/")
def stories(request: Request, store: CurrentStore) -> HTMLResponse:
    """The stories, newest first or as asked."""
    asked = {name: value for name, value in request.query_params.items() if value}
    query = StoryQuery.model_validate({"limit": STORIES, **asked})
    page, following = page_of_stories(store, query)
    return render(
        "stories.html",
        stories=page.items,
        outlets={story.id: outlet_names(store, story.id) for story in page.items},
        query=query,
        orders=ORDERS,
        languages=sorted(
            {lang for story in page.items for lang in story.languages} | ({query.lang} - {None})
        ),
        filtered=bool(asked.keys() - {"sort", "limit"}),
        next_page=following and "/?" + urlencode({**asked, "cursor": following}),
    )


@router.get("/problems/{code}")
def problem(code: str) -> HTMLResponse:
    """What the `type` of a problem document points to: what happened, and what to do."""
    explanation = problems.EXPLANATIONS.get(code)
    if explanation is None:
        raise NotFound()
    return render("message.html", heading=code.replace("-", " ").capitalize(), lines=[explanation])


@router.get("/stories/{story_id:id}")
def story(story_id: StoryId, request: Request, store: CurrentStore, cursor: Cursor = None) -> Response:
    """One story: its outlets, its members by relation, each with its text. An old id leads to the new one."""
    current = store.stories.resolve(story_id)
    if current != story_id:
        return RedirectResponse(f"/stories/{quote(current, safe='')}", 307)
    found = store.stories.get(story_id)
    page, following = page_of_members(store, story_id, cursor, MEMBERS)
    representative = next((m for m in page.items if m.article_id == found.representative_article_id), None)
    return render(
        "story.html",
        story=found,
        title_lang=representative.lang if representative else "",
        outlets=Counter(member.outlet for member in page.items).most_common(),
        groups=groups(store, page.items),
        next_page=following and f"{request.url.path}?" + urlencode({"cursor": following}),
    )


@router.get("/compare/{a:id}/{b:id}")
def compare(a: ArticleId, b: ArticleId, engine: CurrentEngine) -> HTMLResponse:
    """Two reports side by side: the verdict, the reasons in words, and the shared passages marked in both."""
    pair: dict[str, Any] = engine.explain(a, b)
    return render(
        "compare.html",
        pair=pair,
        verdict=verdict(pair),
        figures=figures(pair["evidence"]),
        sides=sides(engine.store, pair),
    )
