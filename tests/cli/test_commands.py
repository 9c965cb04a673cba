"""Does each command do what it says, alone on a data directory? Output is piped here, so it is JSON lines."""

from __future__ import annotations

import io
import sys
from itertools import combinations
from pathlib import Path

import orjson
import pytest
from calling import Command, write_lines
from reports import FERRY_COURIER, FERRY_LEDGER, LIBRARY

SEEDS = Path(__file__).parents[2] / "seeds"
ALL = (FERRY_COURIER, FERRY_LEDGER, LIBRARY)


@pytest.fixture
def imported(samestory: Command, tmp_path: Path) -> Path:
    """A data directory with three reports."""
    file = write_lines(tmp_path / "articles.jsonl", *ALL)
    assert samestory("import", file).code == 0
    return file


def stories_by_article(samestory: Command) -> dict[str, str]:
    listed = [line["id"] for line in samestory("stories").lines()]
    shown = [samestory("story", story).lines()[0] for story in listed]
    return {member["article_id"]: story["id"] for story in shown for member in story["members"]}


def test_import_places_and_says_what_became_of_it(samestory: Command, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "a.jsonl", *ALL)
    (summary,) = samestory("import", file).lines()
    assert summary | {"seconds": 0} == {
        "articles": 3, "accepted": 3, "unchanged": 0, "updated": 0, "rejected": 0, "seconds": 0,
    }  # fmt: skip
    found = stories_by_article(samestory)
    assert found["ferry-courier"] == found["ferry-ledger"] != found["library"]


def test_import_again_changes_nothing(samestory: Command, imported: Path) -> None:
    before = stories_by_article(samestory)
    (summary,) = samestory("import", imported).lines()
    assert (summary["accepted"], summary["unchanged"]) == (0, 3)
    assert stories_by_article(samestory) == before


def test_import_names_what_it_rejects_and_keeps_the_rest(samestory: Command, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "a.jsonl", FERRY_COURIER, "not json", {"id": "n", "text": 7}, LIBRARY)
    done = samestory("import", file)
    (summary,) = done.lines()
    assert (done.code, summary["accepted"], summary["rejected"]) == (1, 2, 2)
    assert f"{file}:2: " in done.err
    assert f"{file}:3: " in done.err
    assert "not json" not in done.err  # the input itself is never echoed


def test_import_reads_standard_input(samestory: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(orjson.dumps(LIBRARY))))
    (summary,) = samestory("import", "-").lines()
    assert summary["accepted"] == 1


def test_explain_says_why_and_shows_the_passage(samestory: Command, imported: Path) -> None:
    (found,) = samestory("explain", "ferry-courier", "ferry-ledger").lines()
    assert found["same_story"]
    assert any("sandbank off Kellan Point" in passage["text_a"] for passage in found["passages"])
    (apart,) = samestory("explain", "ferry-courier", "library").lines()
    assert not apart["same_story"]
    assert apart["why_not"]


def test_recluster_dry_run_changes_nothing(samestory: Command, imported: Path) -> None:
    before = stories_by_article(samestory)
    (dry,) = samestory("recluster", "--dry-run").lines()
    assert (dry["state"], dry["diff"]["articles"]) == ("held", 3)
    assert stories_by_article(samestory) == before
    (later,) = samestory("recluster", "--apply", dry["id"]).lines()
    assert (later["state"], later["diff"]) == ("applied", dry["diff"])
    assert samestory("recluster", "--apply", dry["id"]).code == 2
    (real,) = samestory("recluster").lines()
    assert real["state"] == "applied"


def test_delete_takes_an_article_down(samestory: Command, imported: Path) -> None:
    assert samestory("delete", "library").code == 0
    assert "library" not in stories_by_article(samestory)
    again = samestory("delete", "library")
    assert (again.code, again.out) == (2, "")
    assert again.err == "samestory: The article was deleted on request; its text is not kept.\n"


def test_prune_keeps_the_newest(samestory: Command, imported: Path) -> None:
    newest = samestory("story", stories_by_article(samestory)["library"]).lines()[0]
    assert samestory("prune", "--articles", "1").err == "2 articles are deleted.\n"
    assert list(stories_by_article(samestory)) == ["library"]
    assert samestory("story", newest["id"]).lines()[0]["article_count"] == 1
    assert samestory("prune").err == "0 articles are deleted.\n"


