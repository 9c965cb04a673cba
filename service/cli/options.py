"""Which options do several commands share, and how do they become settings?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from service.settings import Settings

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Data directory  [default: $SAMESTORY_DATA or ./data]"),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="JSON lines instead of a table (also when output is piped).")
]


def settings_from(data: Path | None = None, **changes: Any) -> Settings:
    """The environment's settings with what the command line changes. Raises InvalidSetting."""
    from pydantic import ValidationError

    from service.errors import InvalidSetting
    from service.settings import Settings

    given = {name: value for name, value in {"data": data, **changes}.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(part) for part in first["loc"]) or "settings"
        raise InvalidSetting(f"{name}: {first['msg']}.") from None
