"""How does an archive leave the store? As one Parquet file: a row for each article, in order of arrival.

| column | holds |
|---|---|
| place | its number in the file, from 0 |
| id | the article |
| arrived_at | Unix seconds |
| digest | the same for texts whose shingles are the same |
| bands | 64-bit keys of the bands of its signature; equal keys make candidates |
| sampled | hashes of the sampled shingles of five words, for passages |
| shingles | hashes of all different shingles of three words, to count exactly |
| shingle_count | how many these are |
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import count, islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from service.errors import InvalidSetting, UnreadableInput
from service.model import Int64, Sketch, UInt32, UInt64
from service.settings import Settings
from service.sketch.kernels import shingles64
from service.store import Store, queue

CHUNK = 1000
GROUP = 20_000  # rows of one row group
NEEDED = "The archive commands need `pip install 'samestory[archive]'`."


class Shape(NamedTuple):
    """How signatures are cut into bands, and how many words a shingle has."""

    bands: int
    rows: int
    shingle: int


class Row(NamedTuple):
    """One article of an archive."""

    id: str
    arrived_at: float
    sketch: Sketch


def export(store: Store, file: Path) -> int:
    """Write every article that was prepared or placed; returns how many. Articles that come meanwhile may be
    in it or not. Raises UnreadableInput, InvalidSetting."""
    return write(rows_of(store), file, shape_of(store.settings))


def shape_of(settings: Settings) -> Shape:
    """The shape that the settings give."""
    return Shape(settings.bands, settings.rows, settings.shingle)


def rows_of(store: Store) -> Iterator[Row]:
    """The articles of a store in order of arrival, read a few at a time."""
    after = -1
    while True:
        with store.read() as connection:
            found = queue.sketched(connection, after, CHUNK)
        if not found:
            return
        yield from (Row(one.id, one.arrived_at, one.sketch) for one in found)
        after = found[-1].seq


def write(rows: Iterable[Row], file: Path, shape: Shape) -> int:
    """Write rows to a new file; returns how many. Raises UnreadableInput, InvalidSetting."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ModuleNotFoundError:
        raise InvalidSetting(NEEDED) from None
    part = file.with_name(f"{file.name}.part")
    many, texts = pa.list_(pa.int64()), pa.string()
    fields = [
        ("place", pa.int64()), ("id", texts), ("arrived_at", pa.float64()), ("digest", texts),
        ("bands", many), ("sampled", many), ("shingles", many), ("shingle_count", pa.int32()),
    ]  # fmt: skip
    schema, written, numbers, left = pa.schema(fields), 0, count(), iter(rows)
    try:
        with pq.ParquetWriter(part, schema, compression="zstd") as writer:
            while batch := list(islice(left, GROUP)):
                columns = _columns(batch, shape, [next(numbers) for _ in batch])
                writer.write_table(pa.Table.from_pydict(columns, schema=schema))
                written += len(batch)
        part.rename(file)
    except OSError as error:
        raise UnreadableInput(f"Path: {file}, {error.strerror or 'cannot be written'}.") from None
    return written


def _columns(batch: Sequence[Row], shape: Shape, places: Sequence[int]) -> dict[str, Any]:
    shingles = [np.unique(shingles64(row.sketch.body, shape.shingle)) for row in batch]
    return {
        "place": places,
        "id": [row.id for row in batch],
        "arrived_at": [row.arrived_at for row in batch],
        "digest": [blake2b(own.tobytes(), digest_size=16).hexdigest() for own in shingles],
        "bands": [band_keys(row.sketch.signature, shape) for row in batch],
        "sampled": [row.sketch.passages.astype(np.int64) for row in batch],
        "shingles": [own.view(np.int64) for own in shingles],
        "shingle_count": [len(own) for own in shingles],
    }


def band_keys(signature: UInt32, shape: Shape) -> Int64:
    """One 64-bit key for each band, its number included: shape (bands,), empty for what cannot be matched."""
    if not len(signature):
        return np.empty(0, np.int64)
    slots = signature[: shape.bands * shape.rows].reshape(shape.bands, shape.rows).astype(np.uint64)
    keys = np.arange(1, shape.bands + 1, dtype=np.uint64)
    for row in range(shape.rows):
        keys = _mixed(keys ^ _mixed(slots[:, row]))
    return keys.view(np.int64)


def _mixed(values: UInt64) -> UInt64:
    """The finalizer of splitmix64 (Steele, Lea & Flood 2014): a bijection that spreads every bit."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: UInt64 = values ^ (values >> np.uint64(31))
    return mixed
