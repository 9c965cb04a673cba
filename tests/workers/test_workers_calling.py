"""Do workers read feeds, and does a host that hangs hold up nothing but feeds?"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from fleet import BEAT, CALLER, OWNER, WORKER, Broker, eventually, fleet
from grouping import send
from reports import FERRY_COURIER, FERRY_LEDGER, LIBRARY

from service.polling import subscribing
from service.store import feeds
from service.store.records import FeedRecord
from service.store.store import Store

ITEM = "<item><title>{title}</title><guid>{id}</guid><description>{text}</description></item>"
HANGING = 10  # two at once hold the caller up for half a minute


@contextmanager
def hosts() -> Iterator[str]:
    """A host with a feed at /good, and others that say nothing until the test is over."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != "/good":
                over.wait()
                return
            body = f"<rss version='2.0'><channel>{ITEM.format(**LIBRARY)}</channel></rss>".encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("0.0.0.0", 0), Handler) as server:  # noqa: S104 each address of 127/8 is a host
        threading.Thread(target=server.serve_forever).start()
        yield f"{server.server_address[1]}"
        over.set()
        server.shutdown()


def known(store: Store) -> dict[str, FeedRecord]:
    with store.read() as connection:
        return {feed.url: feed for feed in feeds.listed(connection, None, 100)}


def titles(store: Store) -> set[str]:
    return {story.title for story in store.stories.list().items}


def test_feeds_are_read_by_workers_of_their_own(tmp_path: Path, broker: Broker) -> None:
    with (
        hosts() as port,
        fleet(tmp_path, broker, feed_private=True, feed_seconds=6, stuck_seconds=8) as made,
    ):
        store = made.engine.store
        for name, what in (("worker", WORKER), ("owner", OWNER), ("beat", BEAT)):
            made.start(name, what, wait=False)
        good = f"http://127.0.0.1:{port}/good"
        slow = [f"http://127.0.0.{2 + number}:{port}/slow" for number in range(HANGING)]
        send(made, [FERRY_COURIER])  # all work
        for url in (good, *slow):
            subscribing.register(store, store.settings, url, "", False, store.now())
        time.sleep(2.5)  # two sweeps
        assert not any(feed.polled_at for feed in known(store).values()), "nobody else reads feeds"
        made.start("caller", CALLER)
        eventually(lambda: any(known(store)[url].failures for url in slow), what="a host hangs")
        send(made, [FERRY_LEDGER])
        assert not all(known(store)[url].reason for url in slow), "hosts hang, and articles are placed"
        eventually(lambda: known(store)[good].items == 1, what="the feed is read")
        eventually(lambda: LIBRARY["title"] in titles(store), what="its article is placed")
        eventually(lambda: any("seconds" in known(store)[url].reason for url in slow), what="told why")
