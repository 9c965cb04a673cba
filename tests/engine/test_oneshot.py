"""What does `from service import cluster` give? One result for each article, in order, nothing kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from reports import FERRY_COURIER, FERRY_LEDGER, LIBRARY

from service import Assignment, cluster
from service.errors import InvalidInput


@pytest.mark.parametrize("online_only", [True, False])
def test_articles_come_back_in_order_with_their_stories(online_only: bool) -> None:
    found = cluster([FERRY_LEDGER, LIBRARY, FERRY_COURIER], online_only=online_only)
    assert [one.id for one in found] == ["ferry-ledger", "library", "ferry-courier"]
    ledger, library, courier = (one.story for one in found)
    assert ledger == courier != library
    assert all(isinstance(one, Assignment) for one in found)


def test_one_bad_article_costs_the_others_nothing() -> None:
    good, bad, unread = cluster([LIBRARY, {"id": "bad", "text": 7}, InvalidInput("Line 3.")])
    assert good.story
    assert (bad.story, "text" in (bad.error or "")) == (None, True)
    assert (unread.id, unread.story) == (None, None)
    assert "Line 3" in (unread.error or "")


def test_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMESTORY_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    cluster([LIBRARY])
    assert list(tmp_path.iterdir()) == []


def test_no_articles_are_no_stories() -> None:
    assert cluster([]) == []


def test_progress_is_told() -> None:
    told: list[int] = []
    cluster([FERRY_LEDGER, LIBRARY], online_only=True, on_progress=told.append)
    assert told == [2]
