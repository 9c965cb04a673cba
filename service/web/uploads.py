"""What file did a reader choose? A form with files, read within the limits of any other body."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from service.api import bodies
from service.errors import InvalidInput
from service.settings import Settings
from service.web.forms import check

MULTIPART = frozenset({"multipart/form-data"})
FIELDS = 20


@dataclass(frozen=True, slots=True)
class Upload:
    """What was sent. name: of the file, as its sender calls it."""

    fields: Mapping[str, str]
    name: str
    data: bytes


async def read_upload(request: Request, settings: Settings) -> Upload:
    """The form with one file that a page of ours sent. Raises Forbidden, InvalidInput, TooLarge, TooSlow,
    UnsupportedMedia."""
    data = await bodies.read_bytes(request, settings, MULTIPART)

    async def stream() -> AsyncGenerator[bytes, None]:
        yield data

    parser = MultiPartParser(
        request.headers, stream(), max_files=1, max_fields=FIELDS, max_part_size=len(data) + 1
    )
    try:
        found = await parser.parse()
    except (MultiPartException, ValueError, KeyError):
        raise InvalidInput("The form cannot be read.") from None
    fields = {name: value for name, value in found.multi_items() if isinstance(value, str)}
    files = [value for _, value in found.multi_items() if isinstance(value, UploadFile) and value.filename]
    content = await files[0].read() if files else b""
    await found.close()
    check(request, fields)
    if not files:
        raise InvalidInput("No file was chosen.")
    return Upload(fields, files[0].filename or "", content)
