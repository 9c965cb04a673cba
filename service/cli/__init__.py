"""Which commands does `samestory` have? Each is one function in a module beside this one; `main` runs it.

Only typer is imported here: what a command needs loads when it runs, so `samestory --help` answers at once.
"""

from __future__ import annotations

import os
import sys

import typer

from service import collecting
from service.cli import (
    archive,
    deciding,
    feeds,
    fleet,
    grouping,
    importing,
    keys,
    looking,
    moving,
    outlets,
    quality,
    searches,
    serve,
    tuning,
    upkeep,
)

app = typer.Typer(
    help="Which of these news reports are about the same event, and how do we know?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("serve")(serve.serve)
app.command("import")(importing.import_)
app.command("cluster")(grouping.cluster)
app.command("pairs")(grouping.pairs)
app.command("explain")(looking.explain)
app.command("stories")(looking.stories)
app.command("story")(looking.story)
app.command("lineage")(looking.lineage)
app.command("provenance")(looking.provenance)
app.command("tail")(looking.tail)
app.command("recluster")(upkeep.recluster)
app.command("decide")(deciding.decide)
app.command("undo")(deciding.undo)
app.command("drift")(deciding.drift)
app.add_typer(deciding.decisions, name="decisions")
app.add_typer(feeds.feeds, name="feeds")
app.add_typer(searches.searches, name="searches")
app.command("outlets")(outlets.outlets)
app.command("delete")(upkeep.delete)
app.command("prune")(upkeep.prune)
app.command("rebuild")(upkeep.rebuild)
app.command("migrate")(moving.migrate)
app.command("migrate-store")(moving.migrate_store)
app.command("backup")(moving.backup)
app.command("restore")(moving.restore)
app.command("up")(fleet.up)
app.command("down")(fleet.down)
app.add_typer(keys.keys, name="keys")
app.add_typer(archive.archive, name="archive")
app.command("evaluate")(quality.evaluate)
app.command("train")(quality.train)
app.command("tune")(tuning.tune)
app.command("doctor")(upkeep.doctor)


def main() -> None:
    """Run the command line. Exit code 2: mend the command or its input; 1: something else failed."""
    from service.errors import SamestoryError

    collecting.seldom()
    try:
        app()
    except SamestoryError as error:
        sys.stderr.write(f"samestory: {error}\n")
        raise SystemExit(2 if 400 <= error.status < 500 else 1) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left; say nothing more
        raise SystemExit(1) from None
