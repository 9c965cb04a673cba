"""Which articles do the named files hold? JSON lines, text and HTML pages, web archives, or standard input.

One unreadable line costs the others nothing: it is yielded as its error, with the place where it stands.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from service.errors import InvalidInput, SamestoryError, TooLarge, UnreadableInput
from service.text.strict_json import Line

Format = Literal["jsonl", "txt", "html", "warc"]
SUFFIXES: dict[str, Format] = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".txt": "txt", ".html": "html", ".htm": "html",
    ".warc": "warc",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """One article as it was found: its line, its raw fields, or why it cannot be read.

    `bytes` is its size; `position` is how far its file, as it lies on disk, has been read.
    """

    place: str
    found: Line | Mapping[str, Any] | SamestoryError
    bytes: int
    position: int

    @property
    def raw(self) -> Mapping[str, Any] | SamestoryError:
        """Its raw fields, or why it cannot be read."""
        try:
            return self.found.fields() if isinstance(self.found, Line) else self.found
        except SamestoryError as error:
            return error


@dataclass(frozen=True, slots=True)
class Source:
    """One file (or standard input, "-") and how to read it; `name` is the id of a page that has no other."""

    path: str
    format: Format
    name: str
    bytes: int


def sources(paths: Iterable[str], given: Format | None = None) -> list[Source]:
    """Every file under `paths`, folders in sorted order. Raises UnreadableInput."""
    found = [source for path in paths for source in _under(path, given)]
    if not found:
        raise UnreadableInput("No article file (.jsonl, .txt, .html, .warc) is there.")
    return found


def source_of(path: Path) -> Source:
    """One file of JSON lines. Raises UnreadableInput."""
    return sources([str(path)], "jsonl")[0]


def read(source: Source, limit: int) -> Iterator[Item]:
    """The articles of one source in order; an article of more than `limit` bytes is refused, not read."""
    if source.format == "jsonl":
        yield from _lines(source, limit)
    elif source.format == "warc":
        yield from _archive(source, limit)
    else:
        yield _page(source, limit)


def _under(path: str, given: Format | None) -> Iterator[Source]:
    if path == "-":
        yield Source("-", given or "jsonl", "stdin", 0)
        return
    root = Path(path)
    if not root.exists():
        raise UnreadableInput(f"Path: {path}.")
    if not root.is_dir():
        yield _source(root, root.name, given or _format_of(root) or "jsonl")
        return
    for file in sorted(root.rglob("*")):
        format = _format_of(file)
        if file.is_file() and format and given in (None, format):
            yield _source(file, file.relative_to(root).as_posix(), format)


def _source(file: Path, name: str, format: Format) -> Source:
    return Source(str(file), format, name[: -len(_suffixes(file))] or name, file.stat().st_size)


def _suffixes(file: Path) -> str:
    return "".join(file.suffixes[-2:]) if file.suffix == ".gz" else file.suffix


def _format_of(file: Path) -> Format | None:
    return SUFFIXES.get(_suffixes(file).removesuffix(".gz").lower())


def _lines(source: Source, limit: int) -> Iterator[Item]:
    with _opened(source) as (stream, position):
        number = 0
        while line := _readable(source, lambda: stream.readline(limit + 1)):
            number += 1
            place = f"{source.path}:{number}"
            if len(line) > limit and not line.endswith(b"\n"):
                _skip_rest(stream)
                yield Item(place, TooLarge(f"Limit: {limit} bytes an article."), 0, position())
            elif line.strip():
                yield Item(place, Line(line, number), len(line), position())


def _archive(source: Source, limit: int) -> Iterator[Item]:
    from service.warc import pages

    with _opened(source, unpack=False) as (stream, position):
        for number, (address, found, size) in enumerate(pages(stream, limit), 1):
            yield Item(f"{source.path}: {address or f'after page {number - 1}'}", found, size, position())


def _page(source: Source, limit: int) -> Item:
    with _opened(source) as (stream, _):
        data = _readable(source, lambda: stream.read(limit + 1))
    return Item(source.path, _page_fields(source, data, limit), len(data), source.bytes)


def _page_fields(source: Source, data: bytes, limit: int) -> Mapping[str, Any] | SamestoryError:
    if len(data) > limit:
        return TooLarge(f"Limit: {limit} bytes an article.")
    field = "html" if source.format == "html" else "text"
    try:
        return {"id": source.name, field: data.decode("utf-8-sig")}
    except UnicodeDecodeError as error:
        return InvalidInput(f"Not UTF-8 at byte {error.start}.")


class _opened:  # noqa: N801 reads as a verb in `with _opened(source)`
    """Opens a source, unpacking .gz; gives the stream, and a function telling the position on disk."""

    def __init__(self, source: Source, *, unpack: bool = True) -> None:
        self._source = source
        self._unpack = unpack

    def __enter__(self) -> tuple[IO[bytes], Callable[[], int]]:
        if self._source.path == "-":
            return sys.stdin.buffer, lambda: 0
        try:
            self._file = Path(self._source.path).open("rb")
        except OSError as error:
            raise UnreadableInput(f"Path: {self._source.path}, {error.strerror}.") from None
        packed = self._unpack and self._source.path.endswith(".gz")
        stream: Any = gzip.GzipFile(fileobj=self._file) if packed else self._file
        return stream, self._file.tell

    def __exit__(self, *_: object) -> None:
        if self._source.path != "-":
            self._file.close()


def _readable(source: Source, step: Callable[[], bytes]) -> bytes:
    try:
        return step()
    except (OSError, EOFError) as error:
        raise UnreadableInput(f"Path: {source.path}, {error}.") from None


def _skip_rest(stream: IO[bytes]) -> None:
    while (rest := stream.readline(1 << 20)) and not rest.endswith(b"\n"):
        pass
