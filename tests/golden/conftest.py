"""How do these tests tell what they measured? In a line on the terminal, whether they pass or not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Say = Callable[[str], None]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    def tell(line: str) -> None:
        with capsys.disabled():
            print(f"\n{line}", end=" ")  # noqa: T201

    return tell
