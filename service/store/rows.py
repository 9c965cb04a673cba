"""What do the rows of an article say? Made of values alone, so that any process may make them."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from service.model import Article, Prepared
from service.sketch.sketch import pack
from service.text.normalise import fold

Row = tuple[Any, ...]

# Columns of `articles`: what the sender gave, and what preparing fills.
GIVEN = ("url", "outlet", "given_title", "given_lang", "published")
PREPARED = ("state", "title", "search", "lang", "lang_certain", "published_at", "basis", "words", "notes")
SAID = (*GIVEN, *PREPARED)
_TITLE = SAID.index("given_title")


def to_json(value: Any) -> str:
    """JSON as the store writes it; named tuples, such as spans, become lists."""
    return orjson.dumps(value, default=tuple).decode()


class Candidate(NamedTuple):
    """An article on its way in, as its rows will say it: who prepares it, perhaps in another process, leaves
    little to do to the one who stores it. `candidate` makes it.

    failure: why it could not be prepared; said: what `SAID` names; text: text, html and extra; sketch:
    spans, others and the packed sketch, None while it is not prepared.
    """

    id: str
    content_hash: bytes
    failure: str
    said: Row
    text: Row
    sketch: Row | None

    @property
    def title(self) -> str:
        """Its title as the sender gave it."""
        title: str = self.said[_TITLE]
        return title


def candidate(
    article: Article, content_hash: bytes, prepared: Prepared | None = None, failure: str = ""
) -> Candidate:
    """An article with what was prepared of it, or with the reason why it could not be."""
    given = (article.url, article.outlet, article.title, article.lang, article.published)
    if prepared is None:
        found, text, sketch = _unprepared_values(article), article.text, None
    else:
        found, text, sketch = prepared_values(prepared), prepared.text, sketch_row(prepared)
    wide = (text, article.html, to_json(article.extra))
    return Candidate(article.id, content_hash, failure, (*given, *found), wide, sketch)


def content_hash(article: Article) -> bytes:
    """A digest of what the sender said, without `extra`: a mere time of fetching makes no new version."""
    said = (
        article.title,
        article.text,
        article.html,
        article.outlet,
        article.url,
        article.published,
        article.lang,
    )
    # Intake lets no NUL through, so that the joined text says where each field ends.
    return blake2b("\0".join(said).encode(), digest_size=16).digest()


def prepared_values(prepared: Prepared) -> Row:
    """The columns of `articles` that preparing fills: `PREPARED`."""
    title, lang, notes = prepared.title, prepared.lang, prepared.notes
    beginning = ("prepared", title, fold(title), lang, prepared.lang_certain, prepared.published_at)
    return (*beginning, prepared.basis, len(prepared.sketch.body), to_json(notes))


def _unprepared_values(article: Article) -> Row:
    return ("received", article.title, "", article.lang, False, None, "unknown", 0, to_json(article.notes))


def sketch_row(prepared: Prepared) -> Row:
    """The columns of `sketches`: spans, others, sketch."""
    return (to_json(prepared.spans), to_json(prepared.others), pack(prepared.sketch))
