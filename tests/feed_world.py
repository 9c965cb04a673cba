"""What is polled in tests? Real servers on loopback addresses, a simulated clock, and feeds of every kind.

Each address of 127.0.0.0/8 is a host of its own. Good feeds grow as time goes on; the others are what the
world has: broken, slow, endless, moved, gone, hostile.
"""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from hashlib import sha256
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import Any

import orjson

from service.polling import polling, subscribing
from service.polling.opml import Outline
from service.settings import Settings
from service.store import Store

START = 1_700_000_000.0
PERIOD = 240.0  # seconds between two items of a feed
BEGINS_WITH = 3  # items
GOOD = (
    "rss", "atom", "json", "rdf", "gzip", "gzip_file", "deflate", "wrong_charset", "legacy", "broken",
    "moved", "page", "busy",
)  # fmt: skip
# The others, and a word of the reason that must be given.
BAD = {
    "hopeless": "neither", "missing": "404", "error": "500", "gone": "410", "loop": "redirects",
    "endless": "longer", "slow": "seconds", "bomb": "longer", "laughs": "entities", "feedless": "no feed",
    "empty": "empty", "not_json": "not JSON", "script": "not one that is called|begins with http",
    "truncated": "compression|connection", "cut": "connection",
}  # fmt: skip


class Clock:
    """Simulated Unix seconds, which sleeping advances."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time go by."""
        self.now += seconds