def test_rebuild_follows_a_changed_setting(
    samestory: Command, imported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stories_by_article(samestory)
    monkeypatch.setenv("SAMESTORY_MAX_TOKENS", "1000")
    refused = samestory("stories")
    assert refused.code == 1
    assert "samestory rebuild" in refused.err
    assert "3 sketches" in samestory("rebuild").err
    assert stories_by_article(samestory) == before


def test_a_backup_taken_while_articles_come_holds_all_that_was_there(
    samestory: Command, imported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Work goes on beside it: a copy is one snapshot of the file."""
    before = samestory("stories").lines()
    kept = tmp_path / "kept.sqlite3"
    assert samestory("backup", kept).code == 0
    assert kept.stat().st_mode & 0o077 == 0
    samestory("delete", "library")
    assert "not empty" in samestory("restore", kept).err
    monkeypatch.setenv("SAMESTORY_DATA", str(tmp_path / "elsewhere"))
    assert samestory("restore", kept).code == 0
    assert samestory("stories").lines() == before
    assert stories_by_article(samestory)["library"]


def test_doctor_finds_all_well(samestory: Command, imported: Path) -> None:
    done = samestory("doctor")
    findings = {line["check"]: line for line in done.lines()}
    assert {name for name, finding in findings.items() if not finding["ok"]} <= {"disk"}
    assert "bit-identical" in findings["kernels"]["detail"]
    assert "3 placed" in findings["store"]["detail"]


def test_doctor_finds_a_broker_that_is_away(samestory: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMESTORY_REDIS_URL", "redis://127.0.0.1:1/0")
    done = samestory("doctor")
    (redis,) = [line for line in done.lines() if line["check"] == "redis"]
    assert (done.code, redis["ok"]) == (1, False)


def test_doctor_finds_a_damaged_store(samestory: Command, imported: Path, data: Path) -> None:
    (data / "samestory.sqlite3").write_bytes(b"no database at all, " * 500)
    done = samestory("doctor")
    assert done.code == 1
    assert [line["check"] for line in done.lines() if not line["ok"]] == ["store", "keys"]


def test_doctor_finds_that_nobody_may_ask(samestory: Command, imported: Path) -> None:
    def found() -> tuple[bool, str]:
        (keys,) = [line for line in samestory("doctor").lines() if line["check"] == "keys"]
        return keys["ok"], keys["detail"]

    assert found() == (True, "none was made: on this address none is needed")
    made = samestory("keys", "create", "news desk", "--days", "3").out
    assert found() == (True, "1 in use, 1 of them end within 7 days")
    samestory("keys", "revoke", made.split("_")[1])
    ok, detail = found()
    assert not ok
    assert "samestory keys create" in detail


def test_cluster_writes_lines_and_touches_no_data_directory(
    samestory: Command, tmp_path: Path, data: Path
) -> None:
    file = write_lines(tmp_path / "a.jsonl", *ALL)
    for more in ((), ("--online-only",)):
        done = samestory("cluster", file, "-o", tmp_path / "out.jsonl", *more)
        lines = [orjson.loads(line) for line in (tmp_path / "out.jsonl").read_bytes().splitlines()]
        assert [line["id"] for line in lines] == [article["id"] for article in ALL]
        assert lines[0]["story"] == lines[1]["story"] != lines[2]["story"]
        assert (done.code, done.out) == (0, "")
        assert done.err.splitlines()[-1] == "3 articles in 2 stories, 0 rejected"
    assert not data.exists()


def test_cluster_refuses_a_wrong_output_before_it_works(samestory: Command, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "a.jsonl", *ALL)
    done = samestory("cluster", file, "-o", tmp_path / "missing" / "out.jsonl")
    assert (done.code, len(done.err.splitlines())) == (2, 1)


def test_pairs_writes_near_duplicates(samestory: Command, tmp_path: Path) -> None:
    copy = {**LIBRARY, "id": "copy", "text": LIBRARY["text"] + " More tomorrow."}
    file = write_lines(tmp_path / "a.jsonl", *ALL, copy)
    done = samestory("pairs", file, "-o", tmp_path / "out.tsv")
    assert done.code == 0
    ((a, b, jaccard, containment),) = [
        line.split("\t") for line in (tmp_path / "out.tsv").read_text().splitlines()
    ]
    assert (a, b) == ("library", "copy")
    assert 0.9 < float(jaccard) < 1
    assert float(containment) == 1


def test_evaluate_scores_against_a_readers_labels(samestory: Command, imported: Path, tmp_path: Path) -> None:
    labels = [("ferry-courier", "f"), ("ferry-ledger", "f"), ("library", "l"), ("unknown", "u")]
    gold = write_lines(tmp_path / "gold.jsonl", *({"id": id, "story": story} for id, story in labels))
    (found,) = samestory("evaluate", gold).lines()
    assert (found["labelled"], found["missing"]) == (4, 1)
    assert found["b_cubed"]["f1"] == found["pairwise"]["f1"] == 1
    (same,) = samestory("evaluate", gold, "--clusters", gold).lines()
    assert (same["missing"], same["b_cubed"]["f1"]) == (0, 1)


def test_a_trained_model_can_be_used(
    samestory: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights, few = tmp_path / "weights.json", tmp_path / "few.jsonl"
    lines = (SEEDS / "articles.jsonl").read_text().splitlines(keepends=True)
    few.write_text("".join(line for line in lines if '"seed-fr' in line or '"seed-en' in line))
    done = samestory("train", few, SEEDS / "gold.jsonl", "-o", weights)
    (fit,) = done.lines()
    assert (done.code, fit["set"]) == (0, "few.jsonl")
    assert 0 < fit["average_precision"] <= 1
    monkeypatch.setenv("SAMESTORY_WEIGHTS", str(weights))
    assert str(weights) in next(
        line["detail"] for line in samestory("doctor").lines() if line["check"] == "model"
    )
    weights.write_text("{}")
    refused = samestory("cluster", few)
    assert (refused.code, len(refused.err.splitlines())) == (1, 1)
    assert "samestory train" in refused.err


def test_tune_shows_what_thresholds_do_and_stores_the_choice(
    samestory: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights, few, pairs = (tmp_path / name for name in ("weights.json", "few.jsonl", "pairs.jsonl"))
    lines = (SEEDS / "articles.jsonl").read_text().splitlines(keepends=True)
    few.write_text("".join(line for line in lines if '"seed-fr' in line or '"seed-en' in line))
    tried = samestory("tune", few, SEEDS / "gold.jsonl").lines()
    thresholds = [row["threshold"] for row in tried]
    assert thresholds == sorted(thresholds)
    assert tried[0]["reclustered_recall"] >= tried[-1]["reclustered_recall"]
    assert tried[0]["online_precision"] <= tried[-1]["online_precision"]
    assert tried[0] != tried[-1]
    gold = map(orjson.loads, (SEEDS / "gold.jsonl").read_bytes().splitlines())
    story = {raw["id"]: raw["story"] for raw in gold}
    ids = [orjson.loads(line)["id"] for line in few.read_bytes().splitlines()]
    every = [{"a": a, "b": b, "same_event": story[a] == story[b]} for a, b in combinations(ids, 2)]
    write_lines(pairs, *every)
    assert samestory("tune", few, pairs).lines() == tried  # all pairs labelled say what stories say
    low, high = thresholds[0], thresholds[-1]
    counts = []
    for choice in (low, high):
        assert samestory("tune", few, SEEDS / "gold.jsonl", "--choose", choice, "-o", weights).code == 0
        monkeypatch.setenv("SAMESTORY_WEIGHTS", str(weights))
        counts.append(len({row["story"] for row in samestory("cluster", few).lines()}))
        monkeypatch.delenv("SAMESTORY_WEIGHTS")
    assert counts[0] < counts[1]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("story", "st-none"), 2, "samestory stories"),
        (("explain", "none", "nothing"), 2, "samestory stories"),
        (("import", "missing.jsonl"), 2, "missing.jsonl"),
        (("serve", "--host", "0.0.0.0"), 1, "127.0.0.1"),  # noqa: S104 it must be refused
        (("serve", "--host", "example.org"), 1, "127.0.0.1"),
        (("serve", "--port", "70000"), 2, "port"),
        (("evaluate", "missing.jsonl"), 2, "missing.jsonl"),
    ],
)
def test_an_error_is_one_clear_line(
    samestory: Command, arguments: tuple[str, ...], code: int, says: str
) -> None:
    done = samestory(*arguments)
    assert (done.code, done.out, len(done.err.splitlines())) == (code, "", 1)
    assert done.err.startswith("samestory: ")
    assert says in done.err


def test_a_wrong_setting_is_named(samestory: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMESTORY_WINDOW_DAYS", "soon")
    done = samestory("stories")
    assert (done.code, len(done.err.splitlines())) == (2, 1)
    assert "window_days" in done.err


def test_a_search_is_saved_and_tells_what_comes_to_match(samestory: Command, tmp_path: Path) -> None:
    (made,) = samestory("searches", "add", "Ferries", "-q", "ferry", "--min-independent", 2).lines()
    assert samestory("searches").lines() == [made]
    assert samestory("import", write_lines(tmp_path / "a.jsonl", *ALL)).code == 0
    (match,) = samestory("searches", "matches", made["id"]).lines()
    assert match["story"]["article_count"] == 2
    assert match["change"] > 0
    assert samestory("searches", "remove", made["id"]).code == 0
    gone = samestory("searches", "matches", made["id"])
    assert (gone.code, gone.out) == (2, "")
    wrong = samestory("searches", "add", "Nothing")
    assert wrong.code != 0
    assert "say what to look for" in wrong.err
