"""Does `samestory serve` behave as a process? Real ones, on free ports, with real signals."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from calling import Command, Server, write_lines
from reports import FERRY_COURIER, FERRY_LEDGER, LIBRARY

from service.cli.serve import bind

Serve = Callable[..., Server]


def test_serve_answers_and_commands_talk_to_it(serve: Serve, samestory: Command, tmp_path: Path) -> None:
    server = serve()
    assert httpx2.get(f"{server.address}/readyz", trust_env=False).json()["ready"]
    file = write_lines(tmp_path / "a.jsonl", FERRY_COURIER, "not json", FERRY_LEDGER, LIBRARY, {"id": 1})
    done = samestory("import", file)
    (summary,) = done.lines()
    assert (done.code, summary["accepted"], summary["rejected"]) == (1, 3, 2)
    assert f"{file}:2: " in done.err
    assert f"{file}:5: " in done.err
    (found,) = samestory("explain", "ferry-courier", "ferry-ledger").lines()
    assert found["same_story"]
    assert samestory("recluster").lines()[0]["state"] == "applied"
    assert samestory("delete", "library").code == 0
    assert len(samestory("stories").lines()) == 1
    assert "is ready" in next(
        line["detail"] for line in samestory("doctor").lines() if line["check"] == "holder"
    )
    missing = samestory("story", "st-none")
    assert (missing.code, len(missing.err.splitlines())) == (2, 1)


def test_no_answer_waits_for_the_network_to_confirm_its_head() -> None:
    """An answer is a head and a body; by Nagle's rule the body waited 40 ms for the head's arrival."""

    async def undelayed() -> int:
        found: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            accepted = writer.get_extra_info("socket")
            found.set_result(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with bind("127.0.0.1", 0) as listening:
            async with await asyncio.start_server(connected, sock=listening):
                _, writer = await asyncio.open_connection(*listening.getsockname())
                writer.close()
                return await found

    assert asyncio.run(undelayed())


def test_what_needs_the_directory_alone_is_refused_while_it_is_served(
    serve: Serve, samestory: Command
) -> None:
    server = serve()
    for command in ("rebuild", "serve"):
        done = samestory(command, *(("--port", "0") if command == "serve" else ()))
        assert (done.code, len(done.err.splitlines())) == (1, 1)
        assert server.address in done.err


def test_a_taken_port_is_named(samestory: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = samestory("serve", "--port", port)
    assert (done.code, len(done.err.splitlines())) == (1, 1)
    assert str(port) in done.err
    assert "--port N" in done.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_in_the_middle_of_work_is_orderly(serve: Serve, number: signal.Signals) -> None:
    """With articles that wait and a client that would follow the changes for ever."""
    server = serve()
    articles = [{"id": str(n), "text": f"{n} ships of {n * 7} came in at {n * 3}. " * 9} for n in range(2000)]
    client = httpx2.Client(base_url=server.address, timeout=60, trust_env=False)
    with client, client.stream("GET", "/v1/events") as followed:
        assert followed.status_code == 200
        assert client.post("/v1/articles", json=articles).status_code == 202
        stop(server, number)


def stop(server: Server, number: signal.Signals) -> None:
    """Ask a server to stop, and see that it does so in time and in order."""
    server.process.send_signal(number)
    assert server.process.wait(timeout=30) == 0
    # Closed in order: the write-ahead log is folded in, and the next holder need not wait.
    assert sorted(path.name for path in server.data.iterdir()) == ["owner.lock", "samestory.sqlite3"]


def test_after_a_kill_it_starts_again_at_once_and_nothing_is_lost(serve: Serve) -> None:
    server = serve()
    answer = httpx2.post(
        f"{server.address}/v1/articles", json=[FERRY_COURIER, FERRY_LEDGER, LIBRARY], trust_env=False
    )
    assert answer.status_code == 202
    server.process.kill()
    again = serve()
    deadline = time.monotonic() + 30
    while len(found := httpx2.get(f"{again.address}/v1/stories", trust_env=False).json()["stories"]) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert sorted(story["article_count"] for story in found) == [1, 2]


def test_the_demo_loads_the_sample_articles(serve: Serve) -> None:
    server = serve("--demo")
    stories = httpx2.get(f"{server.address}/v1/stories", params={"min_outlets": 2}, trust_env=False).json()
    assert len(stories["stories"]) >= 3
    page = httpx2.get(server.address, headers={"accept": "text/html"}, trust_env=False)
    assert page.status_code == 200
    assert stories["stories"][0]["id"] in page.text


def test_help_is_fast_because_nothing_heavy_is_imported() -> None:
    code = (
        "import sys, service.cli; from typer.main import get_command; get_command(service.cli.app); "
        "print([name for name in sys.argv[1].split() if name in sys.modules])"
    )
    heavy = "numpy numba scipy sklearn datasketch pydantic sqlalchemy fastapi uvicorn httpx2 celery structlog"
    found = subprocess.run([sys.executable, "-c", code, heavy], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
