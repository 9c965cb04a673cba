"""What does the table of processes say as containers? `python -m workers.compose > compose.yaml`"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from workers.topology import GRACE_SECONDS, PARTS, Part

HEAD = """\
# The distributed mode on one host. Made from workers/topology.py: `python -m workers.compose > compose.yaml`.
#
#   mkdir -p secrets
#   for name in redis store; do openssl rand -hex 32 > secrets/${name}_password; done; chmod 644 secrets/*
#   docker compose up --build                    # more of a kind: --scale worker=4
#
# The API answers on 127.0.0.1:8420 and 8421 of the host. To let others reach it, make a key first and name an
# address (and SAMESTORY_ALLOWED_HOSTS, below, where they use a name); put a proxy with TLS before it:
#
#   docker compose run --rm migrate samestory keys create NAME --scope read
#   SAMESTORY_HOST=192.0.2.1 docker compose up
#
# Nothing else is published: whoever reaches the
# broker can make the workers run their tasks, so Redis and PostgreSQL have passwords and their own network.
"""
PORT = 8420
PUBLISHED = "${SAMESTORY_HOST:-127.0.0.1}"
SECRETS = ("redis_password", "store_password")
PLACE = "/run/secrets"
ENVIRONMENT = {
    "SAMESTORY_DATA": "/data",
    "SAMESTORY_STORE_URL": "postgresql://samestory@postgres:5432/samestory",
    "SAMESTORY_STORE_PASSWORD_FILE": f"{PLACE}/store_password",
    "SAMESTORY_REDIS_URL": "redis://redis:6379/0",
    # The address of the host that reaches the API: beyond loopback it needs a key before it starts.
    "SAMESTORY_HOST": PUBLISHED,
    "SAMESTORY_REDIS_PASSWORD_FILE": f"{PLACE}/redis_password",
    "REMAP_SIGTERM": "SIGQUIT",
}
CONFINED: dict[str, Any] = {
    "read_only": True,
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
    "pids_limit": 200,
}
# The password comes in by configuration on standard input, so that no process list shows it.
REDIS = (
    'printf \'requirepass "%s"\\nappendonly yes\\nmaxmemory 384mb\\n'
    "maxmemory-policy noeviction\\ndir /data\\n' "
    f'"$$(cat {PLACE}/redis_password)" | exec redis-server -'
)
REDIS_ANSWERS = f'REDISCLI_AUTH="$$(cat {PLACE}/redis_password)" redis-cli ping | grep -q PONG'
DOOR_ANSWERS = f"from urllib.request import urlopen; urlopen('http://127.0.0.1:{PORT}/healthz', timeout=5)"


def compose() -> dict[str, Any]:
    """The whole file as data."""
    servers = {"postgres": postgres, "redis": redis}
    return {
        "name": "samestory",
        "services": {
            part.name: servers[part.name](part) if part.kind == "server" else ours(part) for part in PARTS
        },
        "networks": {"inside": {"internal": True}, "outside": {}},
        "volumes": {"store": {}, "broker": {}},
        "secrets": {name: {"file": f"./secrets/{name}"} for name in SECRETS},
    }


def ours(part: Part) -> dict[str, Any]:
    """A container of this project's image."""
    command = [word.format(host="0.0.0.0", port=PORT, name=part.name) for word in part.command]  # noqa: S104
    said: dict[str, Any] = {
        "build": ".",
        "image": "samestory",
        "command": command,
        "user": "10001:10001",
        **CONFINED,
        "tmpfs": ["/tmp:size=256m,mode=1777"],  # noqa: S108 in the container
        "mem_limit": part.memory,
        "secrets": list(SECRETS),
        "networks": ["inside"],
        "environment": ENVIRONMENT,
    }
    if part.kind == "job":
        return said | {"restart": "on-failure", "depends_on": {"postgres": {"condition": "service_healthy"}}}
    said |= {
        "restart": "unless-stopped",
        "stop_grace_period": f"{GRACE_SECONDS}s",
        "depends_on": {
            "migrate": {"condition": "service_completed_successfully"},
            "redis": {"condition": "service_healthy"},
        },
        "healthcheck": healthy(["CMD", "python", "-m", "workers.health"], start=90),
    }
    if part.outside:
        said["networks"] = ["inside", "outside"]
    if part.copies > 1:
        said["scale"] = part.copies
    if part.kind == "door":
        # All addresses of the container; the host publishes it on its loopback, one port for each copy.
        said["ports"] = [f"{PUBLISHED}:{PORT}-{PORT + part.copies - 1}:{PORT}"]
        said["healthcheck"] = healthy(["CMD", "python", "-c", DOOR_ANSWERS], start=60)
    return said


def postgres(part: Part) -> dict[str, Any]:
    """The store, on a volume of its own."""
    return {
        "image": "postgres:16-alpine",
        "command": ["postgres", "-c", "max_connections=200"],
        "restart": "unless-stopped",
        "user": "70:70",
        **CONFINED,
        "tmpfs": ["/tmp:size=64m,mode=1777", "/var/run/postgresql:size=1m,mode=1777"],  # noqa: S108
        "mem_limit": part.memory,
        "shm_size": "256m",
        "secrets": ["store_password"],
        "networks": ["inside"],
        "volumes": ["store:/var/lib/postgresql/data"],
        "environment": {
            "POSTGRES_USER": "samestory",
            "POSTGRES_DB": "samestory",
            "POSTGRES_PASSWORD_FILE": f"{PLACE}/store_password",
            "POSTGRES_INITDB_ARGS": "--data-checksums --auth-host=scram-sha-256",
            "PGDATA": "/var/lib/postgresql/data/cluster",
        },
        "stop_signal": "SIGINT",
        "healthcheck": healthy(["CMD", "pg_isready", "-h", "127.0.0.1", "-U", "samestory"], start=60),
    }


def redis(part: Part) -> dict[str, Any]:
    """The broker, with a password and a file that it appends to."""
    return {
        "image": "redis:7-alpine",
        "command": ["sh", "-c", REDIS],
        "restart": "unless-stopped",
        "user": "999:1000",
        **CONFINED,
        "tmpfs": ["/tmp:size=16m,mode=1777"],  # noqa: S108
        "mem_limit": part.memory,
        "secrets": ["redis_password"],
        "networks": ["inside"],
        "volumes": ["broker:/data"],
        "healthcheck": healthy(["CMD-SHELL", REDIS_ANSWERS], start=10),
    }


def healthy(test: list[str], start: int) -> dict[str, Any]:
    """A health check that gives a starting container its time."""
    return {
        "test": test,
        "interval": "15s",
        "timeout": "10s",
        "retries": 3,
        "start_period": f"{start}s",
    }


def lines(value: Any, indent: str = "") -> Iterator[str]:
    """Data as YAML: mappings in blocks, everything else as JSON, which YAML includes."""
    for key, inner in value.items():
        if isinstance(inner, Mapping) and inner:
            yield f"{indent}{key}:"
            yield from lines(inner, indent + "  ")
        else:
            yield f"{indent}{key}: {json.dumps(inner, ensure_ascii=False)}"


def page() -> str:
    """compose.yaml as it should be."""
    parts = "".join(f"#   {part.name:<9} {part.does}\n" for part in PARTS)
    return "\n".join([HEAD + "#\n" + parts, *lines(compose())]) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
