"""How do many articles go in? In batches within the server's limits; what became of them is counted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from service.client.documents import Receipt, Submission

BATCH_ARTICLES = 500
BATCH_BYTES = 4 << 20  # of JSON; servers take 10 MiB where nothing else is set


@dataclass
class Submitted:
    """What became of all articles, counted; `refused` says which ones were not taken, and why."""

    accepted: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    refused: list[Receipt] = field(default_factory=list)

    def add(self, answer: Submission, offset: int) -> None:
        """One batch more, whose first article was number `offset`."""
        self.accepted += answer["accepted"]
        self.updated += answer["updated"]
        self.unchanged += answer["unchanged"]
        self.rejected += answer["rejected"]
        for receipt in answer["results"]:
            if receipt["status"] == "rejected":
                self.refused.append({**receipt, "index": receipt["index"] + offset})


def batches(articles: Iterable[Mapping[str, object]], most: int) -> Iterator[Sequence[Mapping[str, object]]]:
    """The articles, up to `most` at once and not many megabytes."""
    batch: list[Mapping[str, object]] = []
    size = 0
    for article in articles:
        length = len(json.dumps(article))
        if batch and (len(batch) == most or size + length > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(article)
        size += length
    if batch:
        yield batch
