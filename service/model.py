"""Which values pass between the floors? Frozen types without behaviour beyond small derivations.

Words are those of the README's glossary: an article is one report as published, a story is the durable group
that is served, a link is a candidate whose evidence was verified.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

UInt8 = npt.NDArray[np.uint8]
UInt32 = npt.NDArray[np.uint32]
UInt64 = npt.NDArray[np.uint64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Float64 = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]
Bool = npt.NDArray[np.bool_]

NO_ANCHORS: UInt32 = np.empty((0, 2), np.uint32)

Kind = Literal["copy", "passage", "event"]
Relation = Literal["exact_copy", "near_duplicate", "shared_passages", "same_event", "update_of"]
Transition = Literal["emerged", "joined", "left", "merged", "split", "renamed", "closed"]
ReclusterScope = Literal["changes", "window", "archive"]
DecisionKind = Literal[
    "must_link", "cannot_link", "merge", "split", "move", "represent", "ignore_passage", "ignore_outlet"
]
State = Literal["received", "prepared", "placed", "rejected", "deleted"]
Scope = Literal["read", "write", "admin"]


class Span(NamedTuple):
    """Half-open range of code points in an article's original text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Article:
    """One report as published. `text` is the original that every span refers to; it is empty only until
    `html` is extracted. `published` and `lang` are what the sender said, untouched. `notes` says what intake
    changed."""

    id: str
    text: str = ""
    title: str = ""
    outlet: str = ""
    url: str = ""
    published: str = ""
    lang: str = ""
    html: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """All that is computed from one article for matching; pure in text and settings.

    title: uint32 (t,) token hashes of the title.
    body: uint32 (n,) token hashes of the main story's cleaned text, at most `max_tokens`.
    flags: uint8 (t + n,) per token: bit 0 begins with an upper-case letter, bit 1 begins with a digit,
        bit 2 first token of a sentence or line.
    signature: uint32 (num_perm,) MinHash of the body's shingles; shape (0,) when unmatchable.
    passages: uint32 (m,) winnowed passage shingles of the body, sorted, each there once.
    anchors: uint32 (k, 2) what may be known again in other languages: the hash of a key, and its strength in
        hundredths with the number of its word above the low byte; empty unless `cross_language` is set.
    """

    title: UInt32
    body: UInt32
    flags: UInt8
    signature: UInt32
    passages: UInt32
    anchors: UInt32 = field(default_factory=lambda: NO_ANCHORS)

    @property
    def matchable(self) -> bool:
        """False for an empty or too short body, which never links to anything."""
        return len(self.signature) > 0


@dataclass(frozen=True, slots=True)
class Prepared:
    """An article made ready for placing. `text` is the original (extracted when HTML came in); `spans` are
    the main story's kept parts of it, `others` those of further stories on the same page. `published_at` is
    in Unix seconds, None when unknown or not trusted; `basis` says where it came from."""

    article_id: str
    title: str
    text: str
    spans: tuple[Span, ...]
    others: tuple[tuple[Span, ...], ...]
    lang: str
    lang_certain: bool
    published_at: float | None
    basis: Literal["given", "page", "unknown"]
    notes: tuple[str, ...]
    sketch: Sketch


@dataclass(frozen=True, slots=True)
class WindowArticle:
    """What the owner needs of a prepared article to compare and place it. Times are Unix seconds."""

    article_id: str
    version: int
    outlet: str
    lang: str
    lang_certain: bool
    published_at: float | None
    arrived_at: float
    sketch: Sketch


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why two articles are (not) linked. `probability` is calibrated, in [0, 1]; `features` are the model's
    inputs and `contributions` what each added to the log-odds; the passages are token runs (start_a, start_b,
    length)."""

    kind: Kind
    linked: bool
    probability: float
    jaccard: float
    containment_a: float
    containment_b: float
    passages: tuple[tuple[int, int, int], ...] = ()
    features: Mapping[str, float] = field(default_factory=dict)
    contributions: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """A verified relation between two articles, or a near miss when `evidence.linked` is false."""

    a: str
    b: str
    evidence: Evidence


class Change(NamedTuple):
    """One transition of a story: with the articles concerned, and the other story where there is one."""

    story_id: str
    transition: Transition
    article_ids: tuple[str, ...]
    other_story_id: str | None


@dataclass(frozen=True, slots=True)
class Placement:
    """The owner's decision for one article. `story_id` is new when `founded`. `relation`, `score` and
    `linked_to` describe the strongest link into the story (None, 1.0 and None for a founder). `links` are
    links to the story's members, `near_misses` the best candidates that were not linked. `changes` are what
    the article brought about once it was in its story: stories that merged, a story that split, in order."""

    article_id: str
    version: int
    story_id: str
    founded: bool
    relation: Relation | None
    score: float
    linked_to: str | None
    links: tuple[Link, ...]
    near_misses: tuple[Link, ...]
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """A near-duplicate pair of `samestory pairs`; containment is of the smaller shingle set in the larger."""

    a: str
    b: str
    jaccard: float
    containment: float


class Member(NamedTuple):
    """One article of a story, as far as choosing a representative and counting outlets need it. `words`
    counts the tokens of its main story; `relation` and `linked_to` are None for a founder. Times are Unix
    seconds."""

    article_id: str
    outlet: str
    title: str
    lang: str
    words: int
    relation: Relation | None
    linked_to: str | None
    published_at: float | None
    arrived_at: float
