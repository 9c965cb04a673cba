"""Which rows do the store's tests work on? Small invented articles, sketched for real."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from service.model import Article, Prepared, Span
from service.settings import Settings
from service.sketch.sketch import Sketcher
from service.store import Store, articles, log, members, rows, stories
from service.store.members import Membership
from service.store.rows import Candidate, content_hash

NOW = 1_700_000_000.0
KEY = b"a key for tests."
WORDS = "The old bridge over the river Ambel reopened to traffic on Monday after eleven months of repairs"


def article(name: str, **fields: str) -> Article:
    """An article whose text and title hold its name."""
    given = {"title": f"Title {name}", "text": f"{WORDS}, says {name}.", "outlet": "Daily", **fields}
    return Article(id=name, **given)


def prepared(item: Article, published_at: float | None = None, lang: str = "en") -> Prepared:
    """The article as the text and sketch floors would make it."""
    spans = (Span(0, len(item.text)),)
    sketch = Sketcher(Settings().sketch_parameters(), KEY).sketch(item.title, item.text, spans)
    basis = "unknown" if published_at is None else "given"
    title = item.title
    return Prepared(item.id, title, item.text, spans, (), lang, True, published_at, basis, (), sketch)


def candidate(item: Article, published_at: float | None = None, lang: str = "en") -> Candidate:
    """The article ready to be placed."""
    return rows.candidate(item, content_hash(item), prepared(item, published_at, lang))


def add(store: Store, *candidates: Candidate, now: float = NOW) -> None:
    """Store new articles."""
    with store.write() as connection:
        first = articles.last_seq(connection) + 1
        rows = [(first + index, 1, now, item) for index, item in enumerate(candidates)]
        articles.add(connection, rows, now)


def make_story(
    connection: Connection, story_id: str, memberships: Sequence[Membership], now: float = NOW
) -> None:
    """Put prepared articles into a new story, as placing does."""
    journal = log.Journal(connection, now)
    members.join(connection, memberships)
    change = journal.changed("story.emerged", None, story_id)
    journal.passed(story_id, "emerged", [membership.article_id for membership in memberships], "placed")
    stories.recount(connection, {story_id: change}, {story_id}, now)
    journal.flush()


def founder(article_id: str, story_id: str) -> Membership:
    """The first member of a story."""
    return Membership(article_id, story_id, None, 1.0, None)
