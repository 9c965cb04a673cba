"""What does a reader see? Server-rendered pages: stories, one story, two reports compared, why not, health.

They work without script; foreign text is always escaped and stands in its own direction.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from service.api import problems
from service.api.context import CurrentEngine, CurrentSettings, CurrentStore
from service.api.listing import Cursor, StoryQuery, page_of_members, page_of_stories
from service.api.paths import ArticleId, StoryId
from service.errors import NotFound
from service.related import related
from service.store import Store
from service.store.records import ArticleRecord, MemberRecord, StoryRecord
from service.web import deciding, feeds, health, imports, managing, searches, signing
from service.web.charts import Bar, moment, spark, timeline
from service.web.forms import ours
from service.web.news import AT_ONCE, WHY, news
from service.web.reasons import reasons, why_not
from service.web.rendering import STATIC, render, static, words_of
from service.web.reports import certain_languages, figures, groups, sides, verdict
from service.web.words import COOKIE, TONGUES

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

STORIES = 30
MEMBERS = 20  # each with its text: more would make a page of megabytes
CHARTED = 500  # reports of a story that charts are drawn of
NAMED = 8  # outlets of a story in the list
PASSED = 50  # transitions of a story, the newest
FOUND = 10  # reports that a search for two of them offers
YEAR = 365 * 24 * 3600
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
DAY = len("2024-06-17")

ORDERS = (
    ("latest", "latest first"),
    ("first", "earliest first"),
    ("size", "most reports"),
    ("hot", "rising"),
)


@dataclass(frozen=True, slots=True)
class Card:
    """A story in the list."""

    story: StoryRecord
    lang: str
    first: str
    others: list[str]
    more: int
    bars: list[Bar]


@dataclass(frozen=True, slots=True)
class Choice:
    """One side of the search for two reports."""

    name: str
    legend: str
    words: str
    found: list[ArticleRecord]


def install(app: FastAPI) -> None:
    """Adds the pages to an application."""
    app.include_router(router)
    app.include_router(deciding.router)
    app.include_router(feeds.router)
    app.include_router(imports.router)
    app.include_router(managing.router)
    app.include_router(searches.router)
    app.include_router(signing.router)


@router.get("/static/{name}")
def static_file(name: str) -> Response:
    """A style sheet or a script; its address changes with it."""
    if name not in STATIC:
        raise NotFound()
    return Response(static(name), media_type=STATIC[name][1], headers=FOREVER)


@router.get("/language/{tongue}")
def language(tongue: str, back: str = "/") -> Response:
    """Remember the reader's language and go back to the page where it was chosen."""
    if tongue not in TONGUES:
        raise NotFound()
    answer = RedirectResponse(ours(back), 303)
    answer.set_cookie(COOKIE, tongue, max_age=YEAR, samesite="lax", httponly=True)
    return answer


@router.get("/")
def stories(request: Request, store: CurrentStore) -> HTMLResponse:
    """The stories, newest first or as asked."""
    since = store.last_change()  # before the rest is read: what comes after is told live
    asked = {name: value for name, value in request.query_params.items() if value}
    until = asked.get("until", "")
    whole_day = {"until": f"{until}T23:59:59"} if len(until) == DAY else {}
    query = StoryQuery.model_validate({"limit": STORIES, **asked, **whole_day})
    page, following = page_of_stories(store, query)
    reports = store.stories.reports([story.id for story in page.items], CHARTED)
    cards = [_card(story, reports.get(story.id, ())) for story in page.items]
    languages = {lang for story in page.items for lang in story.languages} | ({query.lang} - {None})
    return render(
        request,
        "stories.html",
        since=since,
        cards=cards,
        query=query,
        asked={name: asked.get(name, "")[:DAY] for name in ("since", "until")},
        orders=ORDERS,
        outlets=sorted({name for card in cards for name in (card.first, *card.others) if name}),
        languages=sorted(languages),
        filtered=bool(asked.keys() - {"sort", "limit"}),
        save="/searches?" + urlencode({k: v for k, v in asked.items() if k in searches.TAKEN}),
        same=urlencode({k: v for k, v in asked.items() if k not in ("cursor", "limit")}),
        next_page=following and "/?" + urlencode({**asked, "cursor": following}),
    )


def _card(story: StoryRecord, members: Any) -> Card:
    first = _first(members).outlet if members else ""
    others = list(dict.fromkeys(m.outlet for m in members if m.outlet not in ("", first)))
    return Card(
        story=story,
        lang=_title_lang(story, members),
        first=first,
        others=others[:NAMED],
        more=max(0, story.outlet_count - 1 - NAMED),
        bars=spark(members),
    )


