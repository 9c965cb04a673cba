"""Why are these two reports (not) in one story? Evidence, reasons in words, and the passages they share."""

from __future__ import annotations

from fastapi import APIRouter

from service.api.context import CurrentEngine, problems_of
from service.api.models.pairs import PairDocument
from service.api.paths import ArticleId

router = APIRouter(prefix="/v1", tags=["pairs"], responses=problems_of(404, 410))


@router.get("/pairs/{a:id}/{b:id}")
def get_pair(a: ArticleId, b: ArticleId, engine: CurrentEngine) -> PairDocument:
    """Compare two stored articles as the owner of decisions does."""
    return PairDocument.model_validate(engine.explain(a, b))
