"""A `samestory serve` of its own process, and clients that cost little: they share the processors with it."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

START_SECONDS = 300.0  # compiling kernels after an update included
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_SECONDS_PER_TICK = 1 / os.sysconf("SC_CLK_TCK")


class Answer(NamedTuple):
    """Status and body of an answer."""

    status: int
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Connection:
    """One keep-alive connection to the server; not for use from several threads at once."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def get(self, path: str) -> Answer:
        return self.send(request("GET", path))

    def post(self, path: str, body: bytes, kind: str = "application/json") -> Answer:
        return self.send(request("POST", path, body, kind))

    def send(self, made: bytes) -> Answer:
        """Send what `request` made, and read the answer."""
        self._socket.sendall(made)
        data = b""
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._received()
        length = int(found.group(1)) if (found := _LENGTH.search(data[:end])) else 0
        body = bytearray(data[end + 4 :])
        while len(body) < length:
            body += self._received()
        return Answer(int(data[9:12]), bytes(body))

    def close(self) -> None:
        self._socket.close()

    def _received(self) -> bytes:
        data = self._socket.recv(1 << 18)
        if not data:
            raise ConnectionError("the server closed the connection")
        return data


def request(method: str, path: str, body: bytes = b"", kind: str = "application/json") -> bytes:
    """The bytes of a request, so that making them need not cost while it is measured."""
    head = f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {len(body)}\r\n"
    return f"{head}content-type: {kind}\r\n\r\n".encode() + body


class Server(NamedTuple):
    """A running server: its port, its process and the seconds from its start to its being ready."""

    port: int
    pid: int
    seconds: float

    def processor_seconds(self) -> float:
        """What the process has used of processors so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * _SECONDS_PER_TICK

    def resident_mib(self) -> float:
        """What the process has in memory."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE") / (1 << 20)


@contextmanager
def serving(data: Path) -> Iterator[Server]:
    """Serve a data directory until the block ends. Kernels should be compiled before."""
    command = [sys.executable, "-m", "service.cli", "serve", "--port", "0", "--data", str(data)]
    quiet = {**os.environ, "SAMESTORY_RECLUSTER_MINUTES": "0"}
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=quiet) as process:
        try:
            port = _port(process)
            while Connection(port).get("/readyz").status != 200:
                time.sleep(0.05)
            yield Server(port, process.pid, time.perf_counter() - began)
        finally:
            process.terminate()


def _port(process: subprocess.Popen[bytes]) -> int:
    for line in process.stdout or ():
        if found := re.search(rb"http://127\.0\.0\.1:(\d+)", line):
            return int(found.group(1))
    raise SystemExit("the server did not start")
