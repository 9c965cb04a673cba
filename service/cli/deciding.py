"""What does a person decide about stories? `decide`, `undo`, and the list that can be taken elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.options import AsJson, Data, settings_from
from service.cli.output import json_line, safe, say, show_rows, wants_json, writing

if TYPE_CHECKING:
    from service.cli.door import Door

COLUMNS = {
    "id": "decision", "at": "when", "by": "who", "kind": "kind", "articles": "articles", "moved": "moved",
    "undone": "undone", "note": "note",
}  # fmt: skip
EXPORTED = ("id", "kind", "articles", "others", "stories", "outlet", "passage", "note", "by", "at")
EVERYTHING = 1_000_000_000


class Kind(Enum):
    """What can be decided, as it is typed."""

    must_link = "must-link"
    cannot_link = "cannot-link"
    merge = "merge"
    split = "split"
    move = "move"
    represent = "represent"
    ignore_passage = "ignore-passage"
    ignore_outlet = "ignore-outlet"


IGNORING = {Kind.ignore_passage: "passage", Kind.ignore_outlet: "outlet"}

decisions = typer.Typer(help="List, export and import what people decided.", invoke_without_command=True)


def decide(
    kind: Annotated[Kind, typer.Argument(help="What to decide.")],
    ids: Annotated[
        list[str],
        typer.Argument(
            metavar="ID...", help="Ids of articles; of stories for merge; the passage or outlet to ignore."
        ),
    ],
    into: Annotated[str | None, typer.Option(metavar="STORY", help="For move: the story to move to.")] = None,
    note: Annotated[str, typer.Option(help="Why.")] = "",
    by: Annotated[str, typer.Option(help="Who decides  [default: $USER]")] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Decide what belongs together; it outranks the algorithm until it is undone."""
    from service.cli.door import open_door

    wanted: dict[str, Any] = {"kind": kind.name, "note": note, "by": _who(by)}
    if kind is Kind.merge:
        wanted["stories"] = ids
    elif kind in IGNORING:
        if len(ids) > 1:
            raise typer.BadParameter(f"{kind.value} takes one {IGNORING[kind]}: put it in quotes.")
        wanted[IGNORING[kind]] = ids[0]
    else:
        wanted |= {"articles": ids, "stories": [into] if into else []}
    with open_door(settings_from(data)) as door:
        _show(door.ask("POST", "/v1/decisions", body=wanted), as_json)


def undo(
    decision_id: Annotated[str, typer.Argument(metavar="ID", help="As `samestory decisions` shows it.")],
    by: Annotated[str, typer.Option(help="Who takes it back  [default: $USER]")] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Take a decision back, with all it did."""
    from service.cli.door import open_door, segment

    with open_door(settings_from(data)) as door:
        path = f"/v1/decisions/{segment(decision_id)}/undo"
        _show(door.ask("POST", path, body={"by": _who(by)}), as_json)


def drift(data: Data = None, as_json: AsJson = False) -> None:
    """How often did people correct the algorithm, and which evidence had led it astray?"""
    from service.cli.door import open_door

    with open_door(settings_from(data)) as door:
        found = door.ask("GET", "/v1/drift")
    if wants_json(as_json):
        json_line(found)
        return
    names = {"kind": "evidence", "members": "members by it", "corrected": "corrected", "undone": "undone"}
    show_rows(names, [{name: str(one[name]) for name in names} for one in found["kinds"]], as_json)
    others = {name: found[name] for name in ("missed", "indirect", "agreed", "undone")}
    say(", ".join(f"{number} {name}" for name, number in others.items()))


@decisions.callback()
def list_(context: typer.Context, data: Data = None, as_json: AsJson = False) -> None:
    """List what people decided, the latest first."""
    if context.invoked_subcommand is not None:
        return
    from service.cli.door import open_door

    with open_door(settings_from(data)) as door:
        found = list(_all(door))
    show_rows(COLUMNS, found if wants_json(as_json) else map(_row, found), as_json)


@decisions.command("export")
def export(
    output: Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="File, or - .")] = "-",
    data: Data = None,
) -> None:
    """Write the decisions that hold as JSON lines, the first one first."""
    import orjson

    from service.cli.door import open_door

    with writing(output) as stream, open_door(settings_from(data)) as door:
        for made in reversed([made for made in _all(door) if made["undone_at"] is None]):
            stream.write(orjson.dumps({name: made[name] for name in EXPORTED}) + b"\n")


@decisions.command("import")
def import_(
    path: Annotated[str, typer.Argument(metavar="FILE", help="JSON lines that `export` wrote.")],
    data: Data = None,
) -> None:
    """Make exported decisions here; those that are known already change nothing."""
    from service.cli.door import open_door, segment
    from service.errors import SamestoryError

    refused = made = 0
    with open_door(settings_from(data)) as door:
        for number, line in _lines(path):
            try:
                door.ask("PUT", f"/v1/decisions/{segment(str(line.get('id', '')))}", body=line)
                made += 1
            except SamestoryError as error:
                refused += 1
                say(f"{path}:{number}: {safe(error)}")
    say(f"{made} decisions made, {refused} refused")
    if refused:
        raise typer.Exit(1)


def _lines(path: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    import orjson

    from service.errors import UnreadableInput

    try:
        with open(path, "rb") as stream:  # noqa: PTH123 a path as it was typed
            for number, line in enumerate(stream, 1):
                value = orjson.loads(line) if line.strip() else None
                if isinstance(value, dict):
                    yield number, value
    except OSError as error:
        raise UnreadableInput(f"Path: {path}, {error.strerror}.") from None
    except orjson.JSONDecodeError:
        raise UnreadableInput(f"{path}:{number}: not JSON.") from None


def _who(by: str) -> str:
    return by or os.environ.get("USER", "")


def _all(door: Door) -> Iterator[Any]:
    from service.cli.door import pages

    return pages(door, "/v1/decisions", "decisions", {}, EVERYTHING)


def _show(made: Mapping[str, Any], as_json: bool) -> None:
    if wants_json(as_json):
        json_line(made)
    else:
        show_rows(COLUMNS, [_row(made)], as_json)


def _row(made: Mapping[str, Any]) -> dict[str, Any]:
    moved = str(len(made["effect"]["moved"]))
    times = {name: (made[name] or "")[:16].replace("T", " ") for name in ("at", "undone_at")}
    return {**made, **times, "moved": moved, "undone": times["undone_at"]}
