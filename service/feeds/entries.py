"""What stands in a feed? Entries made of stories and their reports, whatever format they are written in.

An entry's guid comes from the story's id alone: a story that grows is the same entry, updated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Literal
from urllib.parse import quote, urlsplit
from uuid import NAMESPACE_OID, uuid5

from service.store.records import MemberRecord, StoryRecord

Mode = Literal["collapse", "mark", "first"]
NOT_IN_ADDRESSES = ' "<>\\^`{|}'
REPEAT = "[again] "
# How a report that is not the first is put, behind its outlet's name.
RELATIONS = {
    "exact_copy": "the same text",
    "near_duplicate": "nearly the same text",
    "shared_passages": "shares passages",
    "same_event": "in other words",
    "update_of": "an update",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `link` is what a reader opens, `story_url` our page about it, `content` HTML; times are
    Unix seconds.

    also: the story's other reports as (what to call it, its address or nothing).
    """

    guid: str
    title: str
    link: str
    lang: str
    outlet: str
    published: float
    updated: float
    story_id: str
    story_url: str
    tags: tuple[str, ...]
    content: str
    also: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed: where it is, what is in it, and where it goes on."""

    title: str
    home: str
    address: str
    following: str | None
    lang: str | None
    entries: tuple[Entry, ...]

    @property
    def updated(self) -> float:
        """When its newest entry last changed."""
        return max((entry.updated for entry in self.entries), default=0.0)


def entries(
    stories: Sequence[StoryRecord],
    reports: Mapping[str, Sequence[MemberRecord]],
    changed: Mapping[str, float],
    mode: Mode,
    home: str,
) -> tuple[Entry, ...]:
    """The entries of these stories. reports: of each, in order of arrival; changed: when each last grew."""
    make = {"collapse": _collapsed, "mark": _marked, "first": _first}[mode]
    found: list[Entry] = []
    for story in stories:
        if members := reports.get(story.id):
            found += make(story, members, changed[story.id], home)
    return tuple(sorted(found, key=lambda one: -one.published) if mode == "mark" else found)


def entries_of_feed(
    stories: Sequence[StoryRecord],
    reports: Mapping[str, Sequence[MemberRecord]],
    changed: Mapping[str, float],
    mode: Mode,
    home: str,
    bringers: Mapping[str, str],
    feed_id: str,
) -> tuple[Entry, ...]:
    """The entries of one feed's twin: stories that this feed brought before any other, each by the feed's
    own report. bringers: of articles, the feed that brought each first."""
    found: list[Entry] = []
    for story in stories:
        fed = [member for member in reports.get(story.id, ()) if member.article_id in bringers]
        mine = [member for member in fed if bringers[member.article_id] == feed_id]
        if mode == "mark":
            found += [_mark(story, member, fed[0], home) for member in mine]
        elif mine and mine[0] is fed[0]:
            own = replace(story, representative_article_id=mine[0].article_id, title=mine[0].title)
            members = [mine[0], *(member for member in reports[story.id] if member is not mine[0])]
            make = _collapsed if mode == "collapse" else _first
            found += make(own, members, changed[story.id], home)
    return tuple(sorted(found, key=lambda one: -one.published))


def _collapsed(
    story: StoryRecord, members: Sequence[MemberRecord], changed: float, home: str
) -> Iterable[Entry]:
    """One entry for the story, with a link to every report."""
    speaker = next((m for m in members if m.article_id == story.representative_article_id), members[0])
    others = [member for member in members if member is not speaker]
    published = min(map(_time, members))
    left_out = story.article_count - len(members)
    yield _entry(story, speaker, _guid(story.id), story.title, others, published, changed, home, left_out)


def _first(
    story: StoryRecord, members: Sequence[MemberRecord], _changed: float, home: str
) -> Iterable[Entry]:
    """The report that arrived first, for good: what follows changes nothing."""
    first = members[0]
    yield _entry(story, first, _guid(story.id), first.title, (), _time(first), first.arrived_at, home)


def _marked(
    story: StoryRecord, members: Sequence[MemberRecord], _changed: float, home: str
) -> Iterable[Entry]:
    """Every report an entry of its own; those that are not the first say so."""
    for member in members:
        yield _mark(story, member, members[0], home)


def _mark(story: StoryRecord, member: MemberRecord, first: MemberRecord, home: str) -> Entry:
    again = member is not first
    title = REPEAT * again + member.title
    others = (first,) if again else ()
    guid = _guid(f"article {member.article_id}")
    return _entry(story, member, guid, title, others, _time(member), member.arrived_at, home)


def _entry(
    story: StoryRecord,
    speaker: MemberRecord,
    guid: str,
    title: str,
    others: Sequence[MemberRecord],
    published: float,
    updated: float,
    home: str,
    left_out: int = 0,
) -> Entry:
    story_url = f"{home}stories/{quote(story.id, safe='')}"
    return Entry(
        guid=guid,
        title=title or speaker.title or "Untitled report",
        link=web_address(speaker.url) or story_url,
        lang=speaker.lang,
        outlet=speaker.outlet,
        published=published,
        updated=max(published, updated),
        story_id=story.id,
        story_url=story_url,
        tags=tuple(story.languages) if len(story.languages) > 1 else (),
        content=_content(story, speaker, others, story_url, left_out),
        also=tuple((_name(member), web_address(member.url)) for member in others),
    )


def _content(
    story: StoryRecord, speaker: MemberRecord, others: Sequence[MemberRecord], story_url: str, left_out: int
) -> str:
    """What a reader shows: whose report it is, the others with their links, and where the reasons are."""
    lines = [f"<p>{_linked(speaker)}</p>"]
    if others:
        items = "".join(f"<li>{_linked(member)}</li>" for member in others)
        lines.append(f"<p>Also in:</p><ul>{items}</ul>")
    if left_out > 0:
        lines.append(f"<p>And {left_out} more reports.</p>")
    reports = "1 report" if story.article_count == 1 else f"{story.article_count} reports"
    lines.append(f'<p><a href="{escape(story_url)}">The whole story: {reports}, and why</a></p>')
    return "".join(lines)


def _linked(member: MemberRecord) -> str:
    address, name = web_address(member.url), f"<bdi>{escape(_name(member))}</bdi>"
    relation = RELATIONS.get(member.relation or "", "")
    said = f" ({relation})" if relation else ""
    return (f'<a href="{escape(address)}">{name}</a>' if address else name) + said


def _name(member: MemberRecord) -> str:
    return ": ".join(filter(None, (member.outlet, member.title))) or "A report without a name"


def _time(member: MemberRecord) -> float:
    return member.arrived_at if member.published_at is None else member.published_at


def _guid(name: str) -> str:
    """A name for good: story ids begin with random letters, so it is one of a kind in the world, too."""
    return f"urn:uuid:{uuid5(NAMESPACE_OID, name)}"


def web_address(url: str) -> str:
    """`url` as a link may carry it, percent-encoded where needed; nothing unless it is http or https."""
    try:
        safe = urlsplit(url).scheme in ("http", "https")
    except ValueError:
        return ""
    return "".join(_encoded(letter) for letter in url) if safe else ""


def _encoded(letter: str) -> str:
    return quote(letter, safe="") if letter in NOT_IN_ADDRESSES or not letter.isprintable() else letter
