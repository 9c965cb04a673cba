"""Does the client say what the API takes, get what it gives, and bear a server that is busy or away?"""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import httpx2
import pytest
from reports import DAM_NAHAR, DAM_SADA, FERRY_COURIER, FERRY_LEDGER, LIBRARY, REPORTS
from serving import Served, served
from test_client_documents import the_document

from service.client import Client, asking, client
from service.client.documents import Change
from service.errors import Conflict, Gone, InvalidInput, NotFound, SamestoryError, Unavailable

HEAVY = {
    "numba", "numpy", "scipy", "sklearn", "datasketch", "pandas", "fastapi", "starlette", "pydantic",
    "sqlalchemy", "celery", "redis", "trafilatura", "lxml", "structlog", "orjson",
}  # fmt: skip
EMPTY: dict[str, Any] = {
    **{key: [] for key in ("articles", "stories", "members", "links", "changes", "decisions", "matches")},
    "results": [], "accepted": 0, "updated": 0, "unchanged": 0, "rejected": 0, "next": None, "newest": 0,
}  # fmt: skip
# Every call with all that it takes, and where its answer is: in a field of the document, or all of it.
CALLS: dict[str, tuple[Callable[[Client], Any], str]] = {
    "post": (lambda c: c.post([{"text": "a"}], wait=1, key="k"), ""),
    "article": (lambda c: c.article("a/b"), ""),
    "articles": (lambda c: list(c.articles(state="placed", outlet="o")), "articles"),
    "similar": (lambda c: c.similar("a"), "links"),
    "delete_article": (lambda c: c.delete_article("a"), ""),
    "stories": (
        lambda c: list(
            c.stories(
                since="2024-01-01",
                until="2024-01-02",
                outlet="o",
                lang="ar",
                q="w",
                min_outlets=2,
                min_independent=2,
                min_reports=2,
            )
        ),
        "stories",
    ),
    "story": (lambda c: c.story("s"), ""),
    "members": (lambda c: list(c.members("s")), "members"),
    "links": (lambda c: c.links("s"), "links"),
    "lineage": (lambda c: c.lineage("s"), ""),
    "provenance": (lambda c: c.provenance("s"), ""),
    "explain": (lambda c: c.explain("a", "b"), ""),
    "match": (lambda c: c.match({"text": "a"}), "matches"),
    "changes": (lambda c: list(c.changes(0)), "changes"),
    "decide": (lambda c: c.decide("merge", articles=["a"], stories=["s"], note="n", by="b", key="k"), ""),
    "decisions": (lambda c: list(c.decisions()), "decisions"),
    "decision": (lambda c: c.decision("d"), ""),
    "undo": (lambda c: c.undo("d", by="b"), ""),
}
MADE_OF_OTHERS = {"submit", "follow", "close"}
LEFT_TO_THE_CLIENT = {"cursor", "limit"}  # first pages have no cursor


@pytest.fixture(scope="module")
def document() -> Mapping[str, Any]:
    return the_document()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("client")) as running:
        running.post_articles(REPORTS)
        yield running


@pytest.fixture
def samestory(service: Served) -> Iterator[Client]:
    with Client(service.address, patience=5) as made:
        yield made


def answering(*answers: httpx2.Response | Exception) -> tuple[Client, list[httpx2.Request]]:
    """A client whose server gives these answers, the last one for ever; and the requests that it got."""
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        given = answers[min(len(seen), len(answers)) - 1]
        if isinstance(given, Exception):
            raise given
        return given

    return Client("http://here.example", patience=5, transport=httpx2.MockTransport(answer)), seen


def operation_of(document: Mapping[str, Any], request: httpx2.Request) -> dict[str, Any]:
    """The operation that a request asks for."""
    path = request.url.raw_path.decode().partition("?")[0]
    for template, operations in document["paths"].items():
        if re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", template), path):
            found: dict[str, Any] = operations[request.method.lower()]
            return found
    raise AssertionError(f"no such path: {path}")


def test_every_call_is_compared() -> None:
    assert {name for name in vars(Client) if not name.startswith("_")} == CALLS.keys() | MADE_OF_OTHERS


