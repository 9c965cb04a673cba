"""Is an import that is killed again and again complete in the end? Real ones, killed at seeded times."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from calling import Command, write_lines

from service import pipeline
from service.settings import Settings

ARTICLES = 3000
KILLS = 4
WORDS = [
    f"{first}{second}{third}"
    for first in "bdkmt"
    for second in ("a", "or", "un")
    for third in ("sel", "vin", "ra")
]


def made_up(number: int) -> dict[str, Any]:
    """An article of words that mean nothing; every third one is told by two outlets."""
    told = random.Random(number - (number % 3 == 2))
    return {
        "id": f"a{number}",
        "outlet": f"outlet {number % 7}",
        "title": " ".join(told.choices(WORDS, k=6)),
        "text": " ".join(f"{told.choice(WORDS)}{told.randrange(500)}" for _ in range(120)),
    }


def test_nothing_is_lost_and_nothing_doubled(samestory: Command, tmp_path: Path, data: Path) -> None:
    file = write_lines(tmp_path / "a.jsonl", *map(made_up, range(ARTICLES)))
    chance = random.Random(7)
    with pipeline.open_store(Settings()) as store:
        for kill in range(KILLS):
            goal = sum(store.counts().values()) + chance.randrange(1, ARTICLES // (KILLS + 1))
            kill_when(lambda goal=goal: sum(store.counts().values()) >= goal, chance.random() / 5, file)
            assert sum(store.counts().values()) < ARTICLES or kill == KILLS - 1
        assert samestory("import", file).code == 0
        assert store.counts() == {"placed": ARTICLES}
        assert store.check() == []
        stories = store.stories.assignments()
    assert len(stories) == ARTICLES
    assert {stories[f"a{number}"] == stories[f"a{number + 1}"] for number in range(1, ARTICLES - 1, 3)} == {
        True
    }


def kill_when(reached: Any, delay: float, file: Path) -> None:
    """Start an import and kill it a moment after it got so far, or when it is through."""
    with subprocess.Popen([sys.executable, "-m", "service.cli", "import", str(file)]) as process:
        while not reached() and process.poll() is None:
            time.sleep(0.01)
        time.sleep(delay)
        process.kill()
