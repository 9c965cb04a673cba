"""How is a host connected to whose addresses were checked? To these, whatever its name means by now.

http.client is used because it lets the caller connect, and follows nothing by itself.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from http.client import HTTPConnection
from urllib.parse import SplitResult

from service.network.addresses import port_of

TRIED = 4  # addresses of one host


class Pinned(HTTPConnection):
    """A connection to the first of these addresses that answers. late: it was cut when its time was over."""

    def __init__(self, url: SplitResult, addresses: Sequence[str], seconds: float) -> None:
        super().__init__(url.hostname or "", port_of(url), timeout=seconds)
        self.addresses = addresses[:TRIED]
        self.tls = url.scheme == "https"
        self.late = False
        self._line: socket.socket | None = None

    def connect(self) -> None:
        self.sock = self._connected()
        if self.tls:
            self.sock = _tls().wrap_socket(self.sock, server_hostname=self.host)
        self._line = self.sock  # http.client forgets its own once an answer begins
        if self.late:  # the time was over before there was anything to cut
            raise OSError("too late")

    def _connected(self) -> socket.socket:
        for last, address in enumerate(self.addresses, 1 - len(self.addresses)):
            try:
                return socket.create_connection((address, self.port), self.timeout)
            except OSError:
                if not last or self.late:
                    raise
        raise OSError("no address")

    def cut(self) -> None:
        """End it, whoever waits for it: a limit for the whole, where a socket knows one for each step."""
        self.late = True
        if self._line is not None:
            with suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)


@contextmanager
def pinned(url: SplitResult, addresses: Sequence[str], seconds: float) -> Iterator[Pinned]:
    """A connection that lives so many seconds at most."""
    connection = Pinned(url, addresses, seconds)
    limit = threading.Timer(seconds, connection.cut)
    limit.daemon = True
    limit.start()
    try:
        yield connection
    finally:
        limit.cancel()
        connection.close()


def target_of(url: SplitResult) -> str:
    """What a request asks for: path and query."""
    return (url.path or "/") + (f"?{url.query}" if url.query else "")


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
