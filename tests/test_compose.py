"""Is the container set-up as safe as it says? compose.yaml and Dockerfile, read as data."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
OURS = ("api", "worker", "owner", "beat")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8")))


@pytest.fixture(params=[*OURS, "redis"])
def service(request: pytest.FixtureRequest, compose: dict[str, Any]) -> dict[str, Any]:
    return dict(compose["services"][request.param])


def test_every_role_is_there(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {*OURS, "redis"}


def test_every_container_is_confined(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert int(service["user"].split(":")[0]) > 0
    assert service["mem_limit"]
    assert service["pids_limit"] > 0
    assert service["healthcheck"]["test"]
    assert service["restart"] == "unless-stopped"
    assert not service.get("privileged")


def test_only_the_api_is_published_and_only_on_loopback(compose: dict[str, Any]) -> None:
    published = {name: service.get("ports", []) for name, service in compose["services"].items()}
    assert published == {"api": ["127.0.0.1:8420:8420"], "worker": [], "owner": [], "beat": [], "redis": []}
    assert compose["networks"]["inside"]["internal"] is True
    assert {name for name, service in compose["services"].items() if "outside" in service["networks"]} == {
        "api"
    }


def test_redis_has_a_password_from_a_file_and_keeps_what_it_took(compose: dict[str, Any]) -> None:
    command = compose["services"]["redis"]["command"][-1]
    assert "/run/secrets/redis_password" in command
    for setting in ("requirepass", "appendonly yes", "maxmemory-policy noeviction"):
        assert setting in command
    assert compose["secrets"]["redis_password"] == {"file": "./secrets/redis_password"}
    for name in OURS:
        environment = compose["services"][name]["environment"]
        assert environment["SAMESTORY_REDIS_PASSWORD_FILE"] == "/run/secrets/redis_password"  # noqa: S105
        assert "@" not in environment["SAMESTORY_REDIS_URL"]


def test_the_owner_is_one_process_and_stops_in_order(compose: dict[str, Any]) -> None:
    words = compose["services"]["owner"]["command"]
    assert words[words.index("--queues") + 1] == "owner"
    assert words[words.index("--pool") + 1] == "solo"
    for name in OURS:
        assert compose["services"][name]["environment"]["REMAP_SIGTERM"] == "SIGQUIT"
        assert compose["services"][name]["stop_grace_period"] == "10s"


def test_all_roles_share_one_store(compose: dict[str, Any]) -> None:
    for name in OURS:
        assert compose["services"][name]["volumes"] == ["store:/data"]
        assert compose["services"][name]["environment"]["SAMESTORY_DATA"] == "/data"
    assert set(compose["volumes"]) == {"store", "broker"}


def test_the_image_runs_as_nobody_special_and_holds_only_the_package() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert "USER 10001:10001" in lines
    assert not [line for line in lines if re.match(r"(ADD|COPY \.)", line)]
    assert (ROOT / ".dockerignore").read_text(encoding="utf-8").startswith("*\n")
