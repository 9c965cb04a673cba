"""How is a report shown beside those it is linked to? Views of members and pairs, ready for the templates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.errors import Gone, NotFound
from service.explain import SharedPassage, shared_passages
from service.feeds.entries import web_address
from service.model import Relation
from service.store import Store
from service.store.records import MemberRecord
from service.web.highlight import Mark, Paragraph, Piece, excerpt, paragraphs

STORY_TEXT, COMPARE_TEXT = 10_000, 200_000  # code points of a report's text that a page shows

# Groups of members in reading order: heading, what it means, how a member's link to another report is put.
GROUPS: dict[Relation | None, tuple[str, str, str]] = {
    None: ("First report", "The report this story began with.", "Linked to"),
    "exact_copy": ("Exact copies", "The same text, word for word.", "Copy of"),
    "near_duplicate": (
        "Near-duplicates",
        "Nearly the same text: edited, shortened, or placed inside a longer report.",
        "Nearly the same as",
    ),
    "shared_passages": (
        "Shared passages",
        "Texts of their own around the same quoted or copied words.",
        "Shares passages with",
    ),
    "same_event": ("In other words", "Different words, the same event.", "Same event as"),
    "update_of": ("Updates", "Later versions of a report.", "Updates"),
}


@dataclass(frozen=True, slots=True)
class Report:
    """One member as the story page shows it."""

    number: int
    article_id: str
    title: str
    outlet: str
    lang: str
    published_at: float | None
    link: str
    relation_words: str
    score: float
    linked_to: str | None
    linked_outlet: str
    linked_lang: str
    passages: list[tuple[list[Piece], list[Piece]]]
    paragraphs: list[Paragraph]
    shortened: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Members with the same relation."""

    title: str
    meaning: str
    members: list[Report]


def groups(store: Store, listed: Sequence[MemberRecord]) -> list[Group]:
    """The members of a page, grouped by relation in reading order."""
    view = _View(store, listed)
    found = []
    for relation, (title, meaning, words) in GROUPS.items():
        reports = [view.report(member, words) for member in listed if member.relation == relation]
        if reports:
            found.append(Group(title, meaning, reports))
    return found


class _View:
    """One page of members: their texts and the passages between them are read once."""

    def __init__(self, store: Store, listed: Sequence[MemberRecord]) -> None:
        self.store = store
        self.numbers = {member.article_id: number for number, member in enumerate(listed, 1)}
        self.members = {member.article_id: member for member in listed}
        self.texts = {member.article_id: store.articles.text(member.article_id).text for member in listed}
        self.shared = {member.article_id: self._passages(member) for member in listed}

    def _passages(self, member: MemberRecord) -> Sequence[SharedPassage]:
        """What a member shares with the report it is linked to, by the evidence kept when decided."""
        if member.linked_to is None:
            return ()
        link = self.store.articles.link(member.article_id, member.linked_to)
        if link is None:
            return ()
        try:
            found = shared_passages(self.store, link.a, link.b, link.evidence["passages"])
        except (NotFound, Gone):  # deleted while the page was made
            return ()
        return found if link.a == member.article_id else [_turned(passage) for passage in found]

    def report(self, member: MemberRecord, relation_words: str) -> Report:
        """One member as the page shows it."""
        linked = self._linked(member)
        text = self.texts[member.article_id]
        return Report(
            number=self.numbers[member.article_id],
            article_id=member.article_id,
            title=member.title,
            outlet=member.outlet,
            lang=member.lang,
            published_at=member.published_at,
            link=web_address(member.url),
            relation_words=relation_words,
            score=member.score,
            linked_to=member.linked_to,
            linked_outlet=linked[0],
            linked_lang=linked[1],
            passages=[self._excerpts(member, passage) for passage in self.shared[member.article_id]],
            paragraphs=paragraphs(text[:STORY_TEXT], self._marks(member.article_id)),
            shortened=len(text) > STORY_TEXT,
        )

    def _linked(self, member: MemberRecord) -> tuple[str, str]:
        """Outlet and language of the report that a member is linked to; it may stand on another page."""
        if member.linked_to is None:
            return "", ""
        known = self.members.get(member.linked_to)
        if known is not None:
            return known.outlet, known.lang
        return next(
            ((found.outlet, found.lang) for found in self.store.articles.several([member.linked_to])),
            ("", ""),
        )

    def _excerpts(self, member: MemberRecord, passage: SharedPassage) -> tuple[list[Piece], list[Piece]]:
        here = excerpt(self.texts[member.article_id], Mark(*passage.a, 1))
        return here, excerpt(self._text(member.linked_to or ""), Mark(*passage.b, 1))

    def _text(self, article_id: str) -> str:
        if article_id not in self.texts:
            self.texts[article_id] = self.store.articles.text(article_id).text
        return self.texts[article_id]

    def _marks(self, article_id: str) -> Iterable[Mark]:
        """Where a report shares words with the one it is linked to, or with those that are linked to it."""
        for member_id, shared in self.shared.items():
            if member_id == article_id:
                yield from (Mark(*passage.a, 1) for passage in shared)
            elif self.members[member_id].linked_to == article_id:
                yield from (Mark(*passage.b, 1) for passage in shared)


