"""Do webhooks get every change, signed and in order, and does trouble end? A real consumer."""

from __future__ import annotations

import base64
import hmac
import socket
import threading
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest
from consumer import CUT, consumer
from reports import FERRY_COURIER, FERRY_LEDGER, LIBRARY
from serving import Served, served

from service.client import Client
from service.store import Store
from service.store.log import Journal
from service.webhooks import delivering, sending

QUICK: dict[str, Any] = {
    "webhook_private": True,
    "webhook_pause_seconds": 0.05,
    "webhook_attempts": 4,
    "webhook_seconds": 1,
}


def eventually(holds: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def add(service: Served, url: str, **more: Any) -> dict[str, Any]:
    answer = service.client.post("/v1/webhooks", json={"url": url, **more})
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/v1/webhooks/{answer.json()['id']}"
    return dict(answer.json())


def get(service: Served, hook: dict[str, Any], tail: str = "") -> Any:
    answer = service.client.get(f"/v1/webhooks/{hook['id']}{tail}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def log_of(service: Served) -> list[dict[str, Any]]:
    return list(service.client.get("/v1/changes", params={"limit": 1000}).json()["changes"])


def write_changes(store: Store, count: int) -> None:
    with store.write() as connection:
        journal = Journal(connection, time.time())
        for number in range(count):
            journal.changed("story.updated", None, f"story-{number}")
        journal.flush()


def test_every_change_arrives_signed_and_in_order(tmp_path: Path) -> None:
    with consumer() as told, served(tmp_path, **QUICK) as service:
        hook = add(service, told.url)
        service.post_articles([FERRY_COURIER, FERRY_LEDGER, LIBRARY])
        log = log_of(service)
        eventually(lambda: len(told.changes) == len(log))
        assert told.changes == log
        headers, body = told.received[0]
        key = base64.b64decode(hook["secret"].removeprefix("whsec_"))
        said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.new(key, said, sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{expected}"
        assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
        assert "secret" not in get(service, hook)


def test_failed_tries_are_repeated_and_nothing_is_missed_or_out_of_order(tmp_path: Path) -> None:
    with consumer() as told, served(tmp_path, **QUICK) as service:
        told.answers = [500, 503, 204, 302, 204]
        hook = add(service, told.url)
        write_changes(service.engine.store, 350)
        eventually(lambda: get(service, hook)["cursor"] == 350)
        assert told.changes == log_of(service)
        log = get(service, hook, "/deliveries")["deliveries"]
        assert [one["state"] for one in log] == ["delivered"] * 4
        assert [one["attempts"] for one in reversed(log)] == [3, 2, 1, 1]
        assert get(service, hook)["failures"] == 0


def test_a_replay_equals_the_log_through_disconnects_and_a_restart(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    """The consumer loses connections after it has kept what came, fails, and the server stops amid sending.
    What comes again is what was sent before: after the consumer's cursor there is no gap and no double."""
    changes, faults = (10_000, 20) if pytestconfig.getoption("--long") else (2_000, 6)
    chance = Random(7)
    with consumer() as told:
        for number in range(faults):
            told.answers += [204] * chance.randint(1, changes // 100 // faults) + [(CUT, 503)[number % 2]]
        with served(tmp_path, **QUICK) as service:
            hook = add(service, told.url)
            write_changes(service.engine.store, changes // 2)
            eventually(lambda: get(service, hook)["cursor"] > changes // 8)
        assert told.changes[-1]["seq"] < changes // 2, "it stops while there is more to send"
        with served(tmp_path, **QUICK) as service:
            write_changes(service.engine.store, changes - changes // 2)
            eventually(lambda: get(service, hook)["cursor"] == changes)
            with Client(service.address) as client:
                log = list(client.changes())
    assert told.answers == []
    assert len(log) == changes
    seen: list[Any] = []
    for change in told.changes:
        if not seen or change["seq"] > seen[-1]["seq"]:
            seen.append(change)
    assert seen == log
    sent = {headers["webhook-id"]: body for headers, body in told.received}
    assert all(sent[headers["webhook-id"]] == body for headers, body in told.received)
    assert len(told.received) - len(sent) <= faults + 1, "sent again only where no answer came"


def test_only_asked_types_from_an_asked_place(tmp_path: Path) -> None:
    with consumer() as told, served(tmp_path, **QUICK) as service:
        service.post_articles([FERRY_COURIER, FERRY_LEDGER, LIBRARY])
        hook = add(service, told.url, types=["story.emerged"], since=0)
        log = log_of(service)
        eventually(lambda: get(service, hook)["cursor"] == len(log))
        assert told.changes == [change for change in log if change["type"] == "story.emerged"]
        later = add(service, told.url)
        assert later["cursor"] == len(log)


def test_repeated_failure_disables_a_webhook_and_it_says_so(tmp_path: Path) -> None:
    """Enabled again, it goes on with the change where it stopped."""
    with consumer() as told, served(tmp_path, **QUICK) as service:
        told.always = 500
        hook = add(service, told.url)
        write_changes(service.engine.store, 3)
        eventually(lambda: get(service, hook)["state"] == "disabled")
        assert get(service, hook)["reason"] == "4 tries failed, the last one: The answer was 500."
        (failed,) = get(service, hook, "/deliveries")["deliveries"]
        assert (failed["state"], failed["attempts"], failed["status"]) == ("failed", 4, 500)
        assert "samestory_webhooks_disabled 1.0" in service.client.get("/metrics").text
        again = f"/v1/webhooks/{hook['id']}/deliveries/{failed['seq']}/redeliver"
        assert service.client.post(again).status_code == 409
        told.always = 200
        assert service.client.post(f"/v1/webhooks/{hook['id']}/enable").json()["state"] == "active"
        eventually(lambda: get(service, hook)["cursor"] == 3)
        assert told.changes == log_of(service)


@pytest.mark.parametrize(("trouble", "reason"), [(410, "410"), ("slow", "No answer within 1 seconds")])
def test_what_can_go_wrong_is_named(tmp_path: Path, trouble: Any, reason: str) -> None:
    with consumer() as told, served(tmp_path, **QUICK | {"webhook_attempts": 1}) as service:
        if trouble == "slow":
            told.slow = 3.0  # on a busy machine half a second is no difference
        else:
            told.always = trouble
        hook = add(service, told.url)
        write_changes(service.engine.store, 1)
        eventually(lambda: get(service, hook)["state"] == "disabled")
        assert reason in get(service, hook)["reason"]


def test_redirects_are_not_followed(tmp_path: Path) -> None:
    with consumer() as told, consumer() as elsewhere, served(tmp_path, **QUICK) as service:
        told.always, told.headers = 307, {"location": elsewhere.url}
        hook = add(service, told.url)
        write_changes(service.engine.store, 1)
        eventually(lambda: get(service, hook)["state"] == "disabled")
        assert "307" in get(service, hook)["reason"]
        assert elsewhere.received == []


def test_a_delivery_is_sent_again_on_request_under_its_old_id(tmp_path: Path) -> None:
    with consumer() as told, served(tmp_path, **QUICK) as service:
        hook = add(service, told.url)
        write_changes(service.engine.store, 2)
        eventually(lambda: get(service, hook)["cursor"] == 2)
        path = f"/v1/webhooks/{hook['id']}/deliveries"
        assert service.client.post(f"{path}/1/redeliver").json()["again"] == 1
        eventually(lambda: len(told.received) == 2)
        assert told.received[0][0]["webhook-id"] == told.received[1][0]["webhook-id"]
        assert [one["again"] for one in get(service, hook, "/deliveries")["deliveries"]] == [1, None]
        assert service.client.post(f"{path}/99/redeliver").status_code == 404
        page = service.client.get(path, params={"limit": 1}).json()
        older = service.client.get(path, params={"limit": 1, "cursor": page["next"]}).json()
        assert [page["deliveries"][0]["seq"], older["deliveries"][0]["seq"]] == [2, 1]


def test_a_restart_goes_on_where_sending_stopped(tmp_path: Path) -> None:
    with consumer() as told:
        with served(tmp_path, **QUICK, working=False) as service:
            hook = add(service, told.url)
            write_changes(service.engine.store, 5)
        with served(tmp_path, **QUICK) as service:
            eventually(lambda: get(service, hook)["cursor"] == 5)
            assert told.changes == log_of(service)


def test_two_senders_do_not_send_the_same(tmp_path: Path) -> None:
    with consumer() as told, served(tmp_path, **QUICK, working=False) as service:
        hook = add(service, told.url)
        write_changes(service.engine.store, 1000)
        store, settings = service.engine.store, service.engine.settings

        def send() -> None:
            while get(service, hook)["cursor"] < 1000:
                delivering.turn(store, settings, hook["id"], time.time())

        senders = [threading.Thread(target=send) for _ in range(3)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        assert told.changes == log_of(service)


def test_a_consumer_that_hangs_holds_up_no_placing(tmp_path: Path) -> None:
    with consumer() as told, served(tmp_path, **QUICK) as service:
        told.slow = 0.9
        for _ in range(6):
            add(service, told.url)
        began = time.monotonic()
        service.post_articles([FERRY_COURIER, FERRY_LEDGER])
        service.post_articles(LIBRARY)
        assert time.monotonic() - began < 8


def test_webhooks_are_listed_and_deleted(tmp_path: Path) -> None:
    with served(tmp_path, working=False, webhook_private=True) as service:
        made = sorted(add(service, "http://127.0.0.1:9/")["id"] for _ in range(3))
        page = service.client.get("/v1/webhooks", params={"limit": 2}).json()
        rest = service.client.get("/v1/webhooks", params={"limit": 2, "cursor": page["next"]}).json()
        assert [one["id"] for one in page["webhooks"] + rest["webhooks"]] == made
        assert service.client.delete(f"/v1/webhooks/{made[0]}").status_code == 204
        assert service.client.delete(f"/v1/webhooks/{made[0]}").status_code == 404
        assert service.client.get(f"/v1/webhooks/{made[0]}/deliveries").status_code == 404


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost:8420/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://169.254.169.254/latest",
        "http://2130706433/",
        "http://0/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "http://user:secret@example.org/",
        "http:///nowhere",
        "http://a b/",
        "http://[",
        "http://example.org:99999/",
        "http://exämple.org/",
    ],
)
def test_what_must_not_be_called_is_refused_with_a_reason(service: Served, url: str) -> None:
    answer = service.client.post("/v1/webhooks", json={"url": url})
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/refused-address"
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    "body", [{}, {"url": 7}, {"url": "http://a.example/", "types": ["x y"]}, {"uri": "x"}]
)
def test_a_request_that_is_not_understood_is_refused(service: Served, body: Any) -> None:
    assert service.client.post("/v1/webhooks", json=body).status_code == 422


def test_a_name_is_looked_up_once_and_that_address_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that means a public address when checked and a private one when called gains nothing."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def lookup(host: str, *rest: Any, **more: Any) -> Any:
        if host != "consumer.example":
            return real(host, *rest, **more)
        asked.append(host)
        return real("127.0.0.1", *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    with consumer() as told:
        url = told.url.replace("127.0.0.1", "consumer.example")
        answer = sending.post(url, b"{}", {}, seconds=5, private=True)
        assert (answer.status, asked) == (204, ["consumer.example"])
        assert told.received[0][0]["host"].startswith("consumer.example:")
        refused = sending.post(url, b"{}", {}, seconds=5, private=False)
        assert "private address" in refused.error
        assert len(told.received) == 1


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(2, 1, 6, "", ("93.184.216.34", 80)), (2, 1, 6, "", ("192.168.0.1", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    assert "private address" in sending.post("http://x.example/", b"", {}, seconds=1, private=False).error
