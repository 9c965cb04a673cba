"""How does a reader come in where keys are needed? By a form that puts the key into a cookie."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from service import keys
from service.api.context import CurrentSettings
from service.api.keyring import Keyring
from service.web.forms import KEY_COOKIE, checked, ours, set_cookie
from service.web.rendering import render

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

NEVER_STORED = {"Cache-Control": "no-store"}


@router.get("/login")
async def ask_for_key(request: Request, back: str = "/") -> Response:
    """The form; who needs no key is sent on."""
    if not await _keyring(request).needed():
        return RedirectResponse(ours(back), 303)
    return _form(request, back, KEY_COOKIE in request.cookies, 200)


@router.post("/login")
async def sign_in(request: Request, settings: CurrentSettings) -> Response:
    """Take a key; one that is not good is asked for again."""
    fields = await checked(request, settings)
    key, back = fields.get("key", "").strip(), fields.get("back", "/")
    record = await _keyring(request).check(key) if keys.KEY.fullmatch(key) else None
    if record is None:
        return _form(request, back, refused=True, status=401)
    answer = RedirectResponse(ours(back), 303, NEVER_STORED)
    set_cookie(request, answer, KEY_COOKIE, key)
    return answer


@router.post("/logout")
async def sign_out(request: Request, settings: CurrentSettings) -> Response:
    """Forget the key in this browser."""
    await checked(request, settings)
    answer = RedirectResponse("/login", 303, NEVER_STORED)
    answer.delete_cookie(KEY_COOKIE)
    return answer


def _form(request: Request, back: str, refused: bool, status: int) -> Response:
    return render(request, "login.html", status, NEVER_STORED, back=ours(back), refused=refused)


def _keyring(request: Request) -> Keyring:
    keyring: Keyring = request.app.state.keyring
    return keyring
