"""Who is let in, with which key, to do what? A real service, first without keys and then with some."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from serving import Served, served

from service import keys
from service.api import keyring, scopes
from service.errors import InvalidInput
from service.model import Scope
from service.store import keys as rows
from service.store.store import Store

ARTICLE = {"id": "a", "text": "The old bridge reopened to traffic on Monday after eleven months of repairs."}


def bearer(key: str) -> dict[str, str]:
    """The header that carries a key."""
    return {"authorization": f"Bearer {key}"}


def make(store: Store, *wanted: Scope, days: float = 0.0) -> str:
    """A key with these scopes."""
    return keys.create(store, "test", wanted, days)[1]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service on loopback in whose store a key was made before anybody asked."""
    with served(tmp_path_factory.mktemp("keys")) as running:
        make(running.engine.store, "read", days=1e-9)
        yield running


@pytest.fixture(scope="module")
def given(service: Served) -> dict[str, str]:
    """A key for each scope."""
    return {scope: make(service.engine.store, scope) for scope in keys.SCOPES}


# Every operation, with the scope it needs. A new route fails here until somebody has judged it.
NEEDED: dict[Scope | None, str] = {
    None: """GET /healthz|GET /readyz|GET /static/{name}|GET /language/{tongue}|GET /problems/{code}
        GET /login|POST /login|POST /logout|POST /v1/miniflux|GET /v1/openapi.json""",
    "write": """POST /v1/articles|POST /v1/decisions|PUT /v1/decisions/{decision_id:id}
        POST /v1/decisions/{decision_id:id}/undo
        PUT /v1/outlets/{name:id}|DELETE /v1/outlets/{name:id}
        POST /v1/searches|DELETE /v1/searches/{search_id:id}|POST /searches
        POST /searches/{search_id:id}/remove|POST /imports|POST /imports/{upload_id:id}
        POST /decisions/{decision_id:id}/undo|POST /decisions/{kind}
        POST /compare/{a:id}/{b:id}/{kind}|POST /compare/{a:id}/{b:id}/undo/{decision_id:id}""",
    "admin": """DELETE /v1/articles/{article_id:id}|POST /v1/prune|POST /v1/reclusters
        POST /v1/reclusters/{recluster_id:id}/apply|GET /v1/webhooks|POST /v1/webhooks
        GET /v1/webhooks/{webhook_id:id}|DELETE /v1/webhooks/{webhook_id:id}
        POST /v1/webhooks/{webhook_id:id}/enable|GET /v1/webhooks/{webhook_id:id}/deliveries
        POST /v1/webhooks/{webhook_id:id}/deliveries/{seq}/redeliver
        POST /v1/feeds|DELETE /v1/feeds/{feed_id:id}|POST /v1/feeds/{feed_id:id}/poll|POST /v1/opml
        POST /feeds|POST /feeds/opml|POST /feeds/{feed_id:id}/poll|POST /feeds/{feed_id:id}/remove
        POST /reclusters|POST /reclusters/{recluster_id:id}/apply""",
}


def operations(service: Served) -> set[str]:
    """METHOD path of every route."""
    included = [getattr(route, "original_router", None) for route in service.app.routes]
    routes = [*service.app.routes, *(route for router in included if router for route in router.routes)]
    found = {
        f"{method} {getattr(route, 'path', '')}"
        for route in routes
        for method in getattr(route, "methods", None) or ()
        if method not in ("HEAD", "OPTIONS")
    }
    assert len(found) > 40
    return found


def test_every_route_needs_the_scope_that_a_person_gave_it(service: Served) -> None:
    wanted = {
        operation.strip(): scope for scope, text in NEEDED.items() for operation in re.split(r"[|\n]", text)
    }
    found = {
        operation: scopes.scope_of(*operation.replace(":id", "").split(" ", 1))
        for operation in operations(service)
    }
    others = {operation for operation in found if operation not in wanted}
    assert {operation: found[operation] for operation in wanted} == wanted
    assert {found[operation] for operation in others} == {"read"}
    assert {operation for operation in others if not operation.startswith("GET ")} == {"POST /v1/match"}


def test_a_line_end_in_an_id_changes_no_scope() -> None:
    assert scopes.scope_of("DELETE", "/v1/articles/a\nb") == "admin"


def test_without_a_key_one_is_asked_for(service: Served) -> None:
    for path in ("/v1/stories", "/metrics", "/v1/events", "/stories/none"):
        answer = service.client.get(path)
        assert answer.status_code == 401, path
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.json()["type"] == "/problems/unauthorised"
    assert service.client.post("/v1/articles", json=ARTICLE).status_code == 401
    assert service.client.get("/healthz").status_code == 200
    assert service.client.get("/problems/unauthorised").status_code == 200


UNKNOWN = "ss_" + "0" * 12 + "_" + "0" * 64


@pytest.mark.parametrize("wrong", ["ss_", UNKNOWN, "x" * 5000, "ss_\u0660"])
def test_a_wrong_key_is_refused_and_not_echoed(service: Served, wrong: str) -> None:
    answer = service.client.get("/v1/stories", headers=[("authorization", f"Bearer {wrong}".encode())])
    assert answer.status_code == 401
    assert wrong not in answer.text
    assert "unknown" in answer.json()["detail"]


def test_a_key_that_differs_in_its_last_letter_is_refused(service: Served, given: dict[str, str]) -> None:
    key = given["read"]
    other = key[:-1] + ("0" if key[-1] != "0" else "1")
    assert service.client.get("/v1/stories", headers=bearer(other)).status_code == 401
    assert service.client.get("/v1/stories", headers=bearer(key)).status_code == 200


