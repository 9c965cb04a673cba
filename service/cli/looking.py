"""What has been found? `stories`, `story` and its `lineage`; `explain` says why of two, `tail` follows."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.options import AsJson, Data, settings_from
from service.cli.output import console, json_line, safe, show_rows, wants_json

if TYPE_CHECKING:
    from rich.console import Console

STORY_COLUMNS = {
    "id": "story", "article_count": "articles", "outlet_count": "outlets", "languages": "languages",
    "latest": "latest", "title": "title",
}  # fmt: skip
MEMBER_COLUMNS = {
    "article_id": "article", "outlet": "outlet", "published": "published", "relation": "relation",
    "score": "score", "title": "title",
}  # fmt: skip
RELATIONS = {
    "exact_copy": "exact copy", "near_duplicate": "near-duplicate", "shared_passages": "shared passages",
    "same_event": "same event", "update_of": "update", None: "founded it",
}  # fmt: skip
LISTED = 25  # stories in a table
CONTEXT = 300  # characters of a passage shown on a terminal; JSON has all of it


def stories(
    q: Annotated[str | None, typer.Option("--query", "-q", help="Words in the titles.")] = None,
    outlet: Annotated[str | None, typer.Option(help="Only stories that this outlet covers.")] = None,
    lang: Annotated[str | None, typer.Option(help="Only stories in this language.")] = None,
    min_outlets: Annotated[
        int | None, typer.Option(min=1, help="Covered by at least so many outlets.")
    ] = None,
    sort: Annotated[str, typer.Option(help="latest, first, size or hot")] = "latest",
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", "-n", min=1, help="At most so many stories  [default: 25, with --format all]"
        ),
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
    format: Annotated[
        str | None, typer.Option("--format", help="csv (for a spreadsheet) or jsonl, instead of a table")
    ] = None,
) -> None:
    """List the stories, the latest first."""
    from service.cli.door import open_door, pages

    if format not in (None, "csv", "jsonl"):
        raise typer.BadParameter("choose csv or jsonl", param_hint="--format")
    query = {"q": q, "outlet": outlet, "lang": lang, "min_outlets": min_outlets, "sort": sort}
    with open_door(settings_from(data)) as door:
        most = limit or (LISTED if format is None else sys.maxsize)
        found = pages(door, "/v1/stories", "stories", query, most)
        if format == "csv":
            _show_csv(found)
            return
        rows = list(found)
    as_json = as_json or format == "jsonl"
    if not wants_json(as_json):
        rows = [_story_row(story) for story in rows]
    show_rows(STORY_COLUMNS, rows, as_json)


def story(
    story_id: Annotated[
        str, typer.Argument(metavar="ID", help="A story's id, as `samestory stories` shows it.")
    ],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show one story: its outlets and articles, and how each is related."""
    from service.cli.door import open_door, pages, segment

    with open_door(settings_from(data)) as door:
        path = f"/v1/stories/{segment(story_id)}"
        found = door.ask("GET", path)
        members = list(pages(door, f"{path}/articles", "members", {}, limit=found["article_count"]))
    if wants_json(as_json):
        json_line({**found, "members": members, "next": None})
        return
    console().print(_heading(found))
    show_rows(MEMBER_COLUMNS, map(_member_row, members), as_json)


