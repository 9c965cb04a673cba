"""What becomes of each article that is sent? Accepted, updated, unchanged or rejected; none harms another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection

from service.errors import Gone, InvalidArticle, SamestoryError
from service.model import Article
from service.store import articles
from service.store.articles import Candidate, Known
from service.text.intake import read_article
from service.text.strict_json import read_json


class Line(NamedTuple):
    """A line of JSON lines as it was read; whoever takes the article reads it, perhaps in another process.
    `number` is for errors."""

    data: bytes
    number: int

    def fields(self) -> Mapping[str, Any]:
        """The article's fields. Raises InvalidInput, InvalidArticle."""
        value = read_json(self.data, first_line=self.number)
        if not isinstance(value, dict):
            raise InvalidArticle("An article is a JSON object.")
        return value


Raw = Mapping[str, Any] | Exception | Line


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of the article at `index`. `error` and its HTTP `error_status` say why it was rejected."""

    index: int
    id: str | None
    status: Literal["accepted", "unchanged", "updated", "rejected"]
    error: str | None = None
    error_status: int | None = None


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A key that the sender chose for a request, and the digest of that request."""

    key: str
    request_digest: bytes


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
