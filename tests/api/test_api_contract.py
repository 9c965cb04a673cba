"""Does the service keep to its own OpenAPI document, whatever a generator thinks of sending?

Bounded: a fixed number of examples for each operation, the same ones every time.
"""

from __future__ import annotations

from pathlib import Path

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from serving import Served, served

EXAMPLES = 20
ENDLESS = "/v1/events"  # answers without end; test_api_events.py reads it
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def test_every_operation_answers_as_documented(tmp_path: Path) -> None:
    """The service is this test's own: the generator may post and delete what it likes."""
    with served(tmp_path) as service:
        document = schemathesis.openapi.from_url(f"{service.address}/v1/openapi.json")
        operations = [result.ok() for result in document.get_all_operations()]
        assert len(operations) >= 20
        for operation in operations:
            if operation.path == ENDLESS:
                continue
            keep_to_document(operation, service)


def keep_to_document(operation: schemathesis.APIOperation, service: Served) -> None:
    """Send what the document allows to one operation and compare the answers with the document."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def send(case: schemathesis.Case) -> None:
        case.call_and_validate(base_url=service.address, checks=CHECKS, timeout=30)

    send()