def _first(members: Any) -> MemberRecord:
    first: MemberRecord = min(members, key=moment)
    return first


def _title_lang(story: StoryRecord, members: Any) -> str:
    """The language of a story's title: that of the report which speaks for it."""
    speaker = next((m for m in members if m.article_id == story.representative_article_id), None)
    return speaker.lang if speaker else ""


@router.get("/problems/{code}")
def problem(code: str, request: Request) -> HTMLResponse:
    """What the `type` of a problem document points to: what happened, and what to do."""
    explanation = problems.EXPLANATIONS.get(code)
    if explanation is None:
        raise NotFound()
    heading = code.replace("-", " ").capitalize()
    return render(request, "message.html", heading=heading, lines=[explanation], errors=())


@router.get("/stories/{story_id:id}")
def story(
    story_id: StoryId, request: Request, store: CurrentStore, cursor: Cursor = None, new: bool = False
) -> Response:
    """One story: when who reported, its members by relation and what is new in each, what stands beside it,
    its history. An old id leads to the new one."""
    current = store.stories.resolve(story_id)
    if current != story_id:
        return RedirectResponse(f"/stories/{quote(current, safe='')}", 307)
    since = store.last_change()
    found = store.stories.get(story_id)
    page, following = page_of_members(store, story_id, cursor, MEMBERS)
    charted = store.stories.reports([story_id], CHARTED).get(story_id, ())
    rows, rows_left = timeline(charted)
    more = {"new": "true"} if new else {}
    return render(
        request,
        "story.html",
        since=since,
        story=found,
        title_lang=_title_lang(found, charted),
        first=_first(charted) if charted else None,
        speaker=next((m for m in charted if m.article_id == found.representative_article_id), None),
        rows=rows,
        rows_left=rows_left,
        outlets=Counter(member.outlet for member in charted).most_common(),
        groups=groups(store, page.items),
        news=news(store, story_id) if new or found.article_count <= AT_ONCE else None,
        related=related(store, story_id),
        why_related=WHY,
        lineage=store.stories.recent_lineage(story_id, PASSED),
        transitions=managing.TRANSITIONS,
        next_page=following and f"{request.url.path}?" + urlencode({"cursor": following, **more}),
    )


@router.get("/compare/{a:id}/{b:id}")
def compare(a: ArticleId, b: ArticleId, request: Request, engine: CurrentEngine) -> HTMLResponse:
    """Two reports side by side: the verdict, the reasons in words, and the shared passages marked in both."""
    pair: dict[str, Any] = engine.explain(a, b)
    tongue = words_of(request).tongue
    return render(
        request,
        "compare.html",
        pair=pair,
        verdict=verdict(pair),
        reasons=reasons(pair, tongue),
        why_not=why_not(pair, certain_languages(engine.store, a, b), tongue),
        figures=figures(pair["evidence"]),
        sides=sides(engine.store, pair),
        address=f"/compare/{quote(a, safe='')}/{quote(b, safe='')}",
        decided=deciding.decided(engine.store, a, b),
        outlets=deciding.outlets(engine.store, a, b),
        passages=deciding.passages(pair),
    )


@router.get("/why")
def why(
    request: Request, store: CurrentStore, qa: str = "", qb: str = "", a: str = "", b: str = "", go: str = ""
) -> Response:
    """Any two reports, found by words of their titles: the way to the comparison of what is in no story."""
    if go == "compare" and a and b:
        return RedirectResponse(f"/compare/{quote(a, safe='')}/{quote(b, safe='')}", 303)
    asked = (("a", "The first report", qa), ("b", "The second report", qb))
    choices = [Choice(name, legend, words[:200], _search(store, words)) for name, legend, words in asked]
    return render(request, "why.html", sides=choices, ready=all(choice.found for choice in choices))


def _search(store: Store, words: str) -> list[ArticleRecord]:
    return list(store.articles.search(words[:200], FOUND)) if words.strip() else []


@router.get("/health")
def state(request: Request, engine: CurrentEngine, settings: CurrentSettings) -> HTMLResponse:
    """Whether work is being done, in figures, and the settings in force."""
    ready, details = engine.ready()
    return render(
        request,
        "health.html",
        ready=ready,
        trouble=details.get("trouble", ""),
        figures=health.figures(engine.statistics()),
        disabled=health.disabled_webhooks(engine.store),
        settings=health.settings_in_force(settings),
    )
