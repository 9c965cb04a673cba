"""Is the container set-up as safe as it says? compose.yaml and Dockerfile, read as data."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.settings import Settings
from workers.compose import page
from workers.topology import PARTS

ROOT = Path(__file__).resolve().parents[1]
OURS = ("api", "worker", "caller", "owner", "beat", "migrate")
SERVERS = ("postgres", "redis")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8")))


@pytest.fixture(params=[*OURS, *SERVERS])
def service(request: pytest.FixtureRequest, compose: dict[str, Any]) -> dict[str, Any]:
    return dict(compose["services"][request.param])


def test_every_role_is_there(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {*OURS, *SERVERS} == {part.name for part in PARTS}
    assert all(compose["services"][name]["scale"] >= 2 for name in ("api", "worker", "owner"))


def test_it_is_made_from_the_table_of_processes() -> None:
    assert (ROOT / "compose.yaml").read_text(encoding="utf-8") == page()


def test_compose_itself_accepts_it(compose: dict[str, Any], tmp_path: Path) -> None:
    """By its own schema. The `name` is left out: the first version knows none."""
    program = shutil.which("docker-compose")
    assert program, "docker-compose is missing: scripts/test installs it, or apt-get install docker-compose"
    (tmp_path / "secrets").mkdir()
    for name in compose["secrets"]:
        (tmp_path / "secrets" / name).touch()
    file = tmp_path / "compose.yaml"
    for told, code in ((compose, 0), ({**compose, "services": {"api": {"portz": []}}}, 1)):
        file.write_text(json.dumps({key: value for key, value in told.items() if key != "name"}))
        done = subprocess.run(
            [program, "-f", file, "config", "-q"], capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stderr


def test_every_container_is_confined(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert int(service["user"].split(":")[0]) > 0
    assert service["mem_limit"]
    assert service["pids_limit"] > 0
    if service["restart"] != "on-failure":  # a job, which ends
        assert service["healthcheck"]["test"]
        assert service["restart"] == "unless-stopped"
    assert not service.get("privileged")


def test_only_the_api_is_published_and_only_on_loopback(compose: dict[str, Any]) -> None:
    published = {
        name: service["ports"] for name, service in compose["services"].items() if "ports" in service
    }
    assert published == {"api": ["${SAMESTORY_HOST:-127.0.0.1}:8420-8421:8420"]}
    # Who publishes it elsewhere tells the API so by the same word, and that does not start without a key.
    assert compose["services"]["api"]["environment"]["SAMESTORY_HOST"] == "${SAMESTORY_HOST:-127.0.0.1}"
    assert compose["networks"]["inside"]["internal"] is True
    assert {name for name, service in compose["services"].items() if "outside" in service["networks"]} == {
        "api",
        "caller",  # feeds and webhooks are elsewhere
    }


def test_servers_have_passwords_from_files_and_keep_what_they_took(compose: dict[str, Any]) -> None:
    command = compose["services"]["redis"]["command"][-1]
    assert "/run/secrets/redis_password" in command
    for setting in ("requirepass", "appendonly yes", "maxmemory-policy noeviction"):
        assert setting in command
    store = compose["services"]["postgres"]
    assert store["environment"]["POSTGRES_PASSWORD_FILE"] == "/run/secrets/store_password"  # noqa: S105
    assert "scram-sha-256" in store["environment"]["POSTGRES_INITDB_ARGS"]
    assert not [word for word in store["command"] if "fsync" in word or "synchronous_commit" in word]
    for name in OURS:
        said = Settings.model_validate(
            {
                key.removeprefix("SAMESTORY_").lower(): value
                for key, value in compose["services"][name]["environment"].items()
                if key.startswith("SAMESTORY_")
            }
        )
        assert str(said.redis_password_file) == "/run/secrets/redis_password"
        assert str(said.store_password_file) == "/run/secrets/store_password"
        assert said.store_url == "postgresql://samestory@postgres:5432/samestory"
        assert said.redis_url == "redis://redis:6379/0"
    assert set(compose["secrets"]) == {"redis_password", "store_password"}


def test_the_owner_is_one_process_and_stops_in_order(compose: dict[str, Any]) -> None:
    words = compose["services"]["owner"]["command"]
    assert words[words.index("--queues") + 1] == "owner"
    assert words[words.index("--pool") + 1] == "solo"
    for name in set(OURS) - {"migrate"}:
        assert compose["services"][name]["environment"]["REMAP_SIGTERM"] == "SIGQUIT"
        assert compose["services"][name]["stop_grace_period"] == "10s"


def test_nobody_works_before_the_tables_are_there(compose: dict[str, Any]) -> None:
    ready = {"condition": "service_completed_successfully"}
    for name in set(OURS) - {"migrate"}:
        assert compose["services"][name]["depends_on"]["migrate"] == ready
    assert compose["services"]["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert set(compose["volumes"]) == {"store", "broker"}


def test_the_image_runs_as_nobody_special_and_holds_only_the_package() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert "USER 10001:10001" in lines
    assert not [line for line in lines if re.match(r"(ADD|COPY \.)", line)]
    assert (ROOT / ".dockerignore").read_text(encoding="utf-8").startswith("*\n")