@dataclass
class World:
    """Hosts with their feeds, and every request that they got: (host, path, simulated time, status)."""

    clock: Clock
    hosts: list[str] = field(default_factory=list)
    requests: list[tuple[str, str, float, int]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def url(self, number: int, kind: str) -> str:
        """The address of a feed."""
        return f"http://{self.hosts[number % len(self.hosts)]}/{kind}/{number}"

    def served(self, number: int) -> int:
        """How many items a feed has by now."""
        return BEGINS_WITH + int((self.clock.now - START + 17 * number) // PERIOD)

    def gaps(self) -> float:
        """The shortest time between two requests to one host."""
        times: dict[str, list[float]] = {}
        for host, _, at, _ in self.requests:
            times.setdefault(host, []).append(at)
        return min(b - a for found in times.values() for a, b in pairwise(sorted(found)))


def title_of(number: int, item: int) -> str:
    """No two alike, some in Arabic."""
    word = "تقرير" if number % 3 == 0 else "Report"
    return f"{word} {number}-{item} {sha256(f'{number} {item}'.encode()).hexdigest()[:8]}"


def text_of(number: int, item: int) -> str:
    """Words like no other item's, with markup that must not come through."""
    digest = sha256(f"{number}/{item}".encode()).hexdigest()
    words = " ".join(f"{digest[at : at + 6]}word" for at in range(0, 60, 2))
    arabic = "قال المتحدث إن الطريق سيفتح غدا أمام حركة السير بعد انتهاء الأشغال. " if number % 3 == 0 else ""
    return f"<p>{arabic}{words}</p><script>alert({item})</script><img src=x onerror=alert(1)>"


def rss(world: World, number: int) -> str:
    """RSS 2.0, newest first."""
    items = "".join(
        f"<item><title>{title_of(number, item)}</title><guid isPermaLink='false'>{number}:{item}</guid>"
        f"<link>{link(world, number, item)}</link><pubDate>{formatdate(START + item * PERIOD)}</pubDate>"
        f"<description>{escape(text_of(number, item))}</description></item>"
        for item in newest(world, number)
    )
    return (
        f"<?xml version='1.0' encoding='utf-8'?>\n<rss version='2.0'><channel><title>Feed {number}</title>"
        f"<link>/home</link><ttl>1</ttl>{items}</channel></rss>"
    )


def atom(world: World, number: int) -> str:
    """Atom, with an item's text as XHTML."""
    items = "".join(
        f"<entry><id>tag:{number}:{item}</id><title type='html'>{title_of(number, item)}</title>"
        f"<link href='/article/{number}/{item}'/><link rel='replies' href='/no'/>"
        f"<updated>2023-11-15T00:00:00Z</updated>"
        f"<content type='html'>{escape(text_of(number, item))}</content></entry>"
        for item in newest(world, number)
    )
    return (
        f"<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='en'><title>Feed {number}</title>"
        f"<link rel='self' href='/self'/><link href='/home'/>{items}</feed>"
    )


def rdf(world: World, number: int) -> str:
    """RSS 1.0: items stand beside their channel."""
    items = "".join(
        f"<item rdf:about='{link(world, number, item)}'><title>{title_of(number, item)}</title>"
        f"<link>{link(world, number, item)}</link><dc:date>2023-11-15T00:00:00Z</dc:date>"
        f"<description>{escape(text_of(number, item))}</description></item>"
        for item in newest(world, number)
    )
    return (
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/' "
        f"xmlns:dc='http://purl.org/dc/elements/1.1/'><channel><title>Feed {number}</title></channel>{items}"
        "</rdf:RDF>"
    )


def json_feed(world: World, number: int) -> bytes:
    """JSON Feed 1.1."""
    items = [
        {
            "id": f"{number}:{item}",
            "url": link(world, number, item),
            "title": title_of(number, item),
            "content_html": text_of(number, item),
        }
        for item in newest(world, number)
    ]
    return orjson.dumps(
        {"version": "https://jsonfeed.org/version/1.1", "title": f"Feed {number}", "items": items}
    )


def newest(world: World, number: int) -> Sequence[int]:
    """The last ten items."""
    count = world.served(number)
    return range(count - 1, max(-1, count - 11), -1)


def link(world: World, number: int, item: int) -> str:
    """An article's own address."""
    return f"http://{world.hosts[number % len(world.hosts)]}/article/{number}/{item}"


Answer = tuple[int, dict[str, str], bytes]
XML = {"Content-Type": "application/xml"}


def answer(world: World, kind: str, number: int) -> Answer:
    """What a feed of this kind says."""
    text = rss(world, number)
    plain: dict[str, Callable[[], Answer]] = {
        "rss": lambda: (200, XML, text.encode()),
        "atom": lambda: (200, XML, atom(world, number).encode()),
        "rdf": lambda: (200, XML, rdf(world, number).encode()),
        "json": lambda: (200, {"Content-Type": "application/feed+json"}, json_feed(world, number)),
        "gzip": lambda: (200, XML | {"Content-Encoding": "gzip"}, gzip.compress(text.encode(), mtime=0)),
        "gzip_file": lambda: (200, {}, gzip.compress(text.encode(), mtime=0)),
        "deflate": lambda: (200, XML | {"Content-Encoding": "deflate"}, _deflated(text)),
        "wrong_charset": lambda: (200, {"Content-Type": "text/xml; charset=iso-8859-1"}, text.encode()),
        "legacy": lambda: (
            200,
            {"Content-Type": "text/xml; charset=windows-1256"},
            text.encode("windows-1256"),
        ),
        "broken": lambda: (200, XML, text.replace("</channel>", "<oops>&nbsp;&bad").encode()),
        "moved": lambda: (302, {"Location": f"/rss/{number}"}, b""),
        "page": lambda: (200, {"Content-Type": "text/html"}, _page(number)),
        "busy": lambda: _busy(world, number, text),
        "hopeless": lambda: (200, {}, bytes(range(1, 256)) * 4),
        "missing": lambda: (404, {}, b"no"),
        "error": lambda: (500, {}, b"no"),
        "gone": lambda: (410, {}, b"no"),
        "loop": lambda: (301, {"Location": f"/loop/{number}"}, b""),
        "bomb": lambda: (200, {"Content-Encoding": "gzip"}, BOMB),
        "laughs": lambda: (200, XML, LAUGHS),
        "feedless": lambda: (200, {"Content-Type": "text/html"}, b"<html><title>Nothing</title></html>"),
        "empty": lambda: (200, XML, b""),
        "not_json": lambda: (200, XML, b"{'a': 1}"),
        "script": lambda: (302, {"Location": "file:///etc/passwd"}, b""),
        "truncated": lambda: (200, {"Content-Encoding": "gzip"}, b"\x1f\x8bnonsense"),
        "article": lambda: (200, {"Content-Type": "text/html"}, b"<html><p>A page.</p></html>"),
    }
    return plain[kind]()


ROBOTS = b"User-agent: *\nAllow: /\n"
BOMB = gzip.compress(b"0" * (8 << 20))
LAUGHS = (
    b'<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY l1 "&lol;&lol;&lol;&lol;">]><rss><channel><item><title>&l1;'
    b"</title></item></channel></rss>"
)


def _deflated(text: str) -> bytes:
    import zlib

    return zlib.compress(text.encode())


def _page(number: int) -> bytes:
    return (
        f"<!doctype html><html><head><link rel='alternate' type='application/rss+xml' href='/comments/1'>"
        f"<link type=application/rss+xml rel=alternate title=a href=/rss/{number}></head></html>"
    ).encode()


def _busy(world: World, number: int, text: str) -> Answer:
    if world.clock.now < START + 120:
        return 429, {"Retry-After": "130"}, b"later"
    return 200, XML, text.encode()


@contextmanager
def world(hosts: int) -> Iterator[World]:
    """So many hosts, each a server on an address of its own."""
    made = World(Clock())
    servers = [ThreadingHTTPServer((f"127.0.7.{n + 1}", 0), _handler(made)) for n in range(hosts)]
    threads = [threading.Thread(target=server.serve_forever, args=(0.05,)) for server in servers]
    made.hosts = [f"127.0.7.{n + 1}:{server.server_address[1]}" for n, server in enumerate(servers)]
    for server, thread in zip(servers, threads, strict=True):
        server.daemon_threads = True
        thread.start()
    try:
        yield made
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()


def _handler(made: World) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, _, number = self.path.strip("/").partition("/")
            at = made.clock.now
            status = self.reply(kind, int(number.partition("/")[0]) if number else 0)
            with made.lock:
                made.requests.append((self.headers["host"], self.path, at, status))

        def reply(self, kind: str, number: int) -> int:
            if kind in ("endless", "slow", "cut"):
                return self.never_end(kind)
            status, headers, body = (200, {}, ROBOTS) if kind == "robots.txt" else answer(made, kind, number)
            tag = f'"{sha256(body).hexdigest()[:16]}"'
            if status == 200 and self.headers["if-none-match"] == tag:
                status, body = 304, b""
            self.send_response(status)
            for name, value in (headers | {"ETag": tag, "Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            return status

        def never_end(self, kind: str) -> int:
            self.send_response(200)
            if kind == "cut":
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self.wfile.write(b"5\r\n<rss>\r\nnonsense")
                return 200
            self.end_headers()
            ends = time.monotonic() + 5
            try:
                while time.monotonic() < ends:
                    self.wfile.write(b"<rss>" * (1 if kind == "slow" else 10_000))
                    time.sleep(0.05 if kind == "slow" else 0)
            except OSError:
                pass
            return 200

        def log_message(self, *_: object) -> None:
            """Nothing."""

    return Handler


def subscribe(made: World, store: Store, settings: Settings, kinds: Sequence[str]) -> dict[int, str]:
    """Subscribe to one feed for each of these kinds; returns the kinds by the feeds' numbers."""
    numbered = dict(enumerate(kinds))
    listed = [Outline("", made.url(number, kind), "") for number, kind in numbered.items()]
    told = subscribing.register_all(store, settings, listed, False, made.clock.now)
    assert told["added"] == len(listed)
    return numbered


def run(made: World, store: Store, settings: Settings, minutes: float) -> int:
    """Poll what is due as simulated time goes by; returns the number of turns."""
    turns = 0
    ends = made.clock.now + minutes * 60
    while made.clock.now < ends:
        for feed_id in polling.due(store, made.clock.now):
            done = polling.turn(store, settings, feed_id, made.clock, made.clock.sleep)
            turns += done.done
        made.clock.sleep(2)
    return turns


def quick(**changes: Any) -> dict[str, Any]:
    """Settings for a simulated world."""
    given: dict[str, Any] = {"feed_private": True, "feed_seconds": 0.3, "feed_bytes": 200_000}
    return given | {"feed_minutes": 2, "feed_attempts": 4} | changes
