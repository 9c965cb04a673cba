"""How do PostgreSQL and Redis run on this machine? As processes of ours, in folders of ours, on loopback.

`samestory up` and the tests use these. PostgreSQL refuses to run as root: then it runs as another user.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from service.errors import Unavailable

ADMIN = "samestory"  # the database's user, and its name
UNPRIVILEGED = ("postgres", "nobody")
DEBIAN = Path("/usr/lib/postgresql")


def program(name: str) -> str:
    """Where a server's program is; Debian keeps PostgreSQL's off the path. Raises Unavailable."""
    found = shutil.which(name)
    if found is None:
        places = sorted(DEBIAN.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
        found = str(places[-1]) if places else None
    if found is None:
        package = "redis-server" if name == "redis-server" else "postgresql"
        raise Unavailable(f"{name} is missing: run `apt-get install {package}`, or name a server of yours.")
    return found


def other_user() -> dict[str, Any]:
    """What makes a child of root another user's process; nothing where this process is not root's."""
    if os.geteuid() != 0:
        return {}
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise Unavailable(f"PostgreSQL does not run as root, and there is no user {' or '.join(UNPRIVILEGED)}.")


def make_cluster(folder: Path, password: str) -> None:
    """Make an empty PostgreSQL cluster in a folder, with one user. Raises Unavailable."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    user = other_user()
    if user:
        os.chown(folder, user["user"], user["group"])
    with tempfile.NamedTemporaryFile("w") as told:  # readable by its owner alone
        told.write(f"{password}\n")
        told.flush()
        if user:
            os.chown(told.name, user["user"], user["group"])
        command = [
            *(program("initdb"), "-D", str(folder), "-U", ADMIN, "--auth", "scram-sha-256"),
            *("--pwfile", told.name, "--encoding", "UTF8", "--locale", "C"),
            *("--data-checksums", "--no-instructions"),
        ]
        done = subprocess.run(  # noqa: S603 a program of PostgreSQL's
            command, text=True, capture_output=True, check=False, cwd="/", **user
        )
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        raise Unavailable(f"No PostgreSQL cluster can be made in {folder}: {reason[0]}")


def postgres_command(folder: Path, port: int, settings: Sequence[str] = ()) -> list[str]:
    """What runs a cluster in the foreground, on loopback only."""
    fixed = ("listen_addresses=127.0.0.1", f"port={port}", "unix_socket_directories=", "max_connections=200")
    options = [word for setting in (*fixed, *settings) for word in ("-c", setting)]
    return [program("postgres"), "-D", str(folder), *options]


def redis_configuration(folder: Path, port: int, password: str) -> bytes:
    """What a Redis of ours reads on standard input, so that no list of processes shows its password."""
    lines = (
        f"port {port}",
        "bind 127.0.0.1",
        f'requirepass "{password}"',
        "appendonly yes",
        "maxmemory-policy noeviction",
        f"dir {folder}",
    )
    return "\n".join(lines).encode() + b"\n"
