"""What can a program ask and say? The REST API as typed calls; a test compares them with its document."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, cast
from uuid import uuid4

import httpx2

from service.client.answers import segment
from service.client.asking import Asker
from service.client.documents import (
    ArticleDetail,
    ArticleSummary,
    Change,
    Decision,
    Lineage,
    LinkDocument,
    Match,
    Member,
    PairDocument,
    Provenance,
    StoryDetail,
    StorySummary,
    Submission,
)
from service.client.following import Place
from service.client.submitting import BATCH_ARTICLES, Submitted, batches

PAGE = 200
CHANGES = 1000  # of the log, read at once
LOOK_SECONDS = 1.0

Article = Mapping[str, object]  # as documents.ArticleInput, and with fields of its own
Sort = Literal["latest", "first", "size", "hot"]
State = Literal["received", "prepared", "placed", "rejected", "deleted"]
DecisionKind = Literal[
    "must_link", "cannot_link", "merge", "split", "move", "represent", "ignore_passage", "ignore_outlet"
]


class Client:
    """One samestory, at an address such as `http://127.0.0.1:8420`. Use it as a context, or close it.

    key: where the server needs one (`samestory keys create`). patience: seconds for which a request is sent
    again while the server is busy (429), away (503) or does not answer; what would then be done twice is
    not sent again. Threads may share a client.

    Every call raises the error of `service.errors` that the server names (NotFound, Gone, Unauthorised...),
    Unavailable when it does not answer.
    """

    def __init__(
        self,
        address: str,
        key: str = "",
        *,
        patience: float = 60.0,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._asker = Asker(address, key, patience, transport)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._asker.close()

    # Articles

    def submit(
        self, articles: Iterable[Article], *, wait: float = 0.0,
        at_once: int = BATCH_ARTICLES,
    ) -> Submitted:  # fmt: skip
        """Send any number of articles, in batches. One that is refused costs the others nothing. Sent again
        after a failure, nothing is doubled. wait: seconds for which each batch waits to be placed."""
        done, offset = Submitted(), 0
        for batch in batches(articles, at_once):
            done.add(self.post(batch, wait=wait), offset)
            offset += len(batch)
        return done

    def post(
        self, articles: Sequence[Article], *, wait: float = 0.0,
        key: str | None = None,
    ) -> Submission:  # fmt: skip
        """Send articles in one request; with what became of each. key: an Idempotency-Key of your own, to
        repeat a request from before a restart."""
        params = {"wait": wait or None}
        key = key or uuid4().hex
        answer = self._asker.ask("POST", "/v1/articles", params=params, body=articles, key=key, wait=wait)
        return cast(Submission, answer)

    def article(self, article_id: str) -> ArticleDetail:
        """One article with its text."""
        return cast(ArticleDetail, self._asker.get(f"/v1/articles/{segment(article_id)}"))

    def articles(self, *, state: State | None = None, outlet: str | None = None) -> Iterator[ArticleSummary]:
        """Articles without their text, newest arrival first."""
        return self._pages("/v1/articles", "articles", state=state, outlet=outlet)

    def similar(self, article_id: str) -> list[LinkDocument]:
        """What an article was compared with when it was placed: links and near misses, strongest first."""
        found = self._asker.get(f"/v1/articles/{segment(article_id)}/similar")["links"]
        return cast(list[LinkDocument], found)

    def delete_article(self, article_id: str) -> None:
        """Take an article down. It answers Gone from then on."""
        self._asker.ask("DELETE", f"/v1/articles/{segment(article_id)}", safe=False)

    # Stories

    def stories(
        self,
        *,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        outlet: str | None = None,
        lang: str | None = None,
        q: str | None = None,
        min_outlets: int | None = None,
        min_independent: int | None = None,
        min_reports: int | None = None,
        sort: Sort = "latest",
    ) -> Iterator[StorySummary]:
        """Live stories, all that the filters find, read page by page."""
        return self._pages(
            "/v1/stories", "stories", since=_said(since), until=_said(until), outlet=outlet, lang=lang, q=q,
            min_outlets=min_outlets, min_independent=min_independent, min_reports=min_reports, sort=sort,
        )  # fmt: skip

    def story(self, story_id: str) -> StoryDetail:
        """One story with its first members. A merged one says `merged_into`."""
        return cast(StoryDetail, self._asker.get(f"/v1/stories/{segment(story_id)}"))

    def members(self, story_id: str) -> Iterator[Member]:
        """All members of a story in order of arrival."""
        return self._pages(f"/v1/stories/{segment(story_id)}/articles", "members")

    def links(self, story_id: str) -> list[LinkDocument]:
        """The evidence between the members of a story: links and near misses, strongest first."""
        found = self._asker.get(f"/v1/stories/{segment(story_id)}/explain")["links"]
        return cast(list[LinkDocument], found)

    def lineage(self, story_id: str) -> Lineage:
        """What became of a story, and why."""
        return cast(Lineage, self._asker.get(f"/v1/stories/{segment(story_id)}/lineage"))

    def provenance(self, story_id: str) -> Provenance:
        """Where each sentence of a story comes from, and what is new in each report."""
        return cast(Provenance, self._asker.get(f"/v1/stories/{segment(story_id)}/provenance"))

    def explain(self, a: str, b: str) -> PairDocument:
        """Why two articles are (not) in one story, with the passages they share."""
        return cast(PairDocument, self._asker.get(f"/v1/pairs/{segment(a)}/{segment(b)}"))

    def match(self, article: Article) -> list[Match]:
        """The stories that an article would join. Nothing is stored."""
        return cast(list[Match], self._asker.ask("POST", "/v1/match", body=article)["matches"])

    # Changes

    def changes(self, since: int = 0) -> Iterator[Change]:
        """The log after change number `since`, up to its end."""
        while True:
            page = self._asker.get("/v1/changes", since=since, limit=CHANGES)
            yield from page["changes"]
            if page["next"] == since:
                return
            since = page["next"]

    def follow(
        self, file: Path | None = None, *, since: int = 0, look_seconds: float = LOOK_SECONDS
    ) -> Iterator[Change]:
        """The log after change number `since` and, as it grows, on without end.

        file: keeps the number that has been dealt with, so that a program which is started again goes on
        there, `since` counting only the first time. A change is dealt with when the next one is asked for:
        one that the program died of comes again, and none is left out. While the server is away, it is
        asked for as long as `patience` says; then Unavailable, and following again goes on.
        """
        place = Place(file, since)
        while True:
            for change in self.changes(place.seq):
                yield change
                place.pass_by(change["seq"])
            time.sleep(look_seconds)

    # Decisions

    def decide(
        self,
        kind: DecisionKind,
        *,
        articles: Sequence[str] = (),
        stories: Sequence[str] = (),
        outlet: str = "",
        passage: str = "",
        note: str = "",
        by: str = "",
        key: str | None = None,
    ) -> Decision:
        """Decide; it takes effect at once. Contradiction where it goes against earlier decisions. Sent again
        only if it cannot have arrived: key protects what you repeat later."""
        named = {"articles": list(articles), "stories": list(stories), "outlet": outlet, "passage": passage}
        body = {"kind": kind, **named, "note": note, "by": by}
        answer = self._asker.ask("POST", "/v1/decisions", body=body, key=key or uuid4().hex, safe=False)
        return cast(Decision, answer)

    def decisions(self) -> Iterator[Decision]:
        """Decisions, newest first, undone ones too."""
        return self._pages("/v1/decisions", "decisions")

    def decision(self, decision_id: str) -> Decision:
        """One decision, with what it changed."""
        return cast(Decision, self._asker.get(f"/v1/decisions/{segment(decision_id)}"))

    def undo(self, decision_id: str, *, by: str = "") -> Decision:
        """Take a decision back, with all it did."""
        path = f"/v1/decisions/{segment(decision_id)}/undo"
        return cast(Decision, self._asker.ask("POST", path, body={"by": by}, safe=False))

    def _pages(self, path: str, key: str, **params: Any) -> Iterator[Any]:
        cursor: str | None = None
        while True:
            page = self._asker.get(path, **params, limit=PAGE, cursor=cursor)
            yield from page[key]
            cursor = page.get("next")
            if cursor is None:
                return


def _said(moment: datetime | str | None) -> str | None:
    return moment.isoformat() if isinstance(moment, datetime) else moment
