"""Does posting do what it promises? One, many, streams, repeats, versions, waiting, taking down."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from serving import Served, served

NDJSON = {"content-type": "application/x-ndjson"}


def article(id: str, text: str = "", **fields: Any) -> dict[str, Any]:
    """An article whose words are its own unless given: no two of these link."""
    word = id.replace("-", "")
    own = " ".join(f"{word}x{number}" for number in range(40))
    named = {"id": id, "outlet": "Post", "title": f"Title of {id}", "lang": "en"}
    return {**named, "text": text or own, **fields}


def lines(*items: Any) -> bytes:
    return b"".join(json.dumps(item).encode() + b"\n" for item in items)


def test_one_article_is_accepted_and_placed(service: Served) -> None:
    answer = service.client.post("/v1/articles", json=article("one"))
    assert answer.status_code == 202
    assert answer.json() == {
        "accepted": 1,
        "updated": 0,
        "unchanged": 0,
        "rejected": 0,
        "results": [{"index": 0, "id": "one", "status": "accepted"}],
    }
    assert service.engine.wait_placed(["one"], 20)
    found = service.client.get("/v1/articles/one").json()
    assert (found["state"], found["version"], found["outlet"]) == ("placed", 1, "Post")
    assert service.client.get(f"/v1/stories/{found['story_id']}").json()["members"][0]["article_id"] == "one"


def test_waiting_answers_with_the_story(service: Served) -> None:
    answer = service.client.post("/v1/articles", params={"wait": 20}, json=[article("w-1"), article("w-2")])
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [result["state"] for result in results] == ["placed", "placed"]
    assert len({result["story_id"] for result in results}) == 2


def test_waiters_hold_up_nobody_else(tmp_path: Path) -> None:
    """More requests wait than the server has threads for its other work; what they wait for never comes."""
    with served(tmp_path, working=False) as service, ThreadPoolExecutor(60) as pool:

        def wait(number: int) -> Any:
            query = {"wait": 6}
            return service.client.post("/v1/articles", params=query, json=article(f"waits-{number}"))

        waiting = [pool.submit(wait, number) for number in range(60)]
        time.sleep(1.5)
        assert service.client.get("/v1/stories").status_code == 200
        assert not any(answer.done() for answer in waiting)
        answers = [answer.result() for answer in waiting]
    assert {answer.status_code for answer in answers} == {202}
    assert {answer.json()["results"][0]["state"] for answer in answers} == {"prepared"}


def test_the_same_content_again_changes_nothing(service: Served) -> None:
    service.post_articles(article("same"))
    before = service.engine.store.last_change()
    answer = service.client.post("/v1/articles", json=article("same"))
    assert (answer.status_code, answer.json()["unchanged"]) == (200, 1)
    assert service.engine.store.last_change() == before


def test_new_content_under_the_same_id_is_a_new_version(service: Served) -> None:
    service.post_articles(article("versioned"))
    result = service.post_articles(article("versioned", "Now something else stands here."))["results"][0]
    assert result["status"] == "updated"
    found = service.client.get("/v1/articles/versioned").json()
    assert (found["version"], found["text"]) == (2, "Now something else stands here.")


def test_ids_are_derived_and_the_same_again(service: Served) -> None:
    sent = {"url": "https://paper.example/a?utm_source=x", "headline": "Rain", "articleBody": "It rains."}
    first = service.client.post("/v1/articles", json=sent).json()["results"][0]
    sent["url"] = "http://paper.example/a"
    again = service.client.post("/v1/articles", json=sent).json()["results"][0]
    assert first["id"] == again["id"]
    assert service.client.get(f"/v1/articles/{first['id']}").json()["title"] == "Rain"


@pytest.mark.parametrize("as_lines", [True, False])
def test_one_bad_item_costs_the_others_nothing_and_is_named(service: Served, as_lines: bool) -> None:
    name = f"bad-among-{as_lines}"
    items = [article(f"{name}-0"), {"id": f"{name}-1", "title": 7}, "words", article(f"{name}-3")]
    if as_lines:
        body = lines(items[0]) + b'{"id": "x", "id": "y"}\n' + lines(*items[1:]) + b"\n"
        answer = service.client.post("/v1/articles", content=body, headers=NDJSON)
    else:
        answer = service.client.post("/v1/articles", json=items)
    assert answer.status_code == 202
    results = answer.json()["results"]
    bad = [result for result in results if result["status"] == "rejected"]
    assert [result["id"] for result in results if result["status"] == "accepted"] == [
        f"{name}-0",
        f"{name}-3",
    ]
    assert [result["index"] for result in bad] == ([1, 2, 3] if as_lines else [1, 2])
    assert all(result["error"]["status"] in (400, 422) and result["error"]["detail"] for result in bad)
    assert "title" in bad[-2]["error"]["detail"]
    if as_lines:
        assert "Line 2" in bad[0]["error"]["detail"]


def test_a_list_is_answered_item_by_item_even_when_all_are_bad(service: Served) -> None:
    answer = service.client.post("/v1/articles", json=[{"title": 7}, {"id": "no\u0000"}])
    assert (answer.status_code, answer.json()["rejected"]) == (200, 2)
    assert [result["error"]["status"] for result in answer.json()["results"]] == [422, 422]


def test_a_lone_bad_article_is_a_problem(service: Served) -> None:
    answer = service.client.post("/v1/articles", json={"title": 7})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert "title" in answer.json()["detail"]


def test_an_empty_batch_is_no_error(service: Served) -> None:
    assert service.client.post("/v1/articles", json=[]).json()["results"] == []
    assert service.client.post("/v1/articles", content=b"\n\n", headers=NDJSON).status_code == 200


def test_an_idempotency_key_repeats_the_first_answer(service: Served) -> None:
    key = {"idempotency-key": "feed-7:1"}
    first = service.client.post("/v1/articles", json=article("keyed"), headers=key)
    again = service.client.post("/v1/articles", json=article("keyed"), headers=key)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert again.json()["accepted"] == 1
    other = service.client.post("/v1/articles", json=article("keyed-2"), headers=key)
    assert other.status_code == 409
    assert service.client.get("/v1/articles/keyed-2").status_code == 404


@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 256])
def test_an_unusable_idempotency_key_is_refused(service: Served, key: str) -> None:
    headers = {"idempotency-key": key.encode()}
    assert service.client.post("/v1/articles", json=article("unkeyed"), headers=headers).status_code == 422


def test_a_deleted_article_is_gone_for_good(service: Served) -> None:
    story = service.post_articles(article("regretted"))["results"][0]["story_id"]
    assert service.client.delete("/v1/articles/regretted").status_code == 204
    for answer in (
        service.client.get("/v1/articles/regretted"),
        service.client.get("/v1/articles/regretted/similar"),
        service.client.delete("/v1/articles/regretted"),
        service.client.post("/v1/articles", json=article("regretted")),
    ):
        assert (answer.status_code, answer.headers["content-type"]) == (410, "application/problem+json")
        assert "regretted" not in answer.text
    assert service.client.get(f"/v1/stories/{story}").json()["status"] == "closed"
    assert service.client.delete("/v1/articles/never-was").status_code == 404


def test_ids_with_slashes_and_other_letters_travel_in_paths(service: Served) -> None:
    for id, path in (("https://x.example/a?b=1", "https:%2F%2Fx.example%2Fa%3Fb=1"), ("خبر/١", "خبر%2F١")):
        service.post_articles(article(id, "slashes " + id))
        assert service.client.get(f"/v1/articles/{path}").json()["id"] == id
        assert service.client.get(f"/v1/articles/{path}/similar").status_code == 200
        assert service.client.get(f"/v1/pairs/{path}/{path}").json()["a"] == id
        assert service.client.delete(f"/v1/articles/{path}").status_code == 204


def test_articles_are_listed_newest_first_page_by_page(service: Served) -> None:
    service.post_articles([article(f"list-{n}", outlet="Lister") for n in range(5)])
    seen, query = [], {"outlet": "Lister", "limit": "2"}
    while True:
        page = service.client.get("/v1/articles", params=query).json()
        assert len(page["articles"]) <= 2
        seen += [found["id"] for found in page["articles"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert seen == [f"list-{n}" for n in (4, 3, 2, 1, 0)]
    other = service.client.get("/v1/articles", params={"outlet": "Other", "cursor": query["cursor"]})
    assert other.status_code == 400


def test_unknown_fields_are_kept(service: Served) -> None:
    service.post_articles(article("extra", section="Sports", tags=["a", {"b": 1}]))
    assert service.client.get("/v1/articles/extra").json()["extra"] == {
        "section": "Sports",
        "tags": ["a", {"b": 1}],
    }
