"""Does an archive's query find the pairs that counting all with all finds, and nothing else?"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from calling import Command, write_lines

from service.archive.export import Row, Shape, band_keys, shape_of, write
from service.archive.groups import groups, matches, near_duplicates, query
from service.errors import InvalidSetting, UnreadableInput
from service.settings import Settings
from service.sketch.sketch import Sketcher
from service.stories.near_duplicates import pairs

WORDS = [f"word{n}" for n in range(3000)]


def texts(number: int, seed: int) -> list[tuple[str, str]]:
    """Reports of 30 to 90 words, a third of them changed copies of an earlier one, some equal, some short."""
    rng = random.Random(seed)
    made: list[list[str]] = []
    for _ in range(number):
        if made and rng.random() < 0.35:
            copied = list(rng.choice(made[-200:]))
            for _ in range(rng.choice((0, 1, 1, 2, 4))):
                if copied:
                    copied[rng.randrange(len(copied))] = rng.choice(WORDS)
            made.append(copied)
        else:
            made.append(rng.choices(WORDS, k=rng.choice((5, 30, 60, 90))))
    return [(f"a{n}", " ".join(words)) for n, words in enumerate(made)]


def archived(file: Path, articles: Sequence[tuple[str, str]]) -> Path:
    """An archive of texts as the store would export it."""
    settings = Settings()
    sketcher = Sketcher(settings.sketch_parameters())
    rows = (Row(id, float(n), sketcher.sketch("", text)) for n, (id, text) in enumerate(articles))
    assert write(rows, file, shape_of(settings)) == len(articles)
    return file


def test_pairs_are_those_of_counting_all_with_all(tmp_path: Path) -> None:
    articles = texts(2000, seed=1)
    ids, found = matches(archived(tmp_path / "a.parquet", articles), 0.7)
    place = {id: number for number, id in enumerate(ids)}
    exact = {(place[p.a], place[p.b]): p.jaccard for p in pairs(articles, 0.7, 1.0) if p.jaccard >= 0.7}
    assert len(exact) > 300
    told = {(a, b): jaccard for a, b, jaccard in found}
    assert told.items() <= exact.items() or {key: pytest.approx(exact[key]) for key in told} == told
    # The query says equal texts once each, to the first of them; hanging together, all are there.
    assert groups(told) == groups(exact)
    assert any(jaccard == 1.0 for jaccard in told.values())
    assert any(jaccard < 0.8 for jaccard in told.values())


def test_a_key_holds_its_band_and_all_its_rows() -> None:
    signature = np.arange(8, dtype=np.uint32)
    keys = band_keys(signature, Shape(2, 4, 3))
    assert (keys.dtype, len(set(keys.tolist()))) == (np.int64, 2)
    same = np.tile(signature[:4], 2)
    assert len(set(band_keys(same, Shape(2, 4, 3)).tolist())) == 2  # equal rows in another band
    for place in range(8):
        other = signature.copy()
        other[place] += 1
        changed = band_keys(other, Shape(2, 4, 3)) != keys
        assert changed.tolist() == [place < 4, place >= 4]
    assert len(band_keys(signature[:0], Shape(2, 4, 3))) == 0


def test_who_hangs_together_does_so_through_others() -> None:
    assert groups([(5, 9), (1, 2), (9, 3), (2, 7)]) == [[1, 2, 7], [3, 5, 9]]
    assert groups([]) == []


def test_the_store_is_exported_and_searched(samestory: Command, tmp_path: Path) -> None:
    articles = texts(60, seed=2)
    lines = write_lines(tmp_path / "a.jsonl", *({"id": id, "text": text} for id, text in articles))
    assert samestory("import", lines).code == 0
    file = tmp_path / "archive.parquet"
    assert samestory("archive", "export", file).code == 0
    again = samestory("archive", "export", file)
    assert (again.code, len(again.err.splitlines())) == (2, 1)
    found = [line["ids"] for line in samestory("archive", "groups", file).lines()]
    assert found == near_duplicates(archived(tmp_path / "b.parquet", articles), 0.7)
    assert found
    assert articles[0][1].encode() not in file.read_bytes()


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no parquet")
    for file in (tmp_path / "text", tmp_path / "none"):
        with pytest.raises(UnreadableInput):
            near_duplicates(file, 0.7)
    with pytest.raises(InvalidSetting):
        query("duckdb", 0.0)
