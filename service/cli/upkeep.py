"""What keeps an installation in order? `recluster`, `delete`, `prune`, `rebuild`, `doctor`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.options import AsJson, Data, settings_from
from service.cli.output import console, json_line, safe, say, wants_json

if TYPE_CHECKING:
    from service.cli.door import Door

UNDER_WAY = ("requested", "computing")
LOOK_SECONDS = 0.2
LINES = 40  # differences shown on a terminal; JSON has all


def recluster(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change; change nothing.")
    ] = False,
    held: Annotated[
        str | None, typer.Option("--apply", metavar="ID", help="Apply one that was computed and is held.")
    ] = None,
    archive: Annotated[
        bool,
        typer.Option("--archive", help="All that is kept in stories that have not closed, window or not."),
    ] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Group the whole window anew, whatever order the articles came in. Stories keep their ids."""
    from service.cli.door import open_door, segment

    with open_door(settings_from(data)) as door:
        if held is None:
            asked = door.ask(
                "POST",
                "/v1/reclusters",
                body={"dry_run": dry_run, "scope": "archive" if archive else "window"},
            )
        else:
            asked = door.ask("POST", f"/v1/reclusters/{segment(held)}/apply")
        path = f"/v1/reclusters/{segment(asked['id'])}"
        found = _finished(door, path) | {"diff": None}
        if found["state"] != "failed":
            found["diff"] = door.ask("GET", f"{path}/diff")["diff"]
    show_recluster(found, as_json)
    if found["state"] == "failed":
        raise typer.Exit(1)


def _finished(door: Door, path: str) -> dict[str, Any]:
    """The re-clustering once it is computed, and applied unless it is a dry run."""
    if door.engine:
        door.engine.drain()
    while True:
        found: dict[str, Any] = door.ask("GET", path)
        if found["state"] not in UNDER_WAY and (found["dry_run"] or found["state"] != "ready"):
            return found
        time.sleep(LOOK_SECONDS)


def show_recluster(found: Mapping[str, Any], as_json: bool) -> None:
    """What became of it and what it changes."""
    if wants_json(as_json):
        json_line(found)
        return
    to = console()
    done = {"applied": "Applied", "failed": "Failed"}.get(found["state"], "Computed, nothing changed yet")
    to.print(f"{done}: {found['id']} {safe(found['reason'])}".rstrip(), style="bold")
    diff = found["diff"] or {}
    for name, value in diff.items():
        shown = len(value) if isinstance(value, list) else value
        to.print(f"  {safe(name).replace('_', ' '):<28} {safe(shown)}")
    for line in _differences(diff):
        to.print(f"  - {safe(line)}")
    if found["state"] == "held":
        to.print(f"Apply it with `samestory recluster --apply {found['id']}`; it waits for seven days.")


def _differences(diff: Mapping[str, Any]) -> Iterator[str]:
    """The first transitions and new titles, one line each."""
    for one in diff.get("transitions", ())[:LINES]:
        other = f" {one['other_story_id']}" if one["other_story_id"] else ""
        link = one["evidence"]
        because = f"; {link['a']} and {link['b']}: {link['kind']}, {link['probability']:.2f}" if link else ""
        yield f"{one['story_id']} {one['transition']}{other}: {len(one['article_ids'])} articles{because}"
    for one in diff.get("renamed", ())[:LINES]:
        yield f"{one['story_id']} is called {one['title_after']!r}, not {one['title_before']!r}"


def delete(
    article_id: Annotated[str, typer.Argument(metavar="ID", help="The article's id.")], data: Data = None
) -> None:
    """Take an article down: its text is erased and it leaves its story. This cannot be undone."""
    from service.cli.door import open_door, segment

    with open_door(settings_from(data)) as door:
        door.ask("DELETE", f"/v1/articles/{segment(article_id)}")
    say(f"{safe(article_id)} is deleted.")


def prune(
    days: Annotated[
        float | None, typer.Option(min=0, help="Delete articles older than this  [default: the settings]")
    ] = None,
    articles: Annotated[
        int | None, typer.Option(min=0, help="Keep this many, the newest  [default: the settings]")
    ] = None,
    data: Data = None,
) -> None:
    """Delete articles by age and by number. Their ids answer that they are gone; lineage is kept."""
    from service.cli.door import open_door

    with open_door(settings_from(data)) as door:
        found = door.ask("POST", "/v1/prune", body={"days": days, "articles": articles})
    say(f"{found['deleted']:,} articles are deleted.")


def rebuild(data: Data = None) -> None:
    """Make all sketches anew, after a setting that shapes them was changed. Stories stay as they are."""
    from service import pipeline
    from service.holding import Holding

    settings = settings_from(data)
    with pipeline.open_store(settings, create=False, rebuilding=True) as store:
        holding = Holding(settings.data)
        made = pipeline.rebuild(store)
        holding.release()
    say(f"{made:,} sketches are made anew; `samestory recluster` groups with them.")


def doctor(data: Data = None, as_json: AsJson = False) -> None:
    """Check this installation: versions, kernels, model, disk, store, and Redis and fleet if there are."""
    from service.doctor import findings
    from service.fleet import with_its_servers

    sound = True
    for finding in findings(with_its_servers(settings_from(data))):
        sound = sound and finding.ok
        if wants_json(as_json):
            json_line(asdict(finding))
        else:
            mark, style = ("ok", "green") if finding.ok else ("NOT OK", "bold red")
            console().print(f"{mark:<7} {finding.check:<9} {safe(finding.detail)}", style=style)
    if not sound:
        raise typer.Exit(1)
