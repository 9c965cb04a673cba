"""How long does the archive's query take, and what does it miss? `python bench/archive.py 1000000`

Generated reports, of which a third are changed copies of an earlier one. `--exact` compares with counting all
with all, `--spark` with Spark in local mode (`pip install pyspark`, and a Java).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from service.archive.export import Row, shape_of, write
from service.archive.groups import groups, matches, query
from service.model import Sketch, UInt32
from service.settings import Settings
from service.sketch import kernels
from service.sketch.sketch import Sketcher
from service.stories.near_duplicates import _invert, _join, _rule

SEED = 11
WORDS = 200_000
NEAR = 50_000  # how far back a copied report lies at most
LEAST = 0.7


def bodies(number: int) -> Iterator[UInt32]:
    """Reports as hashes of their words, 40 to 120; a third copy an earlier one and change up to six."""
    rng = np.random.default_rng(SEED)
    vocabulary = rng.integers(0, 1 << 32, WORDS, dtype=np.uint32)
    made: list[UInt32] = []
    for n in range(number):
        if made and rng.random() < 1 / 3:
            body = made[int(rng.integers(len(made)))].copy()
            changed = rng.integers(0, len(body), int(rng.integers(0, 7)))
            body[changed] = vocabulary[rng.integers(0, WORDS, len(changed))]
        else:
            body = vocabulary[rng.integers(0, WORDS, int(rng.integers(40, 120)))]
        if len(made) < NEAR:
            made.append(body)
        else:
            made[n % NEAR] = body
        yield body


def rows(number: int) -> Iterator[Row]:
    """The reports as rows of an archive."""
    shape = Sketcher(Settings().sketch_parameters())._shape
    nothing = np.empty(0, np.uint32)
    for n, body in enumerate(bodies(number)):
        signature, passages = kernels.summarise(body, *shape[1:])
        flags = np.zeros(len(body), np.uint8)
        yield Row(f"a{n}", float(n), Sketch(nothing, body, flags, signature, passages))


def exact(number: int) -> set[tuple[int, int]]:
    """The pairs that counting all with all finds."""
    sets = [np.unique(kernels.shingles64(body, 3)) for body in bodies(number)]
    left, right, _ = _join(*_invert(sets), *_rule(LEAST, 1.0))
    of_both = [len(np.intersect1d(sets[a], sets[b])) for a, b in zip(left, right, strict=True)]
    return {
        (int(a), int(b))
        for a, b, both in zip(left, right, of_both, strict=True)
        if both >= LEAST * (len(sets[a]) + len(sets[b]) - both)
    }


def in_spark(file: Path) -> list[tuple[int, int]]:
    """The pairs that Spark finds in local mode."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.driver.bindAddress", "127.0.0.1")
    spark = builder.config("spark.driver.host", "127.0.0.1").getOrCreate()
    spark.read.parquet(str(file)).createOrReplaceTempView("archive")
    found = [(row.a, row.b) for row in spark.sql(query("spark", LEAST)).collect()]
    spark.stop()
    return found


def main() -> None:
    """Write an archive, search it, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("articles", type=int)
    parser.add_argument("--exact", action="store_true")
    parser.add_argument("--spark", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "archive.parquet"
        began = time.perf_counter()
        write(rows(asked.articles), file, shape_of(Settings()))
        print(f"written in {time.perf_counter() - began:.0f} s, {file.stat().st_size >> 20} MiB")
        began = time.perf_counter()
        _, found = matches(file, LEAST)
        grouped = groups((a, b) for a, b, _ in found)
        members = sum(map(len, grouped))
        seconds = time.perf_counter() - began
        print(f"searched in {seconds:.0f} s: {len(grouped)} groups of {members} articles")
        if asked.exact:
            pairs = exact(asked.articles)
            missed = len(pairs) - len(pairs & {(a, b) for a, b, _ in found})
            same = "the same groups" if groups(pairs) == grouped else f"{len(groups(pairs))} groups"
            print(f"all with all: {len(pairs)} pairs, {same}; pairs told in another way or missed: {missed}")
        if asked.spark:
            spark = in_spark(file)
            print(
                "Spark:", "the same pairs" if sorted(spark) == sorted((a, b) for a, b, _ in found) else spark
            )


if __name__ == "__main__":
    main()
