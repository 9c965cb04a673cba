"""Did a page of ours send this form? Each form carries a token that only such a page can know.

The token belongs to a cookie: the key of who is signed in, else a random one. Another site can make a browser
send our cookies; it can neither read them nor compute the token.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import urlencode

from fastapi import Request, Response

from service.api import bodies
from service.errors import Forbidden
from service.settings import Settings

KEY_COOKIE = "samestory_key"
FORM_COOKIE = "samestory_form"
FIELD = "token"
COOKIE_DAYS = 30


class Form:
    """The token of one page's forms; made when a template asks for it."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._made = ""

    @property
    def signed_in(self) -> bool:
        """Whether the reader gave a key."""
        return KEY_COOKIE in self._request.cookies

    @property
    def token(self) -> str:
        """What the form must send along."""
        if not _session(self._request) and not self._made:
            self._made = secrets.token_hex(16)
        return _token(self._request, _session(self._request) or self._made)

    def remember(self, response: Response) -> None:
        """Set the cookie that the token belongs to, where it is new."""
        if self._made:
            set_cookie(self._request, response, FORM_COOKIE, self._made)


async def checked(request: Request, settings: Settings) -> Mapping[str, str]:
    """The fields of a form that a page of ours sent. Raises Forbidden, InvalidInput, UnsupportedMedia."""
    fields = await bodies.read_form(request, settings)
    check(request, fields)
    return fields


def check(request: Request, fields: Mapping[str, str]) -> None:
    """Raises Forbidden for fields that no page of ours sent."""
    session = _session(request)
    if not session or not hmac.compare_digest(fields.get(FIELD, ""), _token(request, session)):
        raise Forbidden("The form's token is missing or old: load the page again.")


def set_cookie(request: Request, response: Response, name: str, value: str) -> None:
    """A cookie that scripts cannot read and other sites' forms do not bring along."""
    response.set_cookie(
        name, value, max_age=COOKIE_DAYS * 86_400, httponly=True, samesite="lax",
        secure=request.url.scheme == "https",
    )  # fmt: skip


def login_address(request: Request) -> str:
    """Where a reader gives a key, to come back to this page."""
    query = request.url.query
    return "/login?" + urlencode({"back": request.url.path + (f"?{query}" if query else "")})


def ours(address: str) -> str:
    """An address of this server to go back to; the first page where it is none."""
    safe = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if safe and address.isprintable() else "/"


def _session(request: Request) -> str:
    return request.cookies.get(KEY_COOKIE) or request.cookies.get(FORM_COOKIE) or ""


def _token(request: Request, session: str) -> str:
    secret: bytes = request.app.state.engine.store.key
    return hmac.new(secret, f"form {session}".encode(), sha256).hexdigest()
