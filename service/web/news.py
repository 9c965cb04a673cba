"""What is new in each report, and which stories stand beside this one? Views for the page of one story."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from service.provenance import provenance
from service.related import Kind
from service.store import Store

AT_ONCE = 20  # reports of a story whose texts are read and compared unasked
SHOWN = 2000  # letters of what is new

# How a related story is put; words and reports follow.
WHY: Mapping[Kind, str] = {
    "split_off": "It was split off from this story.",
    "split_from": "This story was split off from it.",
    "moved": "Reports moved between the two.",
    "compared": "Two of their reports are alike.",
    "words": "Both titles say:",
}


@dataclass(frozen=True, slots=True)
class New:
    """The sentences of a report that none before it has, `count` of all its sentences; where some are left
    out here it is `shortened`. The `first` report is new as a whole."""

    sentences: list[str]
    count: int
    of: int
    first: bool
    shortened: bool


def news(store: Store, story_id: str) -> dict[str, New]:
    """By article; reports beyond those that are compared are missing."""
    found = {}
    for number, article in enumerate(provenance(store, story_id).articles):
        fresh = [sentence.text for sentence in article.sentences if sentence.new]
        shown: list[str] = []
        letters = 0
        for text in fresh:
            letters += len(text)
            if letters <= SHOWN or not shown:
                shown.append(text[:SHOWN])
        found[article.article_id] = New(
            shown, len(fresh), len(article.sentences), number == 0, len(shown) < len(fresh)
        )
    return found
