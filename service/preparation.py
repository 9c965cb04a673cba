"""How is one article made ready for placing, and what if that fails? Pure work between short transactions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from service.errors import InvalidArticle
from service.model import Article, Prepared, Sketch
from service.sketch.sketch import Sketcher
from service.store import Store, articles, members, queue
from service.store.articles import Candidate, content_hash
from service.store.log import Journal
from service.store.queue import Draft
from service.submission import Raw, Receipt, read_raws
from service.text.anchors import find_anchors
from service.text.prepare import prepare_text
from service.transitions import Touched, settle

Outcome = tuple[Draft, Prepared | Exception]


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
        return Candidate(article, digest, failure=reason_of(outcome))
    return Candidate(article, digest, prepared=outcome)


def reason_of(error: Exception) -> str:
    """What an article's row says about a failure, without quoting the article."""
    return str(error) if isinstance(error, InvalidArticle) else f"Preparing failed: {type(error).__name__}."


def groups(drafts: Sequence[Draft]) -> Iterator[list[Draft]]:
    """Articles to prepare together. One whose attempt was begun before goes alone: it may kill its worker."""
    fresh = [draft for draft in drafts if draft.attempts == 0]
    if fresh:
        yield fresh
    for draft in drafts:
        if draft.attempts:
            yield [draft]


def prepare_all(store: Store, sketcher: Sketcher, drafts: Sequence[Draft], now: float) -> None:
    """Prepare group by group: the outcome of one is kept together with the note that the next has begun."""
    outcomes: list[Outcome] = []
    for group in (*groups(drafts), []):
        with store.write() as connection:
            _keep(connection, outcomes, store.settings.prepare_attempts, now)
            trying = _begin(connection, group, store.settings.prepare_attempts, now)
        outcomes = [(draft, attempt(sketcher, draft.article, draft.arrived_at)) for draft in trying]


def _begin(connection: Connection, group: Sequence[Draft], allowed: int, now: float) -> list[Draft]:
    """Count the attempt before it is made; reject an article that was begun too often."""
    trying = [draft for draft in group if draft.attempts < allowed]
    queue.count_attempts(connection, [draft.seq for draft in trying], now)
    for draft in group:
        if draft.attempts >= allowed:
            reject(connection, draft, f"It could not be prepared in {allowed} attempts.", now)
    return trying


def _keep(connection: Connection, outcomes: Sequence[Outcome], allowed: int, now: float) -> None:
    still = queue.still(connection, [draft.seq for draft, _ in outcomes], "received")
    ready, extracted = [], []
    for draft, outcome in outcomes:
        if draft.seq not in still:
            continue
        if isinstance(outcome, Exception):
            _fail(connection, draft, outcome, allowed, now)
            continue
        ready.append((draft.seq, outcome))
        if outcome.text != draft.article.text:
            extracted.append((draft.seq, outcome.text))
    queue.mark_prepared(connection, ready, now)
    queue.store_extracted(connection, extracted)


def _fail(connection: Connection, draft: Draft, error: Exception, allowed: int, now: float) -> None:
    if isinstance(error, InvalidArticle) or draft.attempts + 1 >= allowed:
        reject(connection, draft, reason_of(error), now)
    else:
        queue.mark_failed(connection, draft.seq, reason_of(error), now, rejected=False)


def reject(connection: Connection, draft: Draft, reason: str, now: float) -> None:
    """Give up on an article, with the reason in its row; an earlier version of it leaves its story."""
    article_id = draft.article.id
    if draft.seq not in queue.still(connection, [draft.seq], "received"):
        return
    queue.mark_failed(connection, draft.seq, reason, now, rejected=True)
    journal = Journal(connection, now)
    touched: Touched = {}
    journal.changed("article.rejected", article_id)
    story_id = members.withdraw(connection, article_id)
    if story_id is not None:
        articles.mark_to_forget(connection, article_id)
        journal.passed(story_id, "left", [article_id], "rejected")
        touched[story_id] = journal.changed("story.updated", article_id, story_id, left=[article_id])
    settle(connection, journal, touched, "rejected")
