"""Can a person correct stories from the command line, and take the corrections elsewhere?"""

from __future__ import annotations

from pathlib import Path

import pytest
from calling import Command, write_lines
from reports import FERRY_COURIER, FERRY_LEDGER, LIBRARY


@pytest.fixture
def imported(samestory: Command, tmp_path: Path) -> Path:
    """A data directory with three reports of two events."""
    file = write_lines(tmp_path / "articles.jsonl", FERRY_COURIER, FERRY_LEDGER, LIBRARY)
    assert samestory("import", file).code == 0
    return file


def sizes(samestory: Command) -> list[int]:
    return sorted(line["article_count"] for line in samestory("stories").lines())


def test_decide_list_and_undo(samestory: Command, imported: Path) -> None:
    (made,) = samestory("decide", "must-link", "ferry-courier", "library", "--note", "same day").lines()
    assert (made["kind"], made["note"], sizes(samestory)) == ("must_link", "same day", [3])
    assert [line["id"] for line in samestory("decisions").lines()] == [made["id"]]
    (found,) = samestory("drift").lines()
    assert (found["missed"], found["undone"]) == (1, 0)
    (undone,) = samestory("undo", made["id"]).lines()
    assert undone["undone_at"] is not None
    assert sizes(samestory) == [1, 2]


def test_lineage_tells_what_became_of_a_story(samestory: Command, imported: Path) -> None:
    stories = [line["id"] for line in samestory("stories").lines()]
    (made,) = samestory("decide", "merge", *stories).lines()
    (gone,) = made["effect"]["ended_story_ids"]
    (told,) = samestory("lineage", gone).lines()
    assert (told["status"], told["resolves_to"]) == ("merged", told["merged_into"])
    assert told["lineage"][-1]["summary"].startswith(f"Merged into {told['merged_into']} with library")


def test_merge_names_stories_and_move_a_goal(samestory: Command, imported: Path) -> None:
    stories = {line["article_count"]: line["id"] for line in samestory("stories").lines()}
    (moved,) = samestory("decide", "move", "ferry-ledger", "--into", stories[1]).lines()
    assert moved["stories"] == [stories[2], stories[1]]
    assert samestory("undo", moved["id"]).code == 0
    assert samestory("decide", "merge", stories[1], stories[2]).code == 0
    assert sizes(samestory) == [3]


def test_outlets_are_described_and_forgotten(samestory: Command, imported: Path) -> None:
    daily, ledger = FERRY_COURIER["outlet"], FERRY_LEDGER["outlet"]
    (said,) = samestory("outlets", ledger, "--alias-of", daily).lines()
    assert said == {"name": ledger, "alias_of": daily, "owner": ""}
    assert max(line["outlet_count"] for line in samestory("stories").lines()) == 1
    assert samestory("outlets", ledger, "--forget").lines() == samestory("outlets").lines() == []


def test_a_refusal_says_why(samestory: Command, imported: Path) -> None:
    samestory("decide", "must-link", "ferry-courier", "library")
    refused = samestory("decide", "cannot-link", "library", "ferry-courier")
    assert (refused.code, refused.out) == (2, "")
    assert "ferry-courier = library (d-" in refused.err
    assert samestory("decide", "glue", "library").code == 2


def test_decisions_are_taken_to_another_installation(
    samestory: Command, imported: Path, tmp_path: Path
) -> None:
    samestory("decide", "must-link", "ferry-courier", "library")
    (undone,) = samestory("decide", "represent", "library").lines()
    samestory("undo", undone["id"])
    file, other = tmp_path / "decisions.jsonl", tmp_path / "other"
    assert samestory("decisions", "export", "-o", file).code == 0
    assert samestory("import", imported, "--data", other).code == 0
    for _ in range(2):
        done = samestory("decisions", "import", file, "--data", other)
        assert (done.code, done.err.splitlines()[-1]) == (0, "1 decisions made, 0 refused")
    shown = samestory("stories", "--data", other).lines()
    assert [line["article_count"] for line in shown] == [3]


def test_an_import_names_what_it_refuses_and_makes_the_rest(
    samestory: Command, imported: Path, tmp_path: Path
) -> None:
    samestory("decide", "must-link", "ferry-courier", "library")
    good = samestory("decisions", "export").lines()[0]
    samestory("undo", good["id"])
    file = write_lines(
        tmp_path / "d.jsonl",
        {**good, "id": "d-1", "articles": ["library", "unknown"]},
        {**good, "id": "d-2"},
    )
    done = samestory("decisions", "import", file)
    assert (done.code, sizes(samestory)) == (1, [3])
    assert f"{file}:1: Nothing is stored under that id" in done.err


def test_an_outlet_is_ignored_here_and_elsewhere(samestory: Command, imported: Path, tmp_path: Path) -> None:
    (made,) = samestory("decide", "ignore-outlet", FERRY_LEDGER["outlet"]).lines()
    assert (made["kind"], made["outlet"], sizes(samestory)) == ("ignore_outlet", made["outlet"], [1, 1, 1])
    assert samestory("decide", "ignore-outlet", "The", "Ledger").code == 2
    passage = "This text is in every one of our reports."
    assert samestory("decide", "ignore-passage", passage).lines()[0]["passage"] == passage
    file = tmp_path / "decisions.jsonl"
    assert samestory("decisions", "export", "-o", file).code == 0
    assert samestory("undo", made["id"]).code == 0
    assert sizes(samestory) == [1, 2]
    elsewhere = ("--data", tmp_path / "elsewhere")
    articles = write_lines(tmp_path / "again.jsonl", FERRY_COURIER, FERRY_LEDGER, LIBRARY)
    assert samestory("import", articles, *elsewhere).code == 0
    assert samestory("decisions", "import", file, *elsewhere).code == 0
    found = samestory("stories", *elsewhere).lines()
    assert [line["article_count"] for line in found] == [1, 1, 1]
