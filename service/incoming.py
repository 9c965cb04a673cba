"""What can be done to an article before it meets the store? Read, prepared, made into rows: in any process.

Nothing here needs a database, so that a process that only prepares starts fast and stays small.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from service.errors import InvalidArticle, SamestoryError
from service.model import Article, Prepared, Sketch
from service.sketch.sketch import Sketcher
from service.store.rows import Candidate, candidate, content_hash
from service.text.anchors import find_anchors
from service.text.intake import read_article
from service.text.prepare import prepare_text
from service.text.strict_json import Line

Raw = Mapping[str, Any] | Exception | Line


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of the article at `index`. `error` and its HTTP `error_status` say why it was rejected."""

    index: int
    id: str | None
    status: Literal["accepted", "unchanged", "updated", "rejected"]
    error: str | None = None
    error_status: int | None = None


def rejected(index: int, error: Exception, article_id: str | None = None) -> Receipt:
    """The receipt of an article that cannot be taken."""
    status = error.status if isinstance(error, SamestoryError) else 400
    return Receipt(index, article_id, "rejected", str(error), status)


def read_raws(raws: Sequence[Raw], article_bytes: int) -> tuple[dict[int, Article], list[Receipt]]:
    """The readable articles by their place in the batch, and receipts for the others."""
    readable: dict[int, Article] = {}
    refused = []
    for index, raw in enumerate(raws):
        try:
            readable[index] = _read(raw, article_bytes)
        except SamestoryError as error:
            refused.append(rejected(index, error))
        except Exception as error:
            if raw is not error:
                raise
            refused.append(rejected(index, error))
    return readable, refused


def _read(raw: Raw, article_bytes: int) -> Article:
    if isinstance(raw, Exception):
        raise raw
    return read_article(raw.fields() if isinstance(raw, Line) else raw, article_bytes)


def prepare_article(sketcher: Sketcher, article: Article, arrived_at: float) -> Prepared:
    """Extract, clean, date and sketch one article. Pure."""
    ready = prepare_text(article, arrived_at)
    return Prepared(article.id, *ready, sketch_of(sketcher, ready.title, ready.text, ready.spans, ready.lang))


def sketch_of(
    sketcher: Sketcher, title: str, text: str, spans: Sequence[tuple[int, int]], lang: str
) -> Sketch:
    """Sketch one article, with its anchors where these are asked for. Pure."""
    sketch = sketcher.sketch(title, text, spans)
    if not sketcher.cross_language:
        return sketch
    return sketcher.anchored(sketch, (anchor.keys for anchor in find_anchors(title, text, spans, lang)))


def attempt(sketcher: Sketcher, article: Article, arrived_at: float) -> Prepared | Exception:
    """Like `prepare_article`, with its failure as a value: one bad article costs the others nothing."""
    try:
        return prepare_article(sketcher, article, arrived_at)
    except Exception as error:
        return error


class Made(NamedTuple):
    """Articles read and prepared, with their places in the batch, and receipts for what could not be read."""

    candidates: Sequence[tuple[int, Candidate]]
    refused: Sequence[Receipt]


def make(sketcher: Sketcher, raws: Sequence[Raw], article_bytes: int, now: float) -> Made:
    """Read and prepare articles. Pure, so that any process may."""
    readable, refused = read_raws(raws, article_bytes)
    found = (
        (index, candidate_of(sketcher, item, content_hash(item), now)) for index, item in readable.items()
    )
    return Made(list(found), refused)


def candidate_of(sketcher: Sketcher, article: Article, digest: bytes, now: float) -> Candidate:
    """An article with what was prepared of it, or with the reason why it could not be."""
    outcome = attempt(sketcher, article, now)
    if isinstance(outcome, Exception):
        return candidate(article, digest, failure=reason_of(outcome))
    return candidate(article, digest, outcome)


def reason_of(error: Exception) -> str:
    """What an article's row says about a failure, without quoting the article."""
    return str(error) if isinstance(error, InvalidArticle) else f"Preparing failed: {type(error).__name__}."
