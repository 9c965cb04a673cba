"""What do saved searches look like in JSON?"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from service.api.models.base import Document, Language, Moment
from service.api.models.stories import StorySummary
from service.text.normalise import fold

NO_NUL = r"^[^\x00]*$"
Least = Annotated[int, Field(ge=1, le=1_000_000)]


class SearchRequest(BaseModel):
    """What to be told of. Something must be asked for beside the name."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Annotated[str, Field(min_length=1, max_length=200, pattern=NO_NUL)]
    q: str = Field(
        default="",
        max_length=200,
        pattern=NO_NUL,
        description="Words that stand in the titles, letter case and marks aside.",
    )
    lang: Language = Field(default="", pattern=NO_NUL, description="With a report in this language.")
    outlet: str = Field(default="", max_length=500, pattern=NO_NUL, description="Covered by this outlet.")
    min_independent: Least = Field(default=1, description="With at least so many independent outlets.")
    min_reports: Least = Field(default=1, description="Of at least so many reports.")

    @model_validator(mode="after")
    def _wants_something(self) -> Self:
        if not (
            fold(self.q).split()
            or self.lang
            or self.outlet
            or self.min_independent > 1
            or self.min_reports > 1
        ):
            raise ValueError("say what to look for: words, a language, an outlet, or how many at least")
        return self


class SavedSearch(Document):
    """A saved search. A story that comes to match it is told of once, by a `search.matched` change."""

    id: str
    name: str
    q: str
    lang: str
    outlet: str
    min_independent: int
    min_reports: int
    created_at: Moment


class SavedSearchList(Document):
    """A page of saved searches."""

    searches: list[SavedSearch]
    next: str | None = Field(default=None, description="Cursor of the next page.")


class SearchMatch(Document):
    """A story that matches a saved search, or once did."""

    story: StorySummary
    matched_at: Moment = Field(description="When it came to match, or when the search was made.")
    change: int | None = Field(
        description="The change that told of it. Nothing did where it matched already when the search was "
        "made, or was part of a story that was told of."
    )


class SearchMatchList(Document):
    """A page of matches, newest first."""

    matches: list[SearchMatch]
    next: str | None = Field(default=None, description="Cursor of the next page.")
