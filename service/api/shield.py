"""What holds for every single answer? The security headers, a last-resort 500, and who may ask at all.

Pure ASGI and outermost, so that no answer, not even one about a crash, leaves without it.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api import problems
from service.api.paths import routable_path
from service.api.scopes import PROBES, SAFE_METHODS
from service.errors import Forbidden, Misdirected, SamestoryError

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    # Nothing to other sites; to none at all, browsers would call our own forms' origin "null".
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

log = structlog.get_logger(__name__)


class Shield:
    """Wraps the application; `allowed_hosts` are the names besides loopback it may be addressed by."""

    def __init__(self, app: ASGIApp, allowed_hosts: Iterable[str] = ()) -> None:
        self.app = app
        self.hosts = LOOPBACK | set(allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        sender = _Sender(send)
        try:
            self._admit(scope)
            await self.app({**scope, "path": routable_path(scope)}, receive, sender)
        except ClientDisconnect:
            log.info("client went away", path=scope["path"])
        except SamestoryError as error:
            refusal = problems.respond(problems.describe(error), problems.headers_of(error))
            await refusal(scope, receive, sender)
        except Exception:
            await _last_resort(scope, receive, sender)

    def _admit(self, scope: Scope) -> None:
        """Refuses names that a rebound DNS entry would carry, and writes that another site's page makes."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if scope["path"] not in PROBES and _hostname(f"//{host}") not in self.hosts:
            raise Misdirected()
        origin = headers.get("origin")
        if scope["method"] not in SAFE_METHODS and origin is not None and origin.partition("://")[2] != host:
            raise Forbidden("The Origin is not this server.")


class _Sender:
    """Adds the headers to whatever is sent, and knows whether an answer has begun."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers[name] = value
        await self.send(message)


async def _last_resort(scope: Scope, receive: Receive, sender: _Sender) -> None:
    """An unforeseen failure: all of it in the log, none of it in the answer."""
    log.exception("request failed", path=scope["path"], method=scope["method"])
    if not sender.started:
        await problems.respond(problems.describe(SamestoryError()))(scope, receive, sender)


def _hostname(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