def lineage(
    story_id: Annotated[
        str, typer.Argument(metavar="ID", help="A story's id, also one that merged or closed.")
    ],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Tell what became of a story: what joined, merged and split, and why."""
    from service.cli.door import open_door, segment

    with open_door(settings_from(data)) as door:
        found = door.ask("GET", f"/v1/stories/{segment(story_id)}/lineage")
    if wants_json(as_json):
        json_line(found)
        return
    stands = "" if found["resolves_to"] == story_id else f", stands for {found['resolves_to']} today"
    console().print(f"{safe(story_id)}: {found['status']}{stands}", style="bold")
    rows = [{"at": _moment(entry["at"]), "told": entry["summary"]} for entry in found["lineage"]]
    show_rows({"at": "when", "told": "what happened"}, rows, as_json)


def provenance(
    story_id: Annotated[str, typer.Argument(metavar="ID", help="A story's id.")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Tell where each sentence of a story comes from, and what is new in each report."""
    from service.cli.door import open_door, segment

    with open_door(settings_from(data)) as door:
        found = door.ask("GET", f"/v1/stories/{segment(story_id)}/provenance")
    if wants_json(as_json):
        json_line(found)
        return
    for article in found["articles"]:
        console().print(f"{safe(article['outlet'])} ({safe(article['article_id'])})", style="bold")
        rows = map(_traced_row, article["sentences"])
        show_rows({"origin": "origin", "sources": "with", "new": "", "text": "sentence"}, rows, as_json)


def explain(
    a: Annotated[str, typer.Argument(metavar="A", help="An article's id.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another article's id.")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Why are these two articles (not) in one story? With the passages they share."""
    from service.cli.door import open_door, segment

    with open_door(settings_from(data)) as door:
        found = door.ask("GET", f"/v1/pairs/{segment(a)}/{segment(b)}")
    if wants_json(as_json):
        json_line(found)
        return
    show_explanation(console(), found)


def tail(
    since: Annotated[
        int | None, typer.Option(min=0, help="Begin after this change; 0 for all  [default: the newest]")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", "-n", min=1, help="End after so many.")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Follow the changes as they happen, through restarts of the server too; Ctrl+C ends it."""
    from service.cli.following import follow

    for number, change in enumerate(follow(settings_from(data), since), 1):
        if wants_json(as_json):
            json_line(change, flush=True)
        else:
            console().print(_change_line(change))
        if number == limit:
            return


def show_explanation(to: Console, found: Mapping[str, Any]) -> None:
    """An explanation as a person reads it: the verdict, the reasons, then the shared text."""
    verdict = "One story" if found["same_story"] else "Not one story"
    evidence = found["evidence"]
    to.print(f"{verdict}: {safe(found['a'])} and {safe(found['b'])}", style="bold")
    to.print(f"  stories    {found['story_a'] or '-'} and {found['story_b'] or '-'}")
    to.print(
        f"  evidence   {evidence['kind']}, probability {evidence['probability']:.2f}, "
        f"Jaccard {evidence['jaccard']:.3f}, "
        f"containment {evidence['containment_a']:.3f} / {evidence['containment_b']:.3f}"
    )
    _bullets(to, "Why", found["reasons"])
    _bullets(to, "Why not", found["why_not"])
    _bullets(to, "Shared passages", (_shortened(passage["text_a"]) for passage in found["passages"]))


def _show_csv(found: Iterable[Mapping[str, Any]]) -> None:
    """Stories as `/v1/stories.csv` writes them, one by one as they are read."""
    from service.feeds.tables import csv_head, csv_rows

    out = sys.stdout.buffer
    out.write(csv_head())
    for story in found:
        out.write(csv_rows([story]))
    out.flush()


def _bullets(to: Console, heading: str, lines: Iterable[str]) -> None:
    shown = [safe(line) for line in lines]
    if shown:
        to.print(heading, style="bold")
    for line in shown:
        to.print(f"  - {line}")


def _shortened(text: str) -> str:
    return text if len(text) <= CONTEXT else text[:CONTEXT].rstrip() + " ..."


def _heading(found: Mapping[str, Any]) -> str:
    merged = f", merged into {found['merged_into']}" if found["merged_into"] else ""
    counts = f"{found['article_count']} articles, {found['outlet_count']} outlets"
    return f"{safe(found['title'])}\n{found['id']}: {counts} ({', '.join(found['languages'])}){merged}\n"


def _traced_row(sentence: Mapping[str, Any]) -> dict[str, Any]:
    new = "new" if sentence["new"] else ""
    return {**sentence, "new": new, "text": _shortened(sentence["text"])}


def _story_row(found: Mapping[str, Any]) -> dict[str, Any]:
    latest = found["latest_published"] or found["first_reported"]
    return {**found, "latest": _moment(latest)}


def _member_row(member: Mapping[str, Any]) -> dict[str, Any]:
    relation = RELATIONS.get(member["relation"], member["relation"])
    published, score = _moment(member["published_at"]), f"{member['score']:.2f}"
    return {**member, "relation": relation, "published": published, "score": score}


def _change_line(change: Mapping[str, Any]) -> str:
    about = " ".join(safe(change[name]) for name in ("story_id", "article_id") if change[name])
    return f"{change['seq']:>8}  {_moment(change['at'])}  {change['type']:<18} {about}"


def _moment(value: str | None) -> str:
    return (value or "")[:16].replace("T", " ")
