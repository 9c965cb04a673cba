"""Which articles of an archive are near-duplicates? One query in DuckDB, then who hangs together.

The same query runs in Spark SQL over the same file: `query("spark")`; docs/archives.md shows how.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Literal

from service.archive.export import NEEDED
from service.errors import InvalidSetting, UnreadableInput
from service.sketch.sketch import LEAST_SHINGLES

Engine = Literal["duckdb", "spark"]
WORDS: Mapping[Engine, Mapping[str, str]] = {
    "duckdb": {"flatten": "unnest", "common": "list_intersect", "size": "len"},
    "spark": {"flatten": "explode", "common": "array_intersect", "size": "size"},
}
Match = tuple[int, int, float]  # places of two articles, the earlier first, and their Jaccard similarity


def query(engine: Engine, min_jaccard: float) -> str:
    """The query over a table `archive` that finds the pairs. Raises InvalidSetting."""
    if not 0 < min_jaccard <= 1:
        raise InvalidSetting("The least Jaccard similarity is above 0 and at most 1.")
    text = files("service.archive").joinpath("near_duplicates.sql").read_text(encoding="utf-8")
    code = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    return code.format(least=float(min_jaccard), shingles=LEAST_SHINGLES, **WORDS[engine])


def matches(file: Path, min_jaccard: float) -> tuple[list[str], list[Match]]:
    """The ids of an archive by place, and its pairs. Raises InvalidSetting, UnreadableInput."""
    try:
        import duckdb
    except ModuleNotFoundError:
        raise InvalidSetting(NEEDED) from None
    if not file.is_file():
        raise UnreadableInput(f"Path: {file}.")
    with tempfile.TemporaryDirectory() as spill, duckdb.connect() as connection:
        connection.execute("SET temp_directory = ?", [spill])
        try:
            connection.from_parquet(str(file)).create_view("archive")
            ids = connection.execute("SELECT id FROM archive ORDER BY place").fetchall()
        except duckdb.Error as error:
            raise UnreadableInput(f"Path: {file}, {type(error).__name__}.") from None
        found = connection.execute(query("duckdb", min_jaccard)).fetchall()
    return [name for (name,) in ids], [(int(a), int(b), float(jaccard)) for a, b, jaccard in found]


def groups(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Who hangs together by pairs, directly or through others: each group ascending, by its first member."""
    leader: dict[int, int] = {}

    def first(one: int) -> int:
        while leader.setdefault(one, one) != one:
            leader[one] = leader[leader[one]]
            one = leader[one]
        return one

    for a, b in pairs:
        low, high = sorted((first(a), first(b)))
        leader[high] = low
    found: dict[int, list[int]] = {}
    for one in sorted(leader):
        found.setdefault(first(one), []).append(one)
    return list(found.values())


def near_duplicates(file: Path, min_jaccard: float) -> Sequence[Sequence[str]]:
    """The groups of an archive as ids, each in order of arrival. Raises InvalidSetting, UnreadableInput."""
    ids, found = matches(file, min_jaccard)
    return [[ids[place] for place in group] for group in groups((a, b) for a, b, _ in found)]
