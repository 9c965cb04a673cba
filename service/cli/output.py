"""How does a command show what it found? Tables for people at a terminal, JSON lines for everything else.

Titles come from strangers: control characters, which could steer a terminal, never reach it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

CONTROLS = dict.fromkeys((*range(32), *range(127, 160)), " ")


def wants_json(as_json: bool) -> bool:
    """Whether JSON lines are wanted: asked for, or nobody is watching standard output."""
    return as_json or not sys.stdout.isatty()


def safe(value: Any) -> str:
    """Text that is harmless on a terminal: no control characters, on one line."""
    return "" if value is None else str(value).translate(CONTROLS)


def say(line: str) -> None:
    """A remark for the person, on standard error; standard output carries results only."""
    sys.stderr.write(line + "\n")


def json_line(value: Any, *, flush: bool = False) -> None:
    """One value as one line of JSON on standard output; `flush` where somebody waits for it."""
    import orjson

    sys.stdout.write(orjson.dumps(value).decode() + "\n")
    if flush:
        sys.stdout.flush()


def show_rows(columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]], as_json: bool) -> None:
    """Rows as JSON lines, or as a table of the `columns` (key in a row -> heading)."""
    if wants_json(as_json):
        for row in rows:
            json_line(row)
        return
    from rich.table import Table

    table = Table(*columns.values(), box=None, pad_edge=False)
    for row in rows:
        table.add_row(*_cells(row, list(columns)))
    console().print(table)


def console() -> Console:
    """The terminal, without reading markup or emoji codes in what it prints."""
    from rich.console import Console

    return Console(markup=False, emoji=False, highlight=False)


def progress(unit: str = "articles") -> Progress:
    """A progress bar on standard error that shows the work done and its speed; silent when nobody watches."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    watched = Console(stderr=True)
    done = TextColumn("{task.fields[done]:,} " + unit)
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), done, TimeRemainingColumn(),
        console=watched, disable=not watched.is_terminal,
    )  # fmt: skip


def _cells(row: Mapping[str, Any], keys: Sequence[str]) -> list[Any]:
    from rich.text import Text

    return [
        Text(safe(", ".join(value) if isinstance(value, list) else value)) for value in map(row.get, keys)
    ]


@contextmanager
def writing(path: str) -> Iterator[IO[bytes]]:
    """A file to write results to, or "-". Opened before the work, so that a wrong path shows at once.

    Raises UnreadableInput.
    """
    if path == "-":
        yield sys.stdout.buffer
        return
    from service.errors import UnreadableInput

    try:
        stream = Path(path).open("wb")  # noqa: SIM115 closed below
    except OSError as error:
        raise UnreadableInput(f"Path: {path}, {error.strerror}.") from None
    with stream:
        yield stream
