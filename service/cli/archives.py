"""Which articles does a web archive hold? The pages of a WARC (or ARC) file, as a crawler of news wrote it.

What is no page (robots.txt, pictures, redirects, requests) is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any
from urllib.parse import urlsplit

from service.errors import InvalidInput, SamestoryError, TooLarge
from service.polling.decoding import decode


def pages(stream: IO[bytes], limit: int) -> Iterator[tuple[str, dict[str, Any] | SamestoryError, int]]:
    """(address, article or why it cannot be read, bytes) of each page; a broken archive ends so."""
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    try:
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
    except (ArchiveLoadFailed, OSError, EOFError, ValueError) as error:
        yield "", InvalidInput(f"The archive is broken from here on: {type(error).__name__}."), 0


def _is_page(record: Any, address: str) -> bool:
    headers = record.http_headers
    if (
        headers is None
        or headers.get_statuscode() != "200"
        or not address.startswith(("http://", "https://"))
    ):
        return False
    return "html" in (headers.get_header("content-type") or "").lower()
