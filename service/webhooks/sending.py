"""How is one delivery sent? One signed POST to a checked address, within a time limit, following nothing.

Signed as Standard Webhooks has it (standardwebhooks.com): consumers find libraries that check it in most
languages. http.client is used because it lets the caller connect, and follows nothing by itself.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from http.client import HTTPConnection, HTTPException

from service.errors import RefusedAddress
from service.webhooks.addresses import port_of, read_url, resolve

SECRET_PREFIX = "whsec_"  # noqa: S105 how such a secret begins
SECRET_BYTES = 32
LONGEST_PAUSE = 3600.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a POST: a status, or why there is none; and how long to wait if it was said."""

    status: int | None
    error: str = ""
    pause_seconds: float = 0.0

    @property
    def accepted(self) -> bool:
        """Whether the consumer has it."""
        return self.status is not None and 200 <= self.status < 300


def new_secret() -> str:
    """A secret to sign with."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed(secret: str, message_id: str, at: float, body: bytes) -> dict[str, str]:
    """The headers that prove who sent a body, and when: HMAC-SHA256 over id, time and body."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    moment = str(int(at))
    digest = hmac.digest(key, b".".join((message_id.encode(), moment.encode(), body)), sha256)
    signature = f"v1,{base64.b64encode(digest).decode()}"
    return {"webhook-id": message_id, "webhook-timestamp": moment, "webhook-signature": signature}


def post(url: str, body: bytes, headers: Mapping[str, str], *, seconds: float, private: bool) -> Answer:
    """Send a body; whatever goes wrong is in the answer. Nothing of the consumer's is read but its status."""
    try:
        parts = read_url(url)
        addresses = resolve(parts.hostname or "", port_of(parts), private=private)
    except RefusedAddress as error:
        return Answer(None, error.detail)
    except OSError:
        return Answer(None, "The host's name has no address.")
    connection = _Pinned(parts.hostname or "", port_of(parts), addresses, parts.scheme == "https", seconds)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    limit = threading.Timer(seconds, connection.cut)
    limit.daemon = True
    limit.start()
    try:
        connection.request("POST", target, body, _HEADERS | dict(headers))
        answer = connection.getresponse()
        return _answer(answer.status, answer.headers.get("retry-after", ""))
    except (OSError, HTTPException, ValueError) as error:
        late = f"No answer within {seconds:g} seconds." if connection.late else ""
        return Answer(None, late or f"The connection failed: {type(error).__name__}.")
    finally:
        limit.cancel()
        connection.close()


_HEADERS = {"Content-Type": "application/json", "User-Agent": "samestory"}


def _answer(status: int, retry_after: str) -> Answer:
    pause = float(retry_after[:9]) if retry_after.isascii() and retry_after.isdigit() else 0.0
    if 200 <= status < 300:
        return Answer(status)
    if 300 <= status < 400:
        return Answer(status, f"Redirects ({status}) are not followed; change the url.")
    return Answer(status, f"The answer was {status}.", min(pause, LONGEST_PAUSE))


class _Pinned(HTTPConnection):
    """A connection to the first of these addresses that answers, whatever the name means by now."""

    def __init__(self, host: str, port: int, addresses: list[str], tls: bool, seconds: float) -> None:
        super().__init__(host, port, timeout=seconds)
        self.addresses = addresses
        self.tls = tls
        self.late = False

    def connect(self) -> None:
        self.sock = self._connected()
        if self.tls:
            self.sock = _tls().wrap_socket(self.sock, server_hostname=self.host)

    def _connected(self) -> socket.socket:
        for last, address in enumerate(self.addresses, 1 - len(self.addresses)):
            try:
                return socket.create_connection((address, self.port), self.timeout)
            except OSError:
                if not last:
                    raise
        raise OSError("no address")

    def cut(self) -> None:
        """End it, whoever waits for it: a limit for the whole, where a socket knows one for each step."""
        self.late = True
        with suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
