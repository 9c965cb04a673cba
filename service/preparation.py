"""How is one article made ready for placing, and what if that fails? Pure work between short transactions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import structlog
from sqlalchemy import Connection

from service.errors import InvalidArticle
from service.incoming import attempt, reason_of
from service.model import Prepared
from service.sketch.sketch import Sketcher
from service.store import Store, articles, members, queue
from service.store.log import Journal
from service.store.queue import Draft
from service.telemetry import telemetry
from service.transitions import Touched, settle

log = structlog.get_logger()

Outcome = tuple[Draft, Prepared | Exception]


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
    if not group:
        return []
    attempts = group[0].attempts  # that of all: more than one are together only when none was tried before
    if attempts >= allowed:
        for draft in group:
            reject(connection, draft, f"It could not be prepared in {allowed} attempts.", now)
        return []
    ours = queue.begin_attempts(connection, [draft.seq for draft in group], attempts, now)
    return [draft for draft in group if draft.seq in ours]


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
    telemetry.add("articles_given_up_total")
    log.info("article rejected", article=article_id, reason=reason)
    story_id = members.withdraw(connection, article_id)
    if story_id is not None:
        articles.mark_to_forget(connection, article_id)
        journal.passed(story_id, "left", [article_id], "rejected")
        touched[story_id] = journal.changed("story.updated", article_id, story_id, left=[article_id])
    settle(connection, journal, touched, "rejected")