@pytest.mark.parametrize("name", CALLS)
def test_a_call_is_an_operation_with_the_same_parameters(document: Mapping[str, Any], name: str) -> None:
    call, _ = CALLS[name]
    client, seen = answering(httpx2.Response(200, json=EMPTY))
    call(client)
    request = seen[0]
    operation = operation_of(document, request)
    taken = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"}
    sent = set(request.url.params)
    assert sent <= taken, "sends what the API does not take"
    assert taken - sent <= LEFT_TO_THE_CLIENT, "the API takes what nobody can send"
    headers = {one["name"].lower() for one in operation.get("parameters", ()) if one["in"] == "header"}
    assert headers <= set(request.headers), "a header that the API takes is not sent"
    assert ("requestBody" in operation) == bool(request.content)


@pytest.mark.parametrize("name", CALLS)
def test_a_call_gives_the_type_that_the_operation_names(document: Mapping[str, Any], name: str) -> None:
    call, field = CALLS[name]
    client, seen = answering(httpx2.Response(200, json=EMPTY))
    call(client)
    good = [answer for status, answer in operation_of(document, seen[0])["responses"].items() if status < "3"]
    promised = get_type_hints(getattr(Client, name))["return"]
    if promised is type(None):
        assert all("content" not in answer for answer in good)
        return
    schemas = [one["content"]["application/json"]["schema"]["$ref"] for one in good]
    (schema,) = {reference.rpartition("/")[2] for reference in schemas}
    if field:
        (promised,) = get_args(promised) if get_origin(promised) else (promised,)
        schema = document["components"]["schemas"][schema]["properties"][field]["items"]["$ref"]
    assert promised.__name__ == schema.rpartition("/")[2]


