"""How are some articles grouped in one call, with nothing kept? The same pipeline over a temporary store."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from service import pipeline
from service.desk import Desk
from service.settings import Settings

FIXED_KEY = b"samestory one-shot"[:16]  # nothing is kept and nobody is served, so results may be repeatable


@dataclass(frozen=True, slots=True)
class Assignment:
    """One article's story. `story` is None for an article that was rejected; `error` then says why."""

    id: str | None
    story: str | None
    error: str | None = None


def cluster(
    articles: Iterable[pipeline.Raw],
    *,
    online_only: bool = False,
    settings: Settings | None = None,
    on_progress: Callable[[int], object] = lambda _: None,
) -> list[Assignment]:
    """Group articles into stories; one result for each article, in their order.

    articles: mappings with `text` or `html`, and what is known of `id`, `title`, `outlet`, `published`,
        `lang`, `url`.
    online_only: leave out the closing re-clustering, whose result does not depend on the articles' order.
    settings: defaults and SAMESTORY_ variables when not given; its data directory is not touched.
    on_progress: called with the number of articles placed so far.

    >>> from service import cluster
    >>> stories = cluster([{"id": "a", "text": "..."}, {"id": "b", "text": "..."}])  # doctest: +SKIP
    >>> stories[0].story == stories[1].story  # doctest: +SKIP
    False
    """
    given = settings or Settings()
    with tempfile.TemporaryDirectory(prefix="samestory-") as folder:
        own = {
            "data": Path(folder),
            "store_url": None,
            "store_password_file": None,
            "recluster_minutes": 0.0,
            "recluster_night": -1.0,
            "recluster_share": 1.0,
        }
        temporary = given.model_copy(update=own)
        with Desk(temporary, key=FIXED_KEY) as desk:
            receipts = _bring(desk, iter(articles), on_progress)
            if not online_only:
                _recluster(desk)
            stories = desk.store.stories.assignments()
            return [_assignment(desk, receipt, stories) for receipt in receipts]


def _bring(
    desk: Desk, articles: Iterator[pipeline.Raw], on_progress: Callable[[int], object]
) -> list[pipeline.Receipt]:
    receipts: list[pipeline.Receipt] = []
    while batch := list(islice(articles, desk.settings.prepare_batch)):
        receipts += desk.ingest(batch)
        while desk.prepare() or desk.place():
            pass
        on_progress(len(receipts))
    return receipts


def _recluster(desk: Desk) -> None:
    request_id = desk.request_recluster(dry_run=False)
    pipeline.compute_recluster(desk.settings, request_id)
    desk.follow_reclusters()


def _assignment(desk: Desk, receipt: pipeline.Receipt, stories: dict[str, str]) -> Assignment:
    story = stories.get(receipt.id) if receipt.id else None
    if story or not receipt.id:
        return Assignment(receipt.id, story, receipt.error)
    return Assignment(receipt.id, None, receipt.error or desk.store.articles.get(receipt.id).reason)
