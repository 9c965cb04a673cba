"""What did a form send? Fields and files, read within the limits of any other body."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from service.api import bodies
from service.errors import InvalidInput
from service.settings import Settings

URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
FIELDS = 50


@dataclass(frozen=True, slots=True)
class Form:
    """What was sent. files: name and content of each that was chosen."""

    fields: Mapping[str, str]
    files: Mapping[str, tuple[str, bytes]]

    def text(self, name: str) -> str:
        """A field without the space around it; empty where it is missing."""
        return self.fields.get(name, "").strip()


async def read_form(request: Request, settings: Settings) -> Form:
    """The form that a request carries. Raises InvalidInput, TooLarge, TooSlow, UnsupportedMedia."""
    data = await bodies.read_bytes(request, settings, frozenset({URLENCODED, MULTIPART}))
    try:
        if request.headers["content-type"].startswith(URLENCODED):
            return Form(dict(parse_qsl(data.decode(), max_num_fields=FIELDS, errors="strict")), {})
        return await _multipart(request, data)
    except (ValueError, MultiPartException, KeyError):
        raise InvalidInput("The form cannot be read.") from None


async def _multipart(request: Request, data: bytes) -> Form:
    async def stream() -> AsyncGenerator[bytes, None]:
        yield data
        yield b""

    parser = MultiPartParser(
        request.headers, stream(), max_files=FIELDS, max_fields=FIELDS, max_part_size=len(data) + 1
    )
    fields: dict[str, str] = {}
    files: dict[str, tuple[str, bytes]] = {}
    found = await parser.parse()
    for name, value in found.multi_items():
        if not isinstance(value, UploadFile):
            fields[name] = value
        elif value.filename:
            files[name] = (value.filename, await value.read())
    await found.close()
    return Form(fields, files)
