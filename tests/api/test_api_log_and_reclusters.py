"""Is the log complete and in order, and does a re-clustering go from request to diff to applied?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from reports import REPORTS
from serving import Served, served


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service of its own that holds nothing but the reports."""
    with served(tmp_path_factory.mktemp("log")) as running:
        running.post_articles(REPORTS)
        yield running


def settled(service: Served, recluster_id: str) -> dict[str, Any]:
    """The re-clustering once nobody works on it any more."""
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline:
        found = service.client.get(f"/v1/reclusters/{recluster_id}").json()
        if found["state"] not in ("requested", "computing", "ready"):
            return dict(found)
        time.sleep(0.05)
    raise AssertionError("the re-clustering did not settle")


def test_the_log_is_read_in_pieces_without_gaps(service: Served) -> None:
    seen, since = [], 0
    while True:
        page = service.client.get("/v1/changes", params={"since": since, "limit": 2}).json()
        if not page["changes"]:
            break
        seen += page["changes"]
        since = page["next"]
    assert [change["seq"] for change in seen] == list(range(1, len(seen) + 1))
    placed = [change["article_id"] for change in seen if change["type"] == "article.placed"]
    assert placed == [report["id"] for report in REPORTS]
    assert service.client.get("/v1/changes", params={"since": since}).json() == {
        "changes": [],
        "next": since,
        "newest": since,
    }


def test_a_dry_run_waits_to_be_applied(service: Served) -> None:
    asked = service.client.post("/v1/reclusters", json={"dry_run": True})
    assert asked.status_code == 202
    path = asked.headers["location"]
    found = settled(service, asked.json()["id"])
    assert (found["state"], found["dry_run"]) == ("held", True)
    diff = service.client.get(f"{path}/diff")
    assert diff.status_code == 200
    assert diff.json()["id"] == found["id"]
    assert service.client.post(f"{path}/apply").json()["state"] == "applied"
    assert service.client.post(f"{path}/apply").status_code == 409
    assert found["id"] in [r["id"] for r in service.client.get("/v1/reclusters").json()["reclusters"]]


def test_a_request_without_a_body_is_applied_by_itself(service: Served) -> None:
    stories = service.client.get("/v1/stories").json()
    asked = service.client.post("/v1/reclusters")
    assert settled(service, asked.json()["id"])["state"] == "applied"
    now = service.client.get("/v1/stories").json()
    assert [story["id"] for story in now["stories"]] == [story["id"] for story in stories["stories"]]


def test_a_repeated_request_is_one_request(service: Served) -> None:
    key = {"idempotency-key": "nightly-1"}
    first = service.client.post("/v1/reclusters", json={"dry_run": True}, headers=key)
    again = service.client.post("/v1/reclusters", json={"dry_run": True}, headers=key)
    assert first.json()["id"] == again.json()["id"]
    assert service.client.post("/v1/reclusters", json={"dry_run": False}, headers=key).status_code == 409
    settled(service, first.json()["id"])


@pytest.mark.parametrize("body", [{"dry_run": "perhaps"}, {"dryrun": True}, []])
def test_a_request_that_is_not_understood_is_refused(service: Served, body: Any) -> None:
    assert service.client.post("/v1/reclusters", json=body).status_code in (400, 422)


def test_unknown_reclusterings_are_404(service: Served) -> None:
    assert service.client.get("/v1/reclusters/none").status_code == 404
    assert service.client.get("/v1/reclusters/none/diff").status_code == 404
    assert service.client.post("/v1/reclusters/none/apply").status_code == 404