def _turned(passage: SharedPassage) -> SharedPassage:
    return SharedPassage(passage.b, passage.a, passage.text_b, passage.text_a, passage.words)


@dataclass(frozen=True, slots=True)
class Side:
    """One of two compared reports; `name` begins the anchors of its passages, `other` those they point to."""

    name: str
    other: str
    title: str
    outlet: str
    lang: str
    published_at: float | None
    story_id: str | None
    link: str
    paragraphs: list[Paragraph]
    shortened: bool


def sides(store: Store, pair: Mapping[str, Any]) -> list[Side]:
    """Both reports of an explanation with their shared passages marked and numbered alike."""
    return [_side(store, pair, "a", "b"), _side(store, pair, "b", "a")]


def _side(store: Store, pair: Mapping[str, Any], name: str, other: str) -> Side:
    article = store.articles.get(pair[name])
    text = store.articles.text(article.id).text
    marks = [
        Mark(passage[name][0], passage[name][1], number) for number, passage in enumerate(pair["passages"], 1)
    ]
    return Side(
        name=name,
        other=other,
        title=article.title,
        outlet=article.outlet,
        lang=article.lang,
        published_at=article.published_at,
        story_id=article.story_id,
        link=web_address(article.url),
        paragraphs=paragraphs(text[:COMPARE_TEXT], marks),
        shortened=len(text) > COMPARE_TEXT,
    )


def certain_languages(store: Store, a: str, b: str) -> tuple[str, str] | None:
    """The languages of two articles where both are certain and differ."""
    first, second = store.articles.get(a), store.articles.get(b)
    differ = first.lang_certain and second.lang_certain and first.lang != second.lang
    return (first.lang, second.lang) if differ else None


def verdict(pair: Mapping[str, Any]) -> str:
    """The heading of a comparison."""
    if pair["same_story"]:
        return "In one story"
    return "Linked, but in two stories" if pair["evidence"]["linked"] else "Not in one story"


def figures(evidence: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The numbers behind a comparison, named for a reader."""
    named = [
        ("Kind of evidence", str(evidence["kind"])),
        ("Probability of one event", f"{evidence['probability']:.3f}"),
        ("Common word sequences (Jaccard)", f"{evidence['jaccard']:.3f}"),
        ("Of the first report in the second", f"{evidence['containment_a']:.3f}"),
        ("Of the second report in the first", f"{evidence['containment_b']:.3f}"),
    ]
    features = evidence.get("features", {})
    return named + [(name.replace("_", " ").capitalize(), f"{value:.3f}") for name, value in features.items()]
