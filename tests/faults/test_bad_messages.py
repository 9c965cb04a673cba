"""What does a queue do that holds what is no message of ours, and who is turned away at the door of Redis?"""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from databases import Postgres
from fleet import WORKER, Broker, eventually
from sending import Sender
from staffing import Staffed

QUEUES = ("samestory:prepare", "samestory:owner")


def message(task: str, arguments: Any, **changes: Any) -> bytes:
    """A message as Celery sends it, but for what is changed."""
    number = time.time_ns()
    place = {"exchange": "prepare", "routing_key": "prepare"}
    properties = {"delivery_tag": f"tag-{number}", "delivery_info": place, "body_encoding": "base64"}
    made = {
        "body": packed([arguments, {}, {}]),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"lang": "py", "task": task, "id": f"id-{number}", "argsrepr": "", "kwargsrepr": ""},
        "properties": properties | {"correlation_id": "", "reply_to": "", "priority": 0, "delivery_mode": 2},
    }
    return orjson.dumps(made | changes)


def packed(body: Any) -> str:
    """A body as Celery packs it."""
    return base64.b64encode(orjson.dumps(body)).decode()


PICKLE = {"content-type": "application/x-python-serialize"}
MALFORMED: Mapping[str, bytes] = {
    "no JSON": b"\xff no {",
    "a number": b"7",
    "nothing of it": orjson.dumps({"a": 1}),
    "its place is missing": message("samestory.sweep", [], properties={"delivery_tag": "t"}),
    "its body is no base64": message("samestory.sweep", [], body="%%%"),
    "its body is no list": message("samestory.sweep", [], body=packed("x")),
    "a pickle": message("samestory.sweep", [], **PICKLE),
}


def counted(staffed: Staffed, name: str) -> float:
    """What all processes together have counted under this name."""
    return sum(snapshot.get(name, 0.0) for snapshot in staffed.engine.telemetry().values())


def test_what_is_no_message_is_logged_counted_and_dropped(
    staffed: Staffed, sender: Sender, broker: Broker
) -> None:
    before = {name: process.pid for name, process in staffed.fleet.processes.items()}
    malformed = "messages_dropped_total{reason=malformed}"
    first = counted(staffed, malformed)
    for queue in QUEUES:
        broker.client.lpush(queue, *MALFORMED.values())
    expected = first + len(QUEUES) * len(MALFORMED)
    eventually(lambda: counted(staffed, malformed) == expected, what="all are counted")
    assert "message dropped" in staffed.fleet.log("owner") + staffed.fleet.log("standby")
    sender.check(staffed.fleet, 60)
    sender.send(5)
    sender.check(staffed.fleet, 60)
    assert {name: process.pid for name, process in staffed.fleet.processes.items()} == before
    assert all(process.poll() is None for process in staffed.fleet.processes.values())


def test_an_unknown_task_and_wrong_arguments_stop_nobody(
    staffed: Staffed, sender: Sender, broker: Broker
) -> None:
    unknown, failed = "messages_dropped_total{reason=unknown}", "tasks_failed_total{task=samestory.prepare}"
    first = counted(staffed, unknown), counted(staffed, failed)
    for task, arguments in (("samestory.obey", []), ("os.system", ["true"]), ("samestory.prepare", [5])):
        broker.client.lpush("samestory:prepare", message(task, arguments))
    eventually(lambda: counted(staffed, unknown) == first[0] + 2, what="the unknown ones are counted")
    sender.send(5)
    sender.check(staffed.fleet, 60)
    eventually(lambda: counted(staffed, failed) == first[1] + 1, what="the failed one is counted")


@pytest.mark.parametrize("wrong", ["password", "installation"])
def test_a_worker_of_somebody_else_is_turned_away(
    staffed: Staffed, postgres: Postgres, tmp_path: Path, wrong: str
) -> None:
    if wrong == "password":
        (tmp_path / "password").write_text("a guess")
        environment = {"SAMESTORY_REDIS_PASSWORD_FILE": str(tmp_path / "password")}
    else:
        environment = postgres.environment(postgres.fresh())
    process = staffed.fleet.start("stranger", WORKER, wait=False, environment=environment)
    del staffed.fleet.processes["stranger"]
    assert process.wait(60) == 1
    said = staffed.fleet.log("stranger")
    assert ("refuses its password" if wrong == "password" else "another installation") in said
    assert "a guess" not in said
