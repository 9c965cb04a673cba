"""Who may ask for this, and how often? A key with the scope that the request needs, within its limit.

On loopback everybody may do everything until the first key is made; from then on, and on any other address,
requests need one: as `Authorization: Bearer KEY`, or from a browser as the cookie that `/login` sets.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import keys, model
from service.api import problems, scopes
from service.api.keyring import Keyring
from service.api.limits import Limits
from service.errors import SamestoryError, ScopeMissing, TooManyRequests, Unauthorised
from service.settings import Settings
from service.store.records import KeyRecord
from service.web.forms import KEY_COOKIE, login_address

UNSURE = "The key is unknown, expired or revoked."


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks: with a key or without, from where; `free` where no key is needed."""

    free: bool
    address: str
    given: str = ""
    by_cookie: bool = False
    record: KeyRecord | None = None

    def may(self, scope: model.Scope) -> bool:
        """Whether this visitor has the scope by a key, or needs none."""
        return self.free or (self.record is not None and keys.allows(self.record, scope))


class Gate:
    """ASGI middleware within the shield, before everything that costs something."""

    def __init__(self, app: ASGIApp, keyring: Keyring, limits: Limits, settings: Settings) -> None:
        self.app = app
        self.keyring = keyring
        self.limits = limits
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        try:
            visitor = await self._admitted(request)
        except SamestoryError as error:
            await _refusal(request, error)(scope, receive, send)
            return
        scope.setdefault("state", {}).update(visitor=visitor, gate=self)
        await self.app(scope, receive, send if visitor.free else _private(send))

    async def still(self, visitor: Visitor) -> bool:
        """Whether somebody who reads an endless answer may go on. Raises Unavailable."""
        if visitor.record is None:
            return self.settings.public_read or not await self.keyring.needed()
        record = await self.keyring.check(visitor.given)
        return record is not None and keys.allows(record, "read")

    async def _admitted(self, request: Request) -> Visitor:
        """Who asks. Raises Unauthorised, ScopeMissing, TooManyRequests, Unavailable."""
        path, method = request.scope["path"], request.method
        needed = scopes.scope_of(method, path)
        if needed is None and path != "/readyz":  # which tells more to whoever may read
            visitor = Visitor(False, _address(request))
            if path == "/login" and method == "POST":
                await self._count(visitor)
            return visitor
        try:
            visitor = await self._visitor(request)
        except SamestoryError:
            if needed is None:  # the store is away, and a probe says so itself
                return Visitor(False, _address(request))
            raise
        if needed is None or visitor.free:
            return visitor
        await self._count(visitor)
        self._judge(visitor, needed, method, path)
        return visitor

    async def _visitor(self, request: Request) -> Visitor:
        address = _address(request)
        if not await self.keyring.needed():
            return Visitor(True, address)
        given, by_cookie = _given(request)
        record = await self.keyring.check(given) if keys.KEY.fullmatch(given) else None
        return Visitor(False, address, given, by_cookie, record)

    async def _count(self, visitor: Visitor) -> None:
        settings, record = self.settings, visitor.record
        most = settings.anonymous_per_minute if record is None else settings.requests_per_minute
        who = f"address:{visitor.address}" if record is None else f"key:{record.id}"
        seconds = await self.limits.take(who, most) if most else 0.0
        if seconds:
            raise TooManyRequests(f"At most {most} a minute.", retry_seconds=seconds)

    def _judge(self, visitor: Visitor, needed: model.Scope, method: str, path: str) -> None:
        if visitor.record is None:
            if needed == "read" and self.settings.public_read and not visitor.given:
                return
            raise Unauthorised(UNSURE if visitor.given else "")
        if visitor.by_cookie and method not in scopes.SAFE_METHODS and path.startswith("/v1/"):
            raise Unauthorised("Here a cookie is not enough.")  # no page sends such: its forms have tokens
        if not visitor.may(needed):
            raise ScopeMissing(f"Scope: {needed}.")


def _given(request: Request) -> tuple[str, bool]:
    """The key that came along, and whether it was in the cookie."""
    said = request.headers.get("authorization", "")
    if said:
        kind, _, key = said.partition(" ")
        return (key.strip() if kind.lower() == "bearer" else said), False
    return request.cookies.get(KEY_COOKIE, ""), True


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _refusal(request: Request, error: SamestoryError) -> Response:
    """A problem document or a page; a browser that has no key is led to where it can give one."""
    if isinstance(error, Unauthorised) and problems.wants_page(request) and request.method == "GET":
        return RedirectResponse(login_address(request), 303, {"Cache-Control": "no-store"})
    return problems.answer(request, error)


def _private(send: Send) -> Send:
    """Keeps shared caches from storing what somebody's key has opened."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).setdefault("Cache-Control", "private, no-cache")
        await send(message)

    return sending
