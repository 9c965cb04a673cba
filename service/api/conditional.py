"""Has what the client holds changed? An ETag for every GET, 304 when it has not; HEAD as GET, bodiless.

An answer that says when it was last modified is compared with If-Modified-Since, too: feed readers send it.
"""

from __future__ import annotations

from email.utils import mktime_tz, parsedate_tz
from hashlib import blake2b

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# A tag made of the bytes themselves can never be stale, whatever the store or the templates do.
TAG_BYTES = 16
STREAMED = ("text/event-stream", "text/csv", "application/x-ndjson")  # as it comes, of any length
_LAST: Message = {"type": "http.response.body", "body": b""}


class Conditional:
    """Pure ASGI middleware: holds back a GET's answer until its tag is known, unless it is a stream."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        held = _Held(send, Headers(scope=scope), scope["method"] == "HEAD")
        await self.app({**scope, "method": "GET"}, receive, held)


class _Held:
    """Collects one answer and sends it whole, or as 304."""

    def __init__(self, send: Send, asked: Headers, bodiless: bool) -> None:
        self.send = send
        self.known = asked.get("if-none-match", "")
        self.since = "" if self.known else asked.get("if-modified-since", "")
        self.bodiless = bodiless
        self.start: Message = {}
        self.body = bytearray()
        self.streamed = False
        self.ended = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
            self.streamed = Headers(scope=message).get("content-type", "").startswith(STREAMED)
            if self.streamed:
                await self.send(message)
            return
        if self.streamed:
            await self._pass_on(message)
            return
        self.body += message.get("body", b"")
        if not message.get("more_body", False):
            await self._finish()

    async def _pass_on(self, message: Message) -> None:
        if not self.bodiless:
            await self.send(message)
        elif not self.ended:
            self.ended = True
            await self.send(_LAST)

    async def _finish(self) -> None:
        unchanged = self.start["status"] == 200 and self._tag()
        if unchanged:
            self.start = {**self.start, "status": 304}
            del MutableHeaders(scope=self.start)["content-length"]
        await self.send(self.start)
        body = b"" if unchanged or self.bodiless else bytes(self.body)
        await self.send({"type": "http.response.body", "body": body})

    def _tag(self) -> bool:
        """Sets the ETag; True when the client already holds it."""
        tag = f'"{blake2b(self.body, digest_size=TAG_BYTES).hexdigest()}"'
        headers = MutableHeaders(scope=self.start)
        headers["ETag"] = tag
        headers.setdefault("Cache-Control", "no-cache")
        return matches(self.known, tag) or not_since(headers.get("last-modified", ""), self.since)


def not_since(last_modified: str, since: str) -> bool:
    """Whether something of this date is unchanged since that one; False where either is no date."""
    modified, known = _seconds(last_modified), _seconds(since)
    return modified is not None and known is not None and modified <= known


def _seconds(date: str) -> float | None:
    try:
        found = parsedate_tz(date)
        return None if found is None else mktime_tz(found)
    except (ValueError, OverflowError, TypeError):  # looks like a date, and is none
        return None


def matches(if_none_match: str, tag: str) -> bool:
    """RFC 9110's weak comparison of an If-None-Match header with one tag."""
    tags = [known.strip().removeprefix("W/") for known in if_none_match.split(",")]
    return tag in tags or "*" in tags
