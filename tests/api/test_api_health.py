"""What do machines that watch see, and what do the OpenAPI document and the problem pages say?"""

from __future__ import annotations

import re
import resource
from pathlib import Path

import pytest
from serving import Served, served

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
    gauges = set(re.findall(r"^samestory_(\w+) [\d.e+-]+$", text, re.MULTILINE))
    assert set(service.engine.statistics()) <= gauges


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
