"""What is an article, as it is sent and as it is shown?"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.api.models.base import Document, Moment
from service.api.models.problem import Problem
from service.model import State


class ArticleInput(BaseModel):
    """An article as it is sent, in our names or schema.org's; further fields are kept in `extra`."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "url": "https://example.org/news/1",
                    "outlet": "Example Daily",
                    "title": "Bridge reopens after repairs",
                    "text": "The old bridge reopened to traffic on Monday after eleven months of repairs.",
                    "published": "2024-06-17T08:30:00+02:00",
                    "lang": "en",
                }
            ]
        },
    )

    id: str | None = Field(
        default=None, max_length=256, description="Else derived from url, or outlet, title and text."
    )
    url: str | None = None
    outlet: str | None = Field(default=None, description="Who published it (schema.org: publisher).")
    title: str | None = Field(default=None, description="(schema.org: headline).")
    text: str | None = Field(default=None, description="Plain text (schema.org: articleBody).")
    html: str | None = Field(
        default=None, description="The page; its main text is extracted when `text` is absent."
    )
    published: str | None = Field(default=None, description="ISO 8601 (schema.org: datePublished).")
    lang: str | None = Field(default=None, description="BCP 47 language (schema.org: inLanguage).")


class Receipt(Document):
    """What became of one article of a request. `error` is a problem document when it was rejected."""

    index: int = Field(description="Position among the articles of the request, from 0.")
    id: str | None = Field(default=None, description="Given or derived; absent when it could not be read.")
    status: Literal["accepted", "updated", "unchanged", "rejected"]
    error: Problem | None = None
    state: State | None = Field(default=None, description="With `wait`: where the article is now.")
    story_id: str | None = Field(default=None, description="With `wait`: the story it was placed in.")


class Submission(Document):
    """What became of all articles of a request, in its order."""

    accepted: int
    updated: int
    unchanged: int
    rejected: int
    results: list[Receipt]


class ArticleSummary(Document):
    """An article in a list: everything but its text."""

    id: str
    version: int
    state: State
    reason: str = Field("", description="Why it was rejected, or why the last attempt to prepare it failed.")
    url: str
    outlet: str
    title: str
    published: str = Field(description="As the sender gave it.")
    published_at: Moment | None = Field(description="The published date where it can be trusted.")
    basis: Literal["given", "page", "unknown"] = Field(description="Where `published_at` comes from.")
    lang: str
    lang_certain: bool
    arrived_at: Moment
    notes: list[str] = Field(description="What was changed or doubted on the way in.")
    story_id: str | None


class ArticleDetail(ArticleSummary):
    """One article with its original text and what was made of it."""

    text: str
    spans: list[tuple[int, int]] = Field(description="The main story's parts of `text`.")
    others: list[list[tuple[int, int]]] = Field(description="Further stories on the same page.")
    extra: dict[str, Any]


class ArticleList(Document):
    """A page of articles, newest arrival first."""

    articles: list[ArticleSummary]
    next: str | None = Field(default=None, description="Cursor of the next page.")
