"""Which articles does a web archive hold? The pages of a WARC file, as a crawler of news wrote it.

What is no page (robots.txt, pictures, redirects, requests) is passed over. Records are told apart here, and
warcio reads each: of an archive that is cut off within a record it would read what is there without a word.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from typing import IO, Any
from urllib.parse import urlsplit

from service.errors import SamestoryError, TooLarge, UnreadableFile
from service.polling.decoding import decode

CUT = "The archive is cut off within a record; what stands before it is whole."
BROKEN = "The archive is broken from here on: {}."
HEAD_LINE = 1 << 16  # bytes of a line of a record's head
HEADS = 1 << 17  # bytes beside a page that a record may need
GZIP = b"\x1f\x8b"
NOT_READ = (OSError, zlib.error, EOFError, ValueError, AttributeError, LookupError)  # of warcio and gzip

Page = tuple[str, dict[str, Any] | SamestoryError, int]


def pages(stream: IO[bytes], limit: int, most: int | None = None) -> Iterator[Page]:
    """(address, article or why it cannot be read, bytes) of each page; a broken archive ends so.

    limit: bytes of a page; most: bytes that are unpacked in all.
    """
    from warcio.exceptions import ArchiveLoadFailed

    try:
        given: Any = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(stream)
        unpacked = _Unpacked(given) if given.peek(2)[:2] == GZIP else None
        plain: Any = io.BufferedReader(unpacked) if unpacked else given
        for record in _records(plain, limit + HEADS, most):
            yield from _pages(io.BytesIO(record), limit)
        if unpacked and unpacked.error:
            raise unpacked.error
    except SamestoryError as error:
        yield "", error, 0
    except EOFError:
        yield "", UnreadableFile(CUT), 0
    except (ArchiveLoadFailed, *NOT_READ) as error:
        yield "", UnreadableFile(BROKEN.format(type(error).__name__)), 0


class _Unpacked(io.RawIOBase):
    """What a packed archive holds. Where it breaks off it ends, and `error` says why: nothing that was
    unpacked before is lost on the way."""

    def __init__(self, packed: IO[bytes]) -> None:
        self._file = gzip.GzipFile(fileobj=packed)
        self.error: Exception | None = None

    def readable(self) -> bool:
        """Whether it can be read, as a buffer asks."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as one read goes."""
        try:
            data = self._file.read1(len(buffer))
        except (EOFError, OSError, zlib.error) as error:
            self.error, data = error, b""
        buffer[: len(data)] = data
        return len(data)


def _records(stream: io.BufferedReader[Any], limit: int, most: int | None) -> Iterator[bytes]:
    """Each record of a WARC, a long one shortened. Raises EOFError, UnreadableFile, TooLarge."""
    unpacked = 0
    while head := _head(stream):
        length = _length(head)
        unpacked += len(head) + length
        if most is not None and unpacked > most:
            raise TooLarge(f"At most {most} bytes are unpacked here; `samestory import` has no limit.")
        content = stream.read(min(length, limit))
        left = length - len(content)
        while left and (skipped := len(stream.read(min(left, HEADS)))):
            left -= skipped
        if left:
            raise EOFError
        yield head + content


def _head(stream: io.BufferedReader[Any]) -> bytes:
    """The lines before a record's content; nothing at the archive's end."""
    lines: list[bytes] = []
    size = 0
    while True:
        line = stream.readline(HEAD_LINE)
        size += len(line)
        if size > HEADS:
            raise UnreadableFile(BROKEN.format("a record whose head does not end"))
        if not line and not lines:
            return b""
        if not line.endswith(b"\n"):
            raise EOFError if len(line) < HEAD_LINE else UnreadableFile(BROKEN.format("no head of a record"))
        if line.strip():
            lines.append(line)
        elif lines:
            return b"".join([*lines, b"\r\n"])
        if lines and not lines[0].startswith(b"WARC/"):
            raise UnreadableFile(BROKEN.format("no head of a record"))


def _length(head: bytes) -> int:
    for line in head.splitlines():
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and value.strip().isdigit():
            return int(value)
    raise UnreadableFile(BROKEN.format("a record without its length"))


def _pages(stream: IO[bytes], limit: int) -> Iterator[Page]:
    from warcio.archiveiterator import ArchiveIterator

    for record in ArchiveIterator(stream):
        address = record.rec_headers.get_header("WARC-Target-URI") or ""
        if record.rec_type != "response" or not _is_page(record, address):
            continue
        data = record.content_stream().read(limit + 1)
        if len(data) > limit:
            yield address, TooLarge(f"Limit: {limit} bytes an article."), limit
            continue
        kind = record.http_headers.get_header("content-type") or ""
        article = {"url": address, "outlet": urlsplit(address).netloc, "html": decode(data, kind)}
        yield address, article, len(data)


def _is_page(record: Any, address: str) -> bool:
    headers = record.http_headers
    if (
        headers is None
        or headers.get_statuscode() != "200"
        or not address.startswith(("http://", "https://"))
    ):
        return False
    return "html" in (headers.get_header("content-type") or "").lower()
