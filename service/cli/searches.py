"""What is to be told of? `searches` lists what was saved; its commands add, remove and show matches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from service.cli.options import AsJson, Data, settings_from
from service.cli.output import show_rows, wants_json

EVERYTHING = 200
COLUMNS = {"id": "id", "name": "name", "wants": "wants"}
MATCH_COLUMNS = {"matched": "matched", "id": "story", "outlets": "outlets", "title": "title"}
SearchArgument = Annotated[
    str, typer.Argument(metavar="SEARCH", help="Id, as `samestory searches` lists it.")
]

searches = typer.Typer(help="Saved searches and their alerts.", invoke_without_command=True)


@searches.callback()
def list_(context: typer.Context, data: Data = None, as_json: AsJson = False) -> None:
    """List the saved searches."""
    if context.invoked_subcommand is not None:
        return
    from service.cli.door import open_door, pages

    with open_door(settings_from(data)) as door:
        _show(list(pages(door, "/v1/searches", "searches", {}, EVERYTHING)), as_json)


@searches.command()
def add(
    name: Annotated[str, typer.Argument(help="What to call it.")],
    q: Annotated[str, typer.Option("--query", "-q", help="Words in the titles.")] = "",
    lang: Annotated[str, typer.Option(help="A report in this language.")] = "",
    outlet: Annotated[str, typer.Option(help="A report of this outlet.")] = "",
    min_independent: Annotated[int, typer.Option(min=1, help="At least so many independent outlets.")] = 1,
    min_reports: Annotated[int, typer.Option(min=1, help="At least so many reports.")] = 1,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Be told of stories that come to match: each once, by a search.matched change (`samestory tail`,
    webhooks)."""
    from service.cli.door import open_door

    asked = {"name": name, "q": q, "lang": lang, "outlet": outlet}
    asked_least = {"min_independent": min_independent, "min_reports": min_reports}
    with open_door(settings_from(data)) as door:
        _show([door.ask("POST", "/v1/searches", body=asked | asked_least)], as_json)


@searches.command()
def remove(search: SearchArgument, data: Data = None) -> None:
    """Tell of its stories no more."""
    from service.cli.door import open_door, segment

    with open_door(settings_from(data)) as door:
        door.ask("DELETE", f"/v1/searches/{segment(search)}")


@searches.command()
def matches(
    search: SearchArgument,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many stories.")] = 25,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """The stories that a search has matched, the newest match first."""
    from service.cli.door import open_door, pages, segment

    with open_door(settings_from(data)) as door:
        found = list(pages(door, f"/v1/searches/{segment(search)}/matches", "matches", {}, limit))
    show_rows(MATCH_COLUMNS, found if wants_json(as_json) else map(_match_row, found), as_json)


def _show(found: list[Any], as_json: bool) -> None:
    show_rows(COLUMNS, found if wants_json(as_json) else map(_row, found), as_json)


def _row(search: Mapping[str, Any]) -> dict[str, Any]:
    wants = [search["q"], search["lang"], search["outlet"]]
    if search["min_independent"] > 1:
        wants.append(f"{search['min_independent']} independent outlets")
    if search["min_reports"] > 1:
        wants.append(f"{search['min_reports']} reports")
    return {**search, "wants": ", ".join(filter(None, wants))}


def _match_row(match: Mapping[str, Any]) -> dict[str, Any]:
    story = match["story"]
    matched = match["matched_at"][:16].replace("T", " ")
    told = {"matched": matched, "id": story["id"], "outlets": str(story["outlet_count"])}
    return told | {"title": story["title"]}
