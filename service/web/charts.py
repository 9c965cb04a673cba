"""When did reports arrive? Small charts as numbers that a template draws in SVG, no script needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from service.store.records import MemberRecord

BARS, BAR_WIDTH, HEIGHT = 24, 4, 20
ROWS = 15  # outlets that have a row of their own in a timeline
WIDTH = 1000


class Bar(NamedTuple):
    """A bar of a spark line, in the units of its view box."""

    x: int
    y: int
    height: int


class Dot(NamedTuple):
    """A report in a timeline: where it stands, in thousandths of the whole."""

    x: int
    article_id: str


class Row(NamedTuple):
    """An outlet's reports in a timeline."""

    outlet: str
    first: float
    dots: list[Dot]


def moment(member: MemberRecord) -> float:
    """When a report came: published where that can be trusted, else arrived."""
    return member.arrived_at if member.published_at is None else member.published_at


def spark(members: Sequence[MemberRecord]) -> list[Bar]:
    """How many reports came when, from the first to the last; nothing where all came at once."""
    times = [moment(member) for member in members]
    if len(times) < 2 or max(times) == min(times):
        return []
    first, width = min(times), (max(times) - min(times)) / BARS
    counts = [0] * BARS
    for time in times:
        counts[min(int((time - first) / width), BARS - 1)] += 1
    most = max(counts)
    return [
        Bar(place * BAR_WIDTH, HEIGHT - height, height)
        for place, number in enumerate(counts)
        if (height := max(3, round(HEIGHT * number / most)) if number else 0)
    ]


def timeline(members: Sequence[MemberRecord]) -> tuple[list[Row], int]:
    """A row for each outlet, the earliest first, and how many outlets are left out."""
    if not members:
        return [], 0
    times = [moment(member) for member in members]
    first, span = min(times), max(times) - min(times)
    rows: dict[str, Row] = {}
    for member in sorted(members, key=moment):
        time = moment(member)
        row = rows.setdefault(member.outlet, Row(member.outlet, time, []))
        row.dots.append(Dot(round(WIDTH * (time - first) / span) if span else 0, member.article_id))
    return list(rows.values())[:ROWS], max(0, len(rows) - ROWS)
