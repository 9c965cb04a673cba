"""Does what a Miniflux pushes come in once, and only with its signature?"""

from __future__ import annotations

import hmac
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
from serving import Served, served

SECRET = b"6f1f1de8c0ffee"
ENTRIES = [
    {
        "url": "https://h.example/1",
        "title": "A &amp; <b>B</b>",
        "content": "<p>Text.</p><script>x()</script>",
    },
    {"url": "https://h.example/2", "title": "Two", "content": "<p>Summary.</p>"},
    {"url": 7, "title": None},
]
EVENT = {"event_type": "new_entries", "feed": {"title": "The Feed"}, "entries": ENTRIES[:2]}


def push(service: Served, event: Any, signature: str | None = None) -> Any:
    body = orjson.dumps(event)
    signed = hmac.new(SECRET, body, sha256).hexdigest() if signature is None else signature
    headers = {"content-type": "application/json", "x-miniflux-signature": signed}
    return service.client.post("/v1/miniflux", content=body, headers=headers)


def test_entries_come_in_once_and_only_when_signed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(SECRET + b"\n")
    with served(tmp_path / "data", miniflux_secret_file=tmp_path / "secret") as service:
        for wrong in ("", "0" * 64):
            assert push(service, EVENT, wrong).status_code == 401
        assert push(service, EVENT).json() == {"accepted": 2, "known": 0, "rejected": 0}
        assert push(service, EVENT).json() == {"accepted": 0, "known": 2, "rejected": 0}
        saved = {
            "event_type": "save_entry",
            "entry": {**ENTRIES[0], "content": "Other.", "feed": {"title": "F"}},
        }
        assert push(service, saved).json()["known"] == 1
        [one] = [a for a in service.client.get("/v1/articles").json()["articles"] if a["title"] == "A & B"]
        assert one["outlet"] == "The Feed"
        assert service.client.get(f"/v1/articles/{one['id']}").json()["text"] == "Text."
        assert push(service, {"entries": "no"}).status_code == 400
        assert push(service, {"entries": [ENTRIES[2]]}).json()["rejected"] == 1


def test_without_a_secret_there_is_no_such_door(tmp_path: Path) -> None:
    with served(tmp_path, working=False) as service:
        assert push(service, EVENT).status_code == 404
