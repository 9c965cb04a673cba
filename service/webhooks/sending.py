"""How is one delivery sent? One signed POST to a checked address, within a time limit, following nothing.

Signed as Standard Webhooks has it (standardwebhooks.com): consumers find libraries that check it in most
languages.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPException

from service.errors import RefusedAddress
from service.network.addresses import port_of, read_url, resolve
from service.network.pinned import pinned, target_of

SECRET_PREFIX = "whsec_"  # noqa: S105 how such a secret begins
SECRET_BYTES = 32
LONGEST_PAUSE = 3600.0
PRIVATE = "SAMESTORY_WEBHOOK_PRIVATE"


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
        addresses = resolve(parts.hostname or "", port_of(parts), private=private, setting=PRIVATE)
    except RefusedAddress as error:
        return Answer(None, error.detail)
    except OSError:
        return Answer(None, "The host's name has no address.")
    with pinned(parts, addresses, seconds) as connection:
        try:
            connection.request("POST", target_of(parts), body, _HEADERS | dict(headers))
            answer = connection.getresponse()
            return _answer(answer.status, answer.headers.get("retry-after", ""))
        except (OSError, HTTPException, ValueError) as error:
            if connection.late or isinstance(error, TimeoutError):
                return Answer(None, f"No answer within {seconds:g} seconds.")
            return Answer(None, f"The connection failed: {type(error).__name__}.")


_HEADERS = {"Content-Type": "application/json", "User-Agent": "samestory"}


def _answer(status: int, retry_after: str) -> Answer:
    pause = float(retry_after[:9]) if retry_after.isascii() and retry_after.isdigit() else 0.0
    if 200 <= status < 300:
        return Answer(status)
    if 300 <= status < 400:
        return Answer(status, f"Redirects ({status}) are not followed; change the url.")
    return Answer(status, f"The answer was {status}.", min(pause, LONGEST_PAUSE))
