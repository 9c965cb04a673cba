"""Why are these two articles (not) in one story, and where would this text go? Evidence with passages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from service.current import ignored_of
from service.errors import Unavailable
from service.incoming import prepare_article
from service.model import Evidence, Span, WindowArticle
from service.reasons import against_one_story, for_one_story, same_in_both
from service.sketch.sketch import Sketcher
from service.sketch.tokens import Tokens, tokenise_spans
from service.store import Store, queue
from service.store.queue import Queued
from service.store.records import ArticleRecord, ArticleText
from service.stories.ignored import Ignored
from service.stories.place import Match, Owner
from service.text.anchors import Anchor, find_anchors
from service.text.intake import read_article


@dataclass(frozen=True, slots=True)
class SharedPassage:
    """A run of words that both texts share: spans of the original texts, and what stands there."""

    a: Span
    b: Span
    text_a: str
    text_b: str
    words: int


@dataclass(frozen=True, slots=True)
class SharedAnchor:
    """A name, number or date that texts in two languages share: where it first stands in either (None: in the
    title only), how it is written there, and how rare it is, in nats."""

    a: Span | None
    b: Span | None
    text_a: str
    text_b: str
    weight: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """What speaks for and against two articles telling one story. `reasons` and `why_not` are sentences."""

    a: str
    b: str
    title_a: str
    title_b: str
    story_a: str | None
    story_b: str | None
    same_story: bool
    evidence: Evidence
    passages: tuple[SharedPassage, ...]
    anchors: tuple[SharedAnchor, ...]
    reasons: tuple[str, ...]
    why_not: tuple[str, ...]


def match(
    store: Store, sketcher: Sketcher, owner: Owner, raw: Mapping[str, Any], now: float
) -> Sequence[Match]:
    """The stories that this article would join, strongest first; nothing is stored.

    Raises InvalidArticle, TooLarge.
    """
    article = read_article(raw, store.settings.article_bytes)
    prepared = prepare_article(sketcher, article, now)
    # Without its id: a text that is stored already matches itself, too.
    lang, certain, published_at = prepared.lang, prepared.lang_certain, prepared.published_at
    item = WindowArticle("", 0, article.outlet, lang, certain, published_at, now, prepared.sketch)
    return owner.match(item)


def explain(store: Store, owner: Owner, a: str, b: str) -> Explanation:
    """Compare two stored articles as the owner would today.

    Raises NotFound, Gone, and Unavailable for an article that is not prepared.
    """
    first, second = store.articles.get(a), store.articles.get(b)
    one, other = _window_article(store, a).article, _window_article(store, b).article
    evidence = owner.compare(one, other)
    passages = shared_passages(store, a, b, evidence.passages)
    anchors = _shared_anchors(store, a, b, owner.anchors(one, other))
    same = first.story_id is not None and first.story_id == second.story_id
    return Explanation(
        a=a,
        b=b,
        title_a=first.title,
        title_b=second.title,
        story_a=first.story_id,
        story_b=second.story_id,
        same_story=same,
        evidence=evidence,
        passages=passages,
        anchors=anchors,
        reasons=tuple(for_one_story(evidence) + same_in_both([(x.text_a, x.text_b) for x in anchors])),
        why_not=tuple(against_one_story(evidence, _different(first, second), same_story=same)),
    )


def _window_article(store: Store, article_id: str) -> Queued:
    with store.read() as connection:
        found = queue.window_article(connection, article_id)
    if found is None:
        raise Unavailable("The article is not prepared yet, or it was rejected.")
    return found


def shared_passages(
    store: Store, a: str, b: str, runs: Iterable[tuple[int, int, int]]
) -> tuple[SharedPassage, ...]:
    """The passages behind token runs (start_a, start_b, length) of evidence about two stored articles.

    Runs beyond a text's end, left from an earlier version of an article, are passed over.
    Raises NotFound, Gone.
    """
    text_a, text_b = store.articles.text(a), store.articles.text(b)
    with store.read() as connection:
        ignored = ignored_of(store, connection)
    # What was found before something was ignored counts all words.
    counted = [ignored, Ignored()] if ignored else [ignored]
    read = [(_tokens(store, text_a, each), _tokens(store, text_b, each)) for each in counted]
    return tuple(
        _passage(text_a.text, text_b.text, _span(a, start_a, length), _span(b, start_b, length), length)
        for start_a, start_b, length in runs
        for a, b in [tokens for tokens in read if _has(*tokens, start_a, start_b, length)][:1]
    )


def _has(a: Tokens, b: Tokens, start_a: int, start_b: int, length: int) -> bool:
    """Whether both have the words of a run."""
    words = a.hashes[start_a : start_a + length]
    return len(words) == length and np.array_equal(words, b.hashes[start_b : start_b + length])


def _shared_anchors(
    store: Store, a: str, b: str, words: Sequence[tuple[int, int, float]]
) -> tuple[SharedAnchor, ...]:
    """The anchors behind words (number in a, number in b, weight), as they are written."""
    if not words:
        return ()
    (text_a, in_a), (text_b, in_b) = _anchors(store, a), _anchors(store, b)
    pairs = ((in_a[i], in_b[j], weight) for i, j, weight in words if i < len(in_a) and j < len(in_b))
    return tuple(
        SharedAnchor(_place(one), _place(other), _written(text_a, one), _written(text_b, other), weight)
        for one, other, weight in pairs
    )


def _anchors(store: Store, article_id: str) -> tuple[str, list[Anchor]]:
    record, text = store.articles.get(article_id), store.articles.text(article_id)
    return text.text, find_anchors(record.title, text.text, text.spans, record.lang)


def _place(anchor: Anchor) -> Span | None:
    return anchor.spans[0] if anchor.spans else None


def _written(text: str, anchor: Anchor) -> str:
    return text[anchor.spans[0].start : anchor.spans[0].end] if anchor.spans else anchor.word


def _tokens(store: Store, text: ArticleText, ignored: Ignored) -> Tokens:
    """The words of a text that are compared."""
    settings = store.settings
    tokens = tokenise_spans(text.text, text.spans, store.key, settings.max_tokens, settings.unspaced)
    kept = ignored.kept(tokens.hashes) if ignored else None
    if kept is None:
        return tokens
    return Tokens(tokens.hashes[kept], tokens.starts[kept], tokens.ends[kept], tokens.flags[kept])


def _span(tokens: Tokens, start: int, length: int) -> Span:
    return Span(int(tokens.starts[start]), int(tokens.ends[start + length - 1]))


def _passage(text_a: str, text_b: str, a: Span, b: Span, words: int) -> SharedPassage:
    return SharedPassage(a, b, text_a[a.start : a.end], text_b[b.start : b.end], words)


def _different(first: ArticleRecord, second: ArticleRecord) -> tuple[str, str] | None:
    """The languages of two articles where both are certain and differ."""
    certain = first.lang_certain and second.lang_certain
    return (first.lang, second.lang) if certain and first.lang != second.lang else None
