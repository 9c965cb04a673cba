"""What may a feed's address answer with? A feed and its items, or a page that names its feeds."""

from __future__ import annotations

from dataclasses import dataclass

ITEMS = 500  # of one document that are read: the newest stand first


class NotAFeed(Exception):
    """What came cannot be read as a feed. reason: a sentence for a person."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Item:
    """One item. `html` is its text as markup; `published` as it was written; `source` names another outlet
    that it was taken from."""

    guid: str
    link: str
    title: str
    html: str
    published: str
    lang: str
    source: str


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed, with the page that it belongs to. `minutes`: how often its sender says that it changes."""

    title: str
    home: str
    minutes: float
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A web page, with the addresses of the feeds that it names."""

    feeds: tuple[str, ...]