def test_a_key_opens_what_its_scope_says(service: Served, given: dict[str, str]) -> None:
    ask = service.client.request
    for scope in keys.SCOPES:
        headers = bearer(given[scope])
        found = (
            ask("GET", "/v1/stories", headers=headers).status_code,
            ask("POST", "/v1/match", json=ARTICLE, headers=headers).status_code,
            ask("POST", "/v1/articles", params={"wait": 20}, json=ARTICLE, headers=headers).status_code,
            ask("GET", "/v1/webhooks", headers=headers).status_code,
            ask("DELETE", "/v1/articles/none", headers=headers).status_code,
        )
        assert found == {
            "read": (200, 200, 403, 403, 403),
            "write": (403, 403, 200, 403, 403),
            "admin": (200, 200, 200, 200, 404),
        }[scope]  # fmt: skip
    refused = ask("GET", "/v1/webhooks", headers=bearer(given["read"])).json()
    assert (refused["type"], refused["detail"]) == ("/problems/scope-missing", "Scope: admin.")


def test_what_a_key_has_opened_is_for_no_shared_cache(service: Served, given: dict[str, str]) -> None:
    answer = service.client.get("/v1/stories", headers=bearer(given["read"]))
    assert answer.headers["cache-control"] == "private, no-cache"


def test_a_probe_without_a_key_learns_only_whether_work_is_done(
    service: Served, given: dict[str, str]
) -> None:
    assert service.client.get("/readyz").json() == {"ready": True, "details": {}}
    assert (
        service.client.get("/readyz", headers=bearer(given["read"])).json()["details"]["mode"] == "embedded"
    )


def test_an_expired_key_is_refused(service: Served) -> None:
    seconds = 3
    key = make(service.engine.store, "read", days=seconds / 86_400)
    assert service.client.get("/v1/stories", headers=bearer(key)).status_code == 200
    time.sleep(seconds)
    assert service.client.get("/v1/stories", headers=bearer(key)).status_code == 401


def test_a_revoked_key_is_refused_and_ends_its_streams(
    service: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "CHECKED_SECONDS", 0.1)
    record, key = keys.create(service.engine.store, "feed", ["read"])
    ended = threading.Event()

    def follow() -> None:
        with (
            httpx2.Client(timeout=60, trust_env=False) as client,
            client.stream("GET", f"{service.address}/v1/events", headers=bearer(key)) as answer,
        ):
            for line in answer.iter_lines():
                if line.startswith("retry"):
                    began.set()
        ended.set()

    began = threading.Event()
    follower = threading.Thread(target=follow)
    follower.start()
    assert began.wait(60)
    keys.revoke(service.engine.store, record.id)
    time.sleep(0.2)
    assert service.client.get("/v1/stories", headers=bearer(key)).status_code == 401
    with service.engine.store.write() as connection:  # news, at which a stream looks whether it may go on
        from service.store.log import Journal

        journal = Journal(connection, time.time())
        journal.changed("article.placed", "b", "s", version=1)
        journal.flush()
    assert ended.wait(60)
    follower.join()


def test_only_digests_are_kept(service: Served, given: dict[str, str]) -> None:
    with service.engine.store.read() as connection:
        found = rows.find(connection, given["read"].split("_")[1])
    assert found is not None
    assert given["read"].split("_")[2].encode() not in found[1]
    folder = service.engine.settings.data
    kept = b"".join(path.read_bytes() for path in folder.iterdir())
    assert given["read"].split("_")[2].encode() not in kept


def test_on_loopback_nobody_needs_a_key_until_the_first_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "CHECKED_SECONDS", 0.05)
    with served(tmp_path, working=False) as service:
        assert service.client.get("/v1/stories").status_code == 200
        record, _ = keys.create(service.engine.store, "first", ["read"])
        time.sleep(0.1)
        assert service.client.get("/v1/stories").status_code == 401
        keys.revoke(service.engine.store, record.id)
        time.sleep(0.1)
        assert service.client.get("/v1/stories").status_code == 401  # it does not open again


def test_an_address_that_others_reach_needs_keys_though_none_was_made(tmp_path: Path) -> None:
    with served(tmp_path, working=False, host="0.0.0.0") as service:  # noqa: S104 its rules, not its socket
        assert service.client.get("/v1/stories").status_code == 401


def test_public_reading_is_reading(tmp_path: Path) -> None:
    with served(tmp_path, working=False, host="0.0.0.0", public_read=True) as service:  # noqa: S104
        assert service.client.get("/v1/stories").status_code == 200
        assert service.client.get("/", headers={"accept": "text/html"}).status_code == 200
        assert service.client.post("/v1/articles", json=ARTICLE).status_code == 401
        assert service.client.get("/v1/webhooks").status_code == 401


def test_who_asks_too_often_is_told_when_to_come_back(tmp_path: Path) -> None:
    with served(tmp_path, working=False, requests_per_minute=30, anonymous_per_minute=12) as service:
        key, other = make(service.engine.store, "read"), make(service.engine.store, "read")
        found = [service.client.get("/v1/stories", headers=bearer(key)) for _ in range(8)]
        assert [answer.status_code for answer in found] == [200] * 5 + [429] * 3
        assert 1 <= int(found[-1].headers["retry-after"]) <= 6
        assert found[-1].json()["type"] == "/problems/too-many-requests"
        assert service.client.get("/v1/stories", headers=bearer(other)).status_code == 200
        assert [service.client.get("/v1/stories").status_code for _ in range(4)] == [401, 401, 429, 429]
        assert service.client.get("/healthz").status_code == 200


def test_a_key_has_a_name_and_a_scope(service: Served) -> None:
    store = service.engine.store
    for name in ("", "x" * 101, "a\nb", keys.COMMAND):
        with pytest.raises(InvalidInput):
            keys.create(store, name, ["read"])
    with pytest.raises(InvalidInput):
        keys.create(store, "nothing", [])
