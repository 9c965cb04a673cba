"""Can a person correct stories over HTTP: decide, be refused with reasons, look it up, take it back?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from reports import REPORTS
from serving import Served, served


@pytest.fixture
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service of its own with the reports: two ferry articles, a library, two of a dam."""
    with served(tmp_path_factory.mktemp("decisions")) as running:
        running.post_articles(REPORTS)
        yield running


def story_of(service: Served, article_id: str) -> str:
    return str(service.client.get(f"/v1/articles/{article_id}").json()["story_id"])


def decide(service: Served, expected: int = 201, **wish: Any) -> dict[str, Any]:
    answer = service.client.post("/v1/decisions", json=wish)
    assert answer.status_code == expected, answer.text
    return dict(answer.json())


def test_a_decision_takes_effect_at_once_and_is_taken_back(service: Served) -> None:
    ferry, library = story_of(service, "ferry-courier"), story_of(service, "library")
    made = decide(service, kind="merge", stories=[ferry, library], note="one harbour", by="Mara")
    assert (made["kind"], made["by"], made["note"], made["undone_at"]) == (
        "merge", "Mara", "one harbour", None,
    )  # fmt: skip
    assert made["effect"]["moved"] == [
        {"article_id": "library", "from_story_id": library, "to_story_id": ferry}
    ]
    assert made["effect"]["ended_story_ids"] == [library]
    assert service.client.get(f"/v1/stories/{library}").json()["merged_into"] == ferry
    assert service.client.get(f"/v1/decisions/{made['id']}").json() == made
    undone = service.client.post(f"/v1/decisions/{made['id']}/undo", json={"by": "Noor"})
    assert undone.status_code == 200
    assert undone.json()["undone_by"] == "Noor"
    assert story_of(service, "library") == library
    assert service.client.post(f"/v1/decisions/{made['id']}/undo").status_code == 409
    listed = service.client.get("/v1/decisions").json()
    assert [one["id"] for one in listed["decisions"]] == [made["id"]]


def test_a_contradiction_shows_its_chain(service: Served) -> None:
    one = decide(service, kind="must_link", articles=["ferry-courier", "library"])
    two = decide(service, kind="cannot_link", articles=["library", "dam-sada"])
    refused = decide(service, 409, kind="must_link", articles=["dam-sada", "ferry-courier"])
    assert refused["type"] == "/problems/contradiction"
    for part in (one["id"], two["id"], "this one", "library != dam-sada"):
        assert part in refused["detail"]


def test_what_is_wrong_is_named(service: Served) -> None:
    assert decide(service, 404, kind="must_link", articles=["library", "none"])["detail"] == "articles[1]"
    assert "named twice" in decide(service, 422, kind="must_link", articles=["library", "library"])["detail"]
    assert "at least 2 stories" in decide(service, 422, kind="merge", stories=["none"])["detail"]
    assert decide(service, 422, kind="wish")["errors"][0]["where"] == "kind"
    assert service.client.delete("/v1/articles/library").status_code == 204
    assert decide(service, 410, kind="must_link", articles=["dam-sada", "library"])["detail"] == "articles[1]"
    assert service.client.get("/v1/decisions/none").status_code == 404
    assert service.client.post("/v1/decisions/none/undo").status_code == 404


def test_sent_again_under_its_key_it_is_made_once(service: Served) -> None:
    wish, key = {"kind": "must_link", "articles": ["library", "dam-sada"]}, {"Idempotency-Key": "once"}
    first = service.client.post("/v1/decisions", json=wish, headers=key)
    again = service.client.post("/v1/decisions", json=wish, headers=key)
    assert (first.status_code, again.json()) == (201, first.json())
    assert len(service.client.get("/v1/decisions").json()["decisions"]) == 1


def test_lists_are_read_page_by_page(service: Served) -> None:
    made = [
        decide(service, kind="must_link", articles=["ferry-courier", other])["id"]
        for other in ("ferry-ledger", "library")
    ]
    first = service.client.get("/v1/decisions", params={"limit": 1}).json()
    second = service.client.get("/v1/decisions", params={"limit": 1, "cursor": first["next"]}).json()
    assert [page["decisions"][0]["id"] for page in (first, second)] == made[::-1]
    assert second["next"] is None


def test_a_decision_is_put_under_its_id_once(service: Served) -> None:
    body = {"kind": "must_link", "articles": ["library", "dam-sada"], "at": "2024-03-05T10:00:00Z"}
    for _ in range(2):
        answer = service.client.put("/v1/decisions/d-elsewhere", json=body)
        assert (answer.status_code, answer.json()["at"]) == (200, "2024-03-05T10:00:00Z")
    assert story_of(service, "library") == story_of(service, "dam-sada")
    other = {**body, "articles": ["library", "ferry-courier"]}
    assert service.client.put("/v1/decisions/d-elsewhere", json=other).status_code == 409


def test_an_outlet_is_ignored_and_taken_back(service: Served) -> None:
    ledger = story_of(service, "ferry-ledger")
    outlet = service.client.get("/v1/articles/ferry-ledger").json()["outlet"]
    made = decide(service, kind="ignore_outlet", outlet=outlet)
    assert (made["outlet"], made["passage"], made["articles"]) == (outlet, "", [])
    assert [one["article_id"] for one in made["effect"]["moved"]] in (["ferry-ledger"], ["ferry-courier"])
    assert story_of(service, "ferry-ledger") != story_of(service, "ferry-courier")
    assert service.client.post(f"/v1/decisions/{made['id']}/undo").status_code == 200
    assert story_of(service, "ferry-ledger") == story_of(service, "ferry-courier") == ledger


def test_what_is_ignored_is_checked_and_can_be_adopted(service: Served) -> None:
    decide(service, 422, kind="ignore_passage", passage="four words are few")
    decide(service, 422, kind="ignore_outlet")
    made = decide(service, kind="ignore_passage", passage="All rights of this paper are reserved.")
    path = f"/v1/decisions/{made['id']}"
    assert service.client.put(path, json=made).json() == made
    changed = {**made, "passage": "Another text that nobody wants to count."}
    assert service.client.put(path, json=changed).status_code == 409
    for wrong in ({**made, "articles": ["library"]}, {**made, "kind": "move", "passage": ""}):
        assert service.client.put("/v1/decisions/d-other", json=wrong).status_code == 422
