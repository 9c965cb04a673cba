"""What does an address answer? One GET, every hop of it checked, within limits of time, size and redirects.

Compressed bodies are counted as they are unpacked, so that a small answer cannot become a large one.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPResponse
from urllib.parse import urljoin

from service.errors import RefusedAddress
from service.network.addresses import port_of, read_url, resolve
from service.network.pinned import pinned, target_of

REDIRECTS = 3
MOVED = frozenset({301, 302, 303, 307, 308})
CHUNK = 1 << 16
GZIP = b"\x1f\x8b"
AUTO = zlib.MAX_WBITS | 32  # gzip or zlib, as its header says
RAW = -zlib.MAX_WBITS
LONGEST_PAUSE = 86_400.0
AGENT = "samestory (+https://pypi.org/project/samestory)"

Approach = Callable[[str], None]


class CannotFetch(Exception):
    """Nothing came. reason: a sentence for a person."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Limits:
    """How far one answer may go. private: whether private addresses are called, which `setting` allows."""

    seconds: float
    bytes: int
    private: bool
    setting: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came. url: where from, after redirects; headers: by lower-case names; body: unpacked."""

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes

    def pause(self, now: float) -> float:
        """Seconds that `Retry-After` asks for."""
        asked = self.headers.get("retry-after", "")
        if asked.isascii() and asked.isdigit():
            return min(float(asked[:9]), LONGEST_PAUSE)
        try:
            return min(max(parsedate_to_datetime(asked).timestamp() - now, 0.0), LONGEST_PAUSE)
        except (ValueError, OverflowError):
            return 0.0


def fetch(url: str, headers: Mapping[str, str], limits: Limits, approach: Approach) -> Fetched:
    """GET an address, following a few redirects. `approach` is told each host before it is called, and may
    wait or raise.

    Raises CannotFetch.
    """
    left = limits.seconds
    for _ in range(REDIRECTS + 1):
        began = time.monotonic()
        addresses = _checked(url, limits)
        left -= time.monotonic() - began
        approach(read_url(url).netloc.lower())
        began = time.monotonic()
        found = _get(url, addresses, headers, limits, left)
        left -= time.monotonic() - began
        target = found.headers.get("location", "")
        if found.status not in MOVED or not target:
            return found
        url = urljoin(url, target)
    raise CannotFetch(f"More than {REDIRECTS} redirects.")


def _checked(url: str, limits: Limits) -> list[str]:
    try:
        parts = read_url(url)
        return resolve(parts.hostname or "", port_of(parts), private=limits.private, setting=limits.setting)
    except RefusedAddress as error:
        raise CannotFetch(error.detail) from None
    except OSError:
        raise CannotFetch("The host's name has no address.") from None


def _get(
    url: str, addresses: list[str], headers: Mapping[str, str], limits: Limits, seconds: float
) -> Fetched:
    """One hop."""
    parts = read_url(url)
    asked = {"User-Agent": AGENT, "Accept-Encoding": "gzip, deflate"} | dict(headers)
    with pinned(parts, addresses, max(seconds, 0.1)) as connection:
        try:
            connection.request("GET", target_of(parts), headers=asked)
            answer = connection.getresponse()
            said = {name.lower(): value for name, value in answer.getheaders()}
            body = b"" if answer.status in MOVED else _body(answer, said, limits.bytes)
        except (OSError, HTTPException, ValueError) as error:
            if connection.late:
                raise CannotFetch(f"No whole answer within {limits.seconds:g} seconds.") from None
            raise CannotFetch(f"The connection failed: {type(error).__name__}.") from None
    if connection.late:  # what was read by then looks like an end
        raise CannotFetch(f"No whole answer within {limits.seconds:g} seconds.")
    return Fetched(answer.status, url, said, body)


def _body(answer: HTTPResponse, headers: Mapping[str, str], limit: int) -> bytes:
    """The unpacked body. Raises CannotFetch for too much and for what cannot be unpacked."""
    chunks = _counted(iter(lambda: answer.read1(CHUNK), b""), limit)
    encoding = headers.get("content-encoding", "identity").strip().lower()
    try:
        if encoding in ("gzip", "x-gzip", "deflate"):
            chunks = _unpacked(chunks, limit)
        elif encoding not in ("identity", ""):
            raise CannotFetch("The answer is compressed in a way that was not asked for.")
        body = b"".join(chunks)
        if body.startswith(GZIP):  # a file.xml.gz, sent as it lies there
            body = b"".join(_unpacked(iter((body,)), limit))
    except zlib.error:
        raise CannotFetch("The answer's compression is broken.") from None
    return body


def _counted(chunks: Iterator[bytes], limit: int) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise CannotFetch(f"The answer is longer than {limit} bytes.")
        yield chunk


def _unpacked(chunks: Iterator[bytes], limit: int) -> Iterator[bytes]:
    return _counted(_inflated(chunks), limit)


def _inflated(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """What packed chunks say, never more than CHUNK at once."""
    engine = None
    for chunk in chunks:
        if engine is None:  # `deflate` comes with a header of zlib's or without
            engine = zlib.decompressobj(AUTO if _has_header(chunk) else RAW)
        while chunk and not engine.eof:
            yield engine.decompress(chunk, CHUNK)
            chunk = engine.unconsumed_tail
        if engine.eof:
            return
    if engine is not None:
        yield engine.flush(CHUNK)


def _has_header(chunk: bytes) -> bool:
    if chunk.startswith(GZIP):
        return True
    return len(chunk) > 1 and chunk[0] & 15 == 8 and (chunk[0] << 8 | chunk[1]) % 31 == 0
