"""Do the commands about keys, a server that needs them, and commands that have none get along?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from calling import Command, Server, write_lines
from reports import FERRY_COURIER, FERRY_LEDGER


def test_a_key_is_made_shown_once_listed_and_revoked(samestory: Command) -> None:
    made = samestory("keys", "create", "news desk", "--scope", "write", "--scope", "read", "--days", "30")
    key = made.out.strip()
    assert (made.code, key.count("_"), len(key)) == (0, 2, 3 + 12 + 1 + 64)
    (line,) = samestory("keys", "list").lines()
    assert (line["name"], line["scopes"], line["state"]) == ("news desk", ["read", "write"], "good")
    assert line["id"] == key.split("_")[1]
    assert key.split("_")[2] not in str(line)
    assert samestory("keys", "revoke", line["id"]).code == 0
    assert samestory("keys", "list").lines()[0]["state"] == "revoked"
    missing = samestory("keys", "revoke", "none")
    assert (missing.code, len(missing.err.splitlines())) == (2, 1)


def test_a_server_for_others_starts_only_when_somebody_has_a_key(
    samestory: Command, serve: Callable[..., Server], tmp_path: Path
) -> None:
    refused = samestory("serve", "--host", "0.0.0.0", "--port", "0")  # noqa: S104
    assert (refused.code, len(refused.err.splitlines())) == (1, 1)
    assert "samestory keys create" in refused.err
    revoked = samestory("keys", "create", "old").out.split("_")[1]
    samestory("keys", "revoke", revoked)
    assert samestory("serve", "--host", "0.0.0.0", "--port", "0").code == 1  # noqa: S104
    key = samestory("keys", "create", "reader").out.strip()
    server = serve("--host", "0.0.0.0")  # noqa: S104
    assert httpx2.get(f"{server.address}/v1/stories", trust_env=False).status_code == 401
    carried = {"authorization": f"Bearer {key}"}
    assert httpx2.get(f"{server.address}/v1/stories", headers=carried, trust_env=False).status_code == 200
    # Commands on this machine go on without one: they make it themselves, and it is forgotten in time.
    assert samestory("import", write_lines(tmp_path / "a.jsonl", FERRY_COURIER, FERRY_LEDGER)).code == 0
    assert samestory("explain", "ferry-courier", "ferry-ledger").lines()[0]["same_story"]
    names = [line["name"] for line in samestory("keys", "list").lines()]
    assert names[:2] == ["old", "reader"]
    assert set(names[2:]) == {"(command)"}


@pytest.mark.parametrize("host", ["news.example", "300.1.1.1"])
def test_a_host_that_is_no_address_is_refused(samestory: Command, host: str) -> None:
    samestory("keys", "create", "reader")
    refused = samestory("serve", "--host", host, "--port", "0")
    assert (refused.code, len(refused.err.splitlines())) == (2, 1)
    assert "address" in refused.err
