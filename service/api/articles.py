"""How do articles come in, and what is known of each? Posting one or many, looking up, taking down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request, Response

from service import pipeline
from service.api import bodies, problems
from service.api.backlog import Backlog
from service.api.context import CurrentEngine, CurrentSettings, CurrentStore, problems_of
from service.api.idempotency import IdempotencyKey, request_digest
from service.api.listing import Cursor, next_cursor, position
from service.api.models.articles import ArticleDetail, ArticleList, ArticleSummary, Receipt, Submission
from service.api.models.links import LinkDocument, LinkList
from service.api.models.problem import Problem
from service.api.paths import ArticleId
from service.errors import Gone, InvalidArticle, InvalidInput, TooLarge
from service.model import State
from service.runner import Engine
from service.settings import Settings
from service.store.records import ArticleRecord

MOST_WAIT = 60.0
GATHERED_BYTES = 1 << 16  # a larger request is worth a thread and a transaction of its own
DONE = frozenset({"placed", "rejected", "deleted"})
CODES = {error.status: problems.code_of(error) for error in (InvalidInput, InvalidArticle, Gone, TooLarge)}

ARTICLE = {"$ref": "#/components/schemas/ArticleInput"}
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "One article, an array of articles, or one article a line.",
        "content": {
            "application/json": {"schema": {"anyOf": [ARTICLE, {"type": "array", "items": ARTICLE}]}},
            "application/x-ndjson": {"schema": {"type": "string"}},
        },
    }
}

router = APIRouter(prefix="/v1", tags=["articles"], responses=problems_of())


@router.post(
    "/articles",
    status_code=202,
    response_model=Submission,
    openapi_extra=BODY,
    responses={
        200: {
            "model": Submission,
            "description": "Nothing is left to do: all placed, unchanged or rejected.",
        },
        202: {"description": "Stored; on the way to its story."},
        **problems_of(403, 408, 409, 410, 413, 415),
    },
)
async def post_articles(
    request: Request,
    engine: CurrentEngine,
    settings: CurrentSettings,
    wait: Annotated[float, Query(ge=0, le=MOST_WAIT, description="Seconds to wait for the placement.")] = 0,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Store articles durably and answer at once. A bad one costs the others nothing: its receipt names it."""
    backlog: Backlog = request.app.state.backlog
    await backlog.check()
    body = await bodies.read_articles(request, settings)
    if idempotency_key or len(body.data) > GATHERED_BYTES:
        key = idempotency_key and pipeline.IdempotencyKey(idempotency_key, request_digest(request, body.data))
        batch, receipts = await run_sync(_submit, engine, settings, body, key or None)
    else:
        batch = bodies.parse(body, settings)
        receipts = await request.app.state.gathering.submit(batch.items)
    results = [_receipt(receipt) for receipt in receipts]
    stored = [result.id for result in results if result.id is not None and result.status != "rejected"]
    if wait and stored:
        await run_sync(engine.wait_placed, stored, wait, limiter=request.app.state.waiters)
        results = await run_sync(_with_stories, engine, results)
    return _answer(results, batch.single, waited=bool(wait))


def _submit(
    engine: Engine, settings: Settings, body: bodies.Body, key: pipeline.IdempotencyKey | None
) -> tuple[bodies.Batch, list[pipeline.Receipt]]:
    batch = bodies.parse(body, settings)
    return batch, engine.submit(batch.items, key)


def _receipt(receipt: pipeline.Receipt) -> Receipt:
    error = None
    if receipt.error is not None:
        status = receipt.error_status or InvalidArticle.status
        code = CODES.get(status, "invalid-article")
        error = Problem(**problems.document(status, code, HTTPStatus(status).phrase, receipt.error))
    return Receipt(index=receipt.index, id=receipt.id, status=receipt.status, error=error)


def _with_stories(engine: Engine, results: Sequence[Receipt]) -> list[Receipt]:
    """The receipts with what has become of their articles by now."""
    ids = {result.id for result in results if result.id is not None}
    now: Mapping[str, ArticleRecord] = {
        article.id: article for article in engine.store.articles.several(list(ids))
    }
    return [_with_story(result, now.get(result.id or "")) for result in results]


def _with_story(result: Receipt, article: ArticleRecord | None) -> Receipt:
    if article is None:
        return result
    return result.model_copy(update={"state": article.state, "story_id": article.story_id})


def _answer(results: Sequence[Receipt], single: bool, *, waited: bool) -> Response:
    """200 when nothing is left to do, 202 while something is; a problem for a lone rejected article."""
    if single and results[0].error is not None:
        return problems.respond(results[0].error.model_dump(exclude_none=True))
    found = Counter(result.status for result in results)
    pending = found["accepted"] + found["updated"] > 0
    if waited:
        pending = any(result.state is not None and result.state not in DONE for result in results)
    counts = {name: found[name] for name in ("accepted", "updated", "unchanged", "rejected")}
    content = Submission(**counts, results=list(results)).model_dump_json(exclude_none=True)
    return Response(content, 202 if pending else 200, media_type="application/json")


@router.get("/articles")
def list_articles(
    store: CurrentStore,
    state: State | None = None,
    outlet: Annotated[str | None, Query(max_length=500)] = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ArticleList:
    """Articles without their text, newest arrival first; deleted ones only when that state is asked for."""
    filters = {"list": "articles", "state": state, "outlet": outlet}
    page = store.articles.list(
        state=state, outlet=outlet, after=position(cursor, filters, (int,)), limit=limit
    )
    listed = [ArticleSummary.model_validate(article) for article in page.items]
    return ArticleList(articles=listed, next=next_cursor(page, filters))


@router.get("/articles/{article_id:id}", responses=problems_of(404, 410))
def get_article(article_id: ArticleId, store: CurrentStore) -> ArticleDetail:
    """One article with its original text, which every span refers to."""
    summary = ArticleSummary.model_validate(store.articles.get(article_id))
    text = store.articles.text(article_id)
    return ArticleDetail(
        **dict(summary),
        text=text.text,
        spans=list(text.spans),
        others=[list(spans) for spans in text.others],
        extra=dict(text.extra),
    )


@router.get("/articles/{article_id:id}/similar", responses=problems_of(404, 410))
def similar_articles(article_id: ArticleId, store: CurrentStore) -> LinkList:
    """What this article was compared with when it was placed: links and near misses, strongest first."""
    return LinkList(links=[LinkDocument.model_validate(link) for link in store.articles.links(article_id)])


@router.delete("/articles/{article_id:id}", status_code=204, responses=problems_of(403, 404, 410))
def delete_article(article_id: ArticleId, engine: CurrentEngine) -> Response:
    """Take an article down: its text is erased, its id answers 410 from then on and is not taken again."""
    engine.delete(article_id)
    return Response(status_code=204)
