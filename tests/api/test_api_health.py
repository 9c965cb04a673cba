"""What do machines that watch see, and what do the OpenAPI document and the problem pages say?"""

from __future__ import annotations

import re
import resource
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from reports import FERRY_COURIER, FERRY_LEDGER
from serving import Served, served

from service import runner
from service.api import backlog
from service.api.shield import CONTENT_SECURITY_POLICY
from service.errors import NotFound


def test_alive_and_ready(service: Served) -> None:
    assert service.client.get("/healthz").json() == {"status": "ok"}
    answer = service.client.get("/readyz")
    assert (answer.status_code, answer.json()["ready"]) == (200, True)


def test_a_stopped_engine_is_not_ready_and_the_process_lives(tmp_path: Path) -> None:
    with served(tmp_path) as service:
        service.engine.close()
        answer = service.client.get("/readyz")
        assert (answer.status_code, answer.json()["ready"]) == (503, False)
        assert answer.headers["retry-after"]
        assert service.client.get("/healthz").status_code == 200


def test_metrics_count_by_route_and_tell_of_the_engine(service: Served) -> None:
    service.client.get("/v1/stories/none-such")
    text = service.client.get("/metrics").text
    found = re.search(
        r'http_requests_total\{method="GET",route="/v1/stories/\{story_id\}",status="404"\} (\d+)', text
    )
    assert found
    assert "none-such" not in text
    told = set(re.findall(r"^samestory_(\S+) [\d.e+-]+$", text.replace('"', ""), re.MULTILINE))
    assert set(service.engine.statistics()) <= told


def test_metrics_tell_of_stages_pairs_lags_and_the_lease(service: Served) -> None:
    before = numbers(service)
    service.post_articles([{**one, "id": f"metric-{one['id']}"} for one in (FERRY_COURIER, FERRY_LEDGER)])
    after = numbers(service)
    for stage in ("submit", "prepare", "decide", "keep"):
        label = f"{{process=embedded,stage={stage}}}"
        name = f"samestory_stage_articles_total{label}"
        assert after[name] - before.get(name, 0.0) == 2
        assert after[f"samestory_stage_seconds_total{label}"] > 0
    taken = "samestory_articles_taken_total{process=embedded,result=accepted}"
    assert after[taken] - before.get(taken, 0.0) == 2
    assert after["samestory_pairs_total{process=embedded,result=linked}"] >= 1
    assert {after[f"samestory_lag_seconds{{state={state}}}"] for state in ("received", "prepared")} == {0.0}
    assert [value for name, value in after.items() if name.startswith("samestory_lease_held{")] == [1.0]


def numbers(service: Served) -> dict[str, float]:
    """The metrics as Prometheus' own parser reads them: `name{label=value,...}`, labels in order."""
    families = text_string_to_metric_families(service.client.get("/metrics").text)
    samples = [sample for family in families for sample in family.samples]
    return {f"{one.name}{_labels(one.labels)}": one.value for one in samples}


def _labels(said: Mapping[str, str]) -> str:
    listed = ",".join(f"{name}={value}" for name, value in sorted(said.items()))
    return f"{{{listed}}}" if listed else ""


def test_a_queue_beyond_all_outages_is_refused_until_it_is_shorter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "COUNTED_SECONDS", 0.0)
    with served(tmp_path, working=False, backlog_articles=5, batch_articles=5) as service:
        articles = [{"id": f"{n}", "text": f"The {n}th report of the harbour."} for n in range(6)]
        for part in (articles[:3], articles[3:]):
            assert service.client.post("/v1/articles", json=part).status_code == 202
        refused = service.client.post("/v1/articles", json=articles[:1])
        assert (refused.status_code, refused.json()["type"]) == (429, "/problems/overloaded")
        assert int(refused.headers["retry-after"]) >= 10
        assert service.client.get("/v1/stories").status_code == 200
        service.engine.start()
        assert service.engine.wait_placed([one["id"] for one in articles], 30)
        assert service.client.post("/v1/articles", json=articles[:5]).json()["unchanged"] == 5


def test_it_is_ready_while_a_queue_moves_and_not_when_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(tmp_path) as service:
        engine = service.engine
        monkeypatch.setattr(runner, "SILENCE_SECONDS", 0.5)
        monkeypatch.setattr(engine.desk, "place", lambda *_: 0)  # turns end, and nothing is done
        service.client.post("/v1/articles", json={"id": "a", "text": "A ship came in."})
        deadline = time.monotonic() + 10
        while service.client.get("/readyz").json()["ready"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        monkeypatch.undo()
        assert engine.wait_placed(["a"], 30)
        assert service.client.get("/readyz").json()["ready"]


@pytest.mark.parametrize(
    "path", ["/", "/stories/none", "/static/style.css", "/v1/stories", "/v1/none", "/metrics", "/healthz"]
)
def test_every_door_carries_the_security_headers(service: Served, path: str) -> None:
    headers = service.client.get(path).headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_openapi_describes_bodies_answers_and_problems(service: Served) -> None:
    document = service.client.get("/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    post = document["paths"]["/v1/articles"]["post"]
    assert set(post["requestBody"]["content"]) == {"application/json", "application/x-ndjson"}
    assert {"200", "202", "400", "409", "413", "415", "422", "503"} <= set(post["responses"])
    schemas = document["components"]["schemas"]
    assert {"ArticleInput", "Problem", "Submission", "StoryDetail", "PairDocument"} <= set(schemas)
    assert not {"HTTPValidationError", "ValidationError"} & set(schemas)
    references = set(re.findall(r'"#/components/schemas/(\w+)"', service.client.get("/v1/openapi.json").text))
    assert references <= set(schemas)


def test_a_problem_type_is_a_page_that_explains_it(service: Served) -> None:
    problem = service.client.get("/v1/stories/none").json()
    assert problem["type"] == "/problems/not-found"
    page = service.client.get(problem["type"])
    assert page.status_code == 200
    assert NotFound().title in page.text.replace("&#39;", "'")
    assert service.client.get("/problems/nonsense").status_code == 404


def test_a_full_disk_is_503_and_what_was_acknowledged_is_safe(tmp_path: Path) -> None:
    """A file size limit stands for the full disk: SQLite sees the same failure."""
    with served(tmp_path) as service:
        service.post_articles({"id": "before", "text": "Acknowledged before the disk was full."})
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
        try:
            bodies = [{"id": f"big-{n}", "text": f"{n} " + "x " * 300_000} for n in range(8)]
            refused = service.client.post("/v1/articles", json=bodies)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert refused.status_code == 503
        assert refused.json()["type"] == "/problems/store-full"
        assert refused.headers["retry-after"]
        assert str(tmp_path) not in refused.text
        assert service.client.get("/v1/articles/before").status_code == 200
        assert service.client.get("/v1/articles/big-0").status_code == 404
        assert service.post_articles(bodies)["results"][7]["state"] == "placed"
