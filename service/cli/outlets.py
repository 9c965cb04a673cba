"""Which outlets are one, and whose are they? `outlets` lists what was said, and says it."""

from __future__ import annotations

from typing import Annotated

import typer

from service.cli.options import AsJson, Data, settings_from
from service.cli.output import show_rows

COLUMNS = {"name": "outlet", "alias_of": "counts as", "owner": "owner"}


def outlets(
    name: Annotated[
        str | None, typer.Argument(metavar="OUTLET", help="As articles name it; without it, all are listed.")
    ] = None,
    alias_of: Annotated[
        str | None, typer.Option("--alias-of", metavar="NAME", help="The name under which it counts.")
    ] = None,
    owner: Annotated[
        str | None, typer.Option(metavar="NAME", help="Outlets of one owner are one independent voice.")
    ] = None,
    forget: Annotated[bool, typer.Option("--forget", help="Take back what was said of it.")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """List what was said of outlets, or say it: counts of outlets and independent voices follow."""
    from service.cli.door import open_door, segment

    with open_door(settings_from(data)) as door:
        if name is not None and forget:
            door.ask("DELETE", f"/v1/outlets/{segment(name)}")
        elif name is not None and (alias_of is not None or owner is not None):
            said = {"alias_of": alias_of or "", "owner": owner or ""}
            door.ask("PUT", f"/v1/outlets/{segment(name)}", body=said)
        found = door.ask("GET", "/v1/outlets")["outlets"]
    show_rows(COLUMNS, [one for one in found if name in (None, one["name"])], as_json)
