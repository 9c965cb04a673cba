"""Does `samestory tail` show every change once, though the server behind it is killed and comes back?"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx2
import orjson
from calling import Command, Server, write_lines
from reports import FERRY_COURIER, FERRY_LEDGER, LIBRARY

Serve = Callable[..., Server]


def post(server: Server, *articles: object) -> None:
    answer = httpx2.post(
        f"{server.address}/v1/articles", params={"wait": 20}, json=articles, timeout=60, trust_env=False
    )
    assert answer.status_code == 200


def test_tail_follows_through_a_restart(serve: Serve) -> None:
    server = serve()
    command = [sys.executable, "-m", "service.cli", "tail", "--since", "0", "--limit", "6"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as tail:
        assert tail.stdout is not None
        post(server, FERRY_COURIER, FERRY_LEDGER)
        seen = [orjson.loads(tail.stdout.readline()) for _ in range(4)]
        server.process.kill()
        again = serve()
        post(again, LIBRARY)
        out, err = tail.communicate(timeout=30)
    seen += map(orjson.loads, out.splitlines())
    log = httpx2.get(f"{again.address}/v1/changes", trust_env=False).json()
    assert seen == log["changes"]
    assert len(err.splitlines()) <= 1


def test_tail_reads_a_directory_that_nobody_serves(samestory: Command, tmp_path: Path) -> None:
    samestory("import", write_lines(tmp_path / "a.jsonl", LIBRARY))
    found = samestory("tail", "--since", "0", "--limit", "2").lines()
    assert [change["type"] for change in found] == ["article.placed", "story.emerged"]