def test_what_may_be_named_is_what_the_api_names(document: Mapping[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    state = schemas["ArticleSummary"]["properties"]["state"]["enum"]
    kind = schemas["DecisionRequest"]["properties"]["kind"]["enum"]
    assert (set(get_args(client.State)), set(get_args(client.DecisionKind))) == (set(state), set(kind))
    (sort,) = [
        one["schema"]["enum"]
        for one in document["paths"]["/v1/stories"]["get"]["parameters"]
        if one["name"] == "sort"
    ]
    assert set(get_args(client.Sort)) == set(sort)


def test_the_engine_is_not_imported() -> None:
    code = "import sys, service.client; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert HEAVY & set(done.stdout.split()) == set()
    assert "httpx2" in done.stdout.split()


def test_articles_go_in_and_stories_come_out(samestory: Client) -> None:
    done = samestory.submit(
        [*REPORTS, {"id": "bad", "text": 5}, {"id": "new", "text": "A cat sat there."}], at_once=2
    )
    assert (done.accepted, done.unchanged, done.rejected) == (1, len(REPORTS), 1)
    assert [one["index"] for one in done.refused] == [len(REPORTS)]
    (dam,) = samestory.stories(lang="ar")
    assert {member["article_id"] for member in samestory.members(dam["id"])} == {
        DAM_NAHAR["id"],
        DAM_SADA["id"],
    }
    assert samestory.story(dam["id"])["members"][0]["article_id"] in (DAM_NAHAR["id"], DAM_SADA["id"])
    assert samestory.article(str(LIBRARY["id"]))["text"] == LIBRARY["text"]
    assert samestory.links(dam["id"])
    assert samestory.similar(str(DAM_SADA["id"]))
    assert samestory.lineage(dam["id"])["resolves_to"] == dam["id"]
    assert samestory.provenance(dam["id"])["articles"]
    assert samestory.explain(str(FERRY_COURIER["id"]), str(FERRY_LEDGER["id"]))["same_story"]
    found = samestory.match({"text": FERRY_COURIER["text"]})
    assert found[0]["article_id"] in (FERRY_COURIER["id"], FERRY_LEDGER["id"])


def test_lists_are_read_to_their_end(samestory: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PAGE", 1)
    monkeypatch.setattr(client, "CHANGES", 1)
    assert {story["id"] for story in samestory.stories()} == {
        story["id"] for story in samestory.stories(sort="size")
    }
    assert {article["id"] for article in samestory.articles(state="placed")} >= {
        report["id"] for report in REPORTS
    }
    seqs = [change["seq"] for change in samestory.changes()]
    assert seqs == list(range(1, len(seqs) + 1)) != []


def test_a_person_decides_and_takes_it_back(samestory: Client) -> None:
    parted = samestory.decide("cannot_link", articles=["dam-nahar", "dam-sada"], by="editor")
    assert not samestory.explain("dam-nahar", "dam-sada")["same_story"]
    assert samestory.decision(parted["id"]) == next(samestory.decisions()) == parted
    assert samestory.undo(parted["id"], by="editor")["undone_by"] == "editor"
    assert samestory.explain("dam-nahar", "dam-sada")["same_story"]
    with pytest.raises(Conflict):
        samestory.undo(parted["id"])


def test_errors_are_those_that_the_server_names(samestory: Client) -> None:
    with pytest.raises(NotFound):
        samestory.story("none")
    samestory.submit([{"id": "to/go", "text": "A dog barked at the mill."}], wait=20)
    samestory.delete_article("to/go")
    with pytest.raises(Gone):
        samestory.article("to/go")
    with pytest.raises(SamestoryError, match="min_outlets") as refused:
        next(samestory.stories(min_outlets=0))
    assert refused.value.status == 422


def problem(status: int, code: str, **headers: str) -> httpx2.Response:
    content = {"type": f"/problems/{code}", "title": "t", "status": status, "detail": "d"}
    return httpx2.Response(status, json=content, headers=headers)


DONE = httpx2.Response(202, json=EMPTY)


@pytest.mark.parametrize(
    "trouble",
    [
        problem(429, "overloaded", **{"retry-after": "2"}),
        problem(503, "unavailable", **{"retry-after": "2"}),
        problem(429, "too-many-requests", **{"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}),
        httpx2.ReadTimeout("slow"),
        httpx2.ConnectError("away"),
    ],
)
def test_what_a_busy_server_did_not_take_is_sent_again_under_the_same_key(
    monkeypatch: pytest.MonkeyPatch, trouble: httpx2.Response | Exception
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(asking.time, "sleep", slept.append)
    client, seen = answering(trouble, trouble, DONE)
    client.post([{"text": "a"}])
    assert len(seen) == 3
    assert len({request.headers["idempotency-key"] for request in seen}) == 1
    assert len({request.content for request in seen}) == 1
    if isinstance(trouble, httpx2.Response) and trouble.headers["retry-after"] == "2":
        assert slept == [2, 2]
    else:
        assert all(0 < seconds <= 1 for seconds in slept)
    client.post([{"text": "a"}])
    assert seen[-1].headers["idempotency-key"] != seen[0].headers["idempotency-key"]


def test_what_would_be_done_twice_is_not_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking.time, "sleep", lambda _: None)
    for trouble in (problem(503, "unavailable"), httpx2.ReadTimeout("slow")):
        client, seen = answering(trouble)
        with pytest.raises(Unavailable):
            client.undo("d")
        with pytest.raises(Unavailable):
            client.delete_article("a")
        assert len(seen) == 2
    client, seen = answering(problem(429, "too-many-requests"), httpx2.ConnectError("away"), DONE)
    client.undo("d")
    assert len(seen) == 3


def test_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking.time, "sleep", lambda _: None)
    client, seen = answering(problem(503, "unavailable", **{"retry-after": "6"}))
    with pytest.raises(Unavailable, match="d"):
        client.story("s")
    assert len(seen) == 1  # it has five seconds


def test_a_program_that_was_started_again_goes_on_where_it_was(
    samestory: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It died of the fourth change: that one comes again, none is left out."""
    monkeypatch.setattr(client, "CHANGES", 3)
    file = tmp_path / "place"
    log = list(samestory.changes())
    first = samestory.follow(file)
    died = [next(first) for _ in range(4)]
    first.close()
    second = samestory.follow(file, look_seconds=0.01)
    rest = [next(second) for _ in range(len(log) - 3)]
    assert [*died[:3], *rest] == log
    late: list[Change] = []
    waiting = threading.Thread(target=lambda: late.append(next(second)))
    waiting.start()
    samestory.submit([{"id": "late", "text": "The mill burned down in the night of Tuesday."}])
    waiting.join(60)
    assert late[0]["seq"] == len(log) + 1
    file.write_text("nonsense")
    with pytest.raises(InvalidInput):
        next(samestory.follow(file))
