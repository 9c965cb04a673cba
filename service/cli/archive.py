"""How are archives searched for near-duplicates, beyond what a window holds? `archive export`, `groups`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli.options import Data, settings_from
from service.cli.output import say, writing

archive = typer.Typer(help="Parquet files of band keys, and near-duplicates in them.", no_args_is_help=True)


@archive.command("export")
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The Parquet file to write.")],
    data: Data = None,
) -> None:
    """Write ids, band keys and shingles of all articles, without any text."""
    from service.archive.export import export as write
    from service.errors import UnreadableInput
    from service.fleet import with_its_servers
    from service.opening import open_store

    if file.exists():
        raise UnreadableInput(f"{file} is there already.")
    with open_store(with_its_servers(settings_from(data)), create=False) as store:
        written = write(store, file)
    say(f"{file} holds {written:,} articles.")


@archive.command("groups")
def groups(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `archive export` wrote.")],
    output: Annotated[str, typer.Option("-o", "--output", help="File to write; - is standard output.")] = "-",
    min_jaccard: Annotated[
        float, typer.Option(min=0.01, max=1.0, help="Share of the words of both that are near-duplicates.")
    ] = 0.7,
) -> None:
    """Find all groups of near-duplicates with DuckDB: lines {"ids": [...]}, each in order of arrival."""
    import orjson

    from service.archive.groups import near_duplicates

    with writing(output) as stream:
        found = near_duplicates(file, min_jaccard)
        stream.writelines(orjson.dumps({"ids": group}) + b"\n" for group in found)
    say(f"{len(found):,} groups of {sum(map(len, found)):,} articles")
