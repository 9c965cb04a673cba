"""What does a client see when all connections to PostgreSQL are in use? It waits, then 503."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from pathlib import Path

from databases import Postgres
from serving import served


def test_who_finds_no_connection_waits_and_is_told_to_come_back(postgres: Postgres, tmp_path: Path) -> None:
    given = postgres.given(postgres.fresh())
    with served(tmp_path, working=False, store_connections=2, busy_seconds=1, **given) as service:
        article = {"id": "a", "text": "The old bridge reopened to traffic on Monday."}
        assert service.client.get("/v1/stories").status_code == 200
        store = service.engine.store
        with ExitStack() as held:
            for _ in range(2):
                held.enter_context(store.read())
            began = time.monotonic()
            refused = service.client.post("/v1/articles", json=article)
            assert refused.status_code == 503
            assert refused.headers["retry-after"]
            assert "SAMESTORY_STORE_CONNECTIONS" in refused.json()["detail"]
            assert time.monotonic() - began > 0.9
            threading.Timer(0.3, held.close).start()  # one that comes free is waited for
            assert service.client.post("/v1/articles", json=article).status_code == 202
