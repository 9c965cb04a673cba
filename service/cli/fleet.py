"""How does a fleet start and end on this machine? `up` and `down` run the processes of compose.yaml."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Annotated

import typer

from service.cli.options import Data, settings_from

MODULE = [sys.executable, "-m", "workers.up"]


def up(
    apis: Annotated[int, typer.Option(min=1, help="Processes that answer over HTTP.")] = 2,
    workers: Annotated[int, typer.Option(min=1, help="Processes that prepare, two articles at a time.")] = 2,
    owners: Annotated[int, typer.Option(min=1, help="One decides, the others stand by.")] = 2,
    port: Annotated[int | None, typer.Option(help="Port of the first API  [default: 8420]")] = None,
    data: Data = None,
) -> None:
    """Run the distributed mode on this machine, with PostgreSQL and Redis; Ctrl+C or `down` ends it."""
    copies = [f"api={apis}", f"worker={workers}", f"owner={owners}"]
    os.execve(sys.executable, [*MODULE, *copies], _environment(data, port))  # noqa: S606 our own module


def down(data: Data = None) -> None:
    """End what `up` runs for this data directory."""
    done = subprocess.run([*MODULE, "down"], env=_environment(data), check=False)  # noqa: S603 our own module
    raise typer.Exit(done.returncode)


def _environment(data: Data, port: int | None = None) -> dict[str, str]:
    settings = settings_from(data, port=port)
    said = {"SAMESTORY_DATA": str(settings.data), "SAMESTORY_PORT": str(settings.port)}
    return {**os.environ, **said}
