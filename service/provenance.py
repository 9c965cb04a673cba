"""Where do the sentences of a story come from, as they are stored? Texts in, spans with their origin out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from service.model import Span
from service.sketch.tokens import Tokens, tokenise_spans
from service.store import Store
from service.store.records import ArticleText, MemberRecord
from service.stories.provenance import Origin, Report, Sentence, trace
from service.text.normalise import fold

MOST = 1000  # members that are traced, the first to arrive: their sentences are some megabytes
FIRST_OF_SENTENCE = 4  # bit of `Sketch.flags`
CREDIT_BEGINNING, CREDIT_END = 200, 300  # characters of a text in which a source is credited
LEAST_NAME = 3  # letters of an outlet's name that is looked for
CREDITED = 4  # reports of an outlet that is named which are looked at


@dataclass(frozen=True, slots=True)
class TracedSentence:
    """One sentence of a report. `sources` are the reports that have it, too, the first of many; of a copied
    one the one it comes from. `new` says that no report before has it."""

    span: Span
    text: str
    origin: Origin
    sources: tuple[str, ...]
    confidence: float
    new: bool


@dataclass(frozen=True, slots=True)
class TracedArticle:
    """A report of a story, sentence by sentence."""

    article_id: str
    outlet: str
    sentences: list[TracedSentence]


@dataclass(frozen=True, slots=True)
class Provenance:
    """A story's reports in order of appearance; `left_out` of them are beyond the number that is traced."""

    articles: list[TracedArticle]
    left_out: int


def provenance(store: Store, story_id: str) -> Provenance:
    """Trace the sentences of a story's reports. Raises NotFound."""
    page = store.stories.articles(story_id, limit=MOST)
    count = store.stories.get(story_id).article_count
    found = sorted(page.items, key=_appearance)
    texts = [store.articles.text(member.article_id) for member in found]
    tokens = [_tokens(store, text) for text in texts]
    ids_of = _by_outlet(found)
    reports = [_report(*read, ids_of) for read in zip(found, texts, tokens, strict=True)]
    traced = trace(reports)
    return Provenance(
        [
            TracedArticle(
                member.article_id, member.outlet, list(_written(traced[member.article_id], text, read))
            )
            for member, text, read in zip(found, texts, tokens, strict=True)
        ],
        max(0, count - len(found)),
    )


def _appearance(member: MemberRecord) -> tuple[float, float]:
    published = member.arrived_at if member.published_at is None else member.published_at
    return published, member.arrived_at


def _tokens(store: Store, text: ArticleText) -> Tokens:
    settings = store.settings
    return tokenise_spans(text.text, text.spans, store.key, settings.max_tokens, settings.unspaced)


def _report(
    member: MemberRecord, text: ArticleText, tokens: Tokens, ids_of: Mapping[str, list[str]]
) -> Report:
    firsts = np.flatnonzero(tokens.flags & FIRST_OF_SENTENCE).tolist()
    sentences = firsts if firsts[:1] == [0] else [0, *firsts]
    credited = frozenset(_credited(member, text.text, ids_of))
    return Report(member.article_id, tokens.hashes, sentences, member.published_at, credited)


def _by_outlet(found: Iterable[MemberRecord]) -> dict[str, list[str]]:
    """The first reports of each outlet, by its folded name where that can be looked for."""
    ids_of: dict[str, list[str]] = {}
    for member in found:
        name = fold(member.outlet)
        if len(name) >= LEAST_NAME and len(ids_of.setdefault(name, [])) < CREDITED:
            ids_of[name].append(member.article_id)
    return ids_of


def _credited(member: MemberRecord, text: str, ids_of: Mapping[str, list[str]]) -> Iterable[str]:
    """The reports of other outlets that are named where sources are credited."""
    places, own = fold(f"{text[:CREDIT_BEGINNING]}\n{text[-CREDIT_END:]}"), fold(member.outlet)
    for name, ids in ids_of.items():
        if name != own and name in places and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", places):
            yield from ids


def _written(sentences: Iterable[Sentence], text: ArticleText, tokens: Tokens) -> Iterable[TracedSentence]:
    for start, stop, origin, sources, confidence, new in sentences:
        span = Span(int(tokens.starts[start]), int(tokens.ends[stop - 1]))
        said = text.text[span.start : span.end]
        yield TracedSentence(span, said, origin, sources, round(confidence, 2), new)
