"""What becomes of each article that is sent? Accepted, updated, unchanged or rejected; none harms another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection

from service.errors import Gone
from service.incoming import Receipt, rejected
from service.store import articles
from service.store.articles import Known
from service.store.rows import Candidate


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A key that the sender chose for a request, and the digest of that request."""

    key: str
    request_digest: bytes


class Admission:
    """Takes candidates into the store, one writing transaction long.

    `sketches` are those that were stored, packed, with their places in the order of arrival.
    """

    def __init__(self, connection: Connection, ids: Sequence[str], now: float) -> None:
        self._connection = connection
        self._now = now
        self._known = articles.known(connection, ids)
        self._seq = articles.last_seq(connection)
        self._new: list[tuple[int, int, float, Candidate]] = []
        self.sketches: list[tuple[int, bytes]] = []

    def admit(self, index: int, candidate: Candidate) -> Receipt:
        """Take one candidate; `finish` must follow the last one."""
        article_id = candidate.id
        old = self._known.get(article_id)
        if old is None:
            self._add(article_id, candidate)
            return Receipt(index, article_id, "accepted")
        if old.state == "deleted":
            return rejected(index, Gone(), article_id)
        if old.content_hash == candidate.content_hash:
            return Receipt(index, article_id, "unchanged")
        self._replace(article_id, old, candidate)
        return Receipt(index, article_id, "updated")

    def finish(self) -> None:
        """Write what is still held back for one insert of many rows."""
        articles.add(self._connection, self._new, self._now)
        self._new = []

    def _add(self, article_id: str, candidate: Candidate) -> None:
        self._new.append((self._next_seq(), 1, self._now, candidate))
        self._note(article_id, 1, candidate, self._now)

    def _replace(self, article_id: str, old: Known, candidate: Candidate) -> None:
        self.finish()  # the old version may be one of this very batch
        articles.supersede(self._connection, article_id, old, self._now)
        articles.rewrite(self._connection, self._next_seq(), old, candidate, self._now)
        self._note(article_id, old.version + 1, candidate, old.first_arrived_at)

    def _note(self, article_id: str, version: int, candidate: Candidate, first_arrived_at: float) -> None:
        digest, title = candidate.content_hash, candidate.title
        times = (self._now, first_arrived_at)
        self._known[article_id] = Known(self._seq, version, "received", digest, *times, title)
        if candidate.sketch is not None:
            self.sketches.append((self._seq, candidate.sketch[-1]))

    def _next_seq(self) -> int:
        self._seq += 1
        return self._seq


def to_json(receipts: Sequence[Receipt]) -> list[dict[str, Any]]:
    """Receipts as they are remembered under an Idempotency-Key."""
    return [asdict(receipt) for receipt in receipts]


def from_json(stored: Sequence[Mapping[str, Any]]) -> list[Receipt]:
    """The receipts that `to_json` wrote."""
    return [Receipt(**fields) for fields in stored]
