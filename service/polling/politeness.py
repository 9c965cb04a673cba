"""When may a host be called? At times that the store gives out, one request apart; pages, where robots.txt
allows it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from service.network.fetching import CannotFetch, Limits, fetch
from service.settings import Settings
from service.store import Store, feeds

SETTING = "SAMESTORY_FEED_PRIVATE"
LONGEST_WAIT = 3.0  # seconds that a poll waits for a host; a longer wait is a later poll
ROBOTS_DAYS = 1.0
ROBOTS_BYTES = 500_000  # that RFC 9309 has a reader read
ROBOTS_SECONDS = 4.0
NAME = "samestory"


class HostBusy(Exception):
    """The host is to be left alone until `until`."""

    def __init__(self, until: float) -> None:
        self.until = until
        super().__init__()


@dataclass(frozen=True)
class Visitor:
    """One poll on its way: the clock and the patience of who polls."""

    store: Store
    settings: Settings
    clock: Callable[[], float]
    sleep: Callable[[float], object]

    @property
    def limits(self) -> Limits:
        """Those of feeds and pages."""
        settings = self.settings
        return Limits(settings.feed_seconds, settings.feed_bytes, settings.feed_private, SETTING)

    def approach(self, host: str) -> None:
        """Wait for a host's next free time. Raises HostBusy when that is far."""
        now = self.clock()
        with self.store.write() as connection:
            slot = feeds.reserve(connection, host, now, self.settings.feed_host_seconds)
        if slot - now > LONGEST_WAIT:
            raise HostBusy(slot)
        if slot > now:
            self.sleep(slot - now)

    def once_claimed(self, claimed: str) -> Callable[[str], None]:
        """`approach` for a host whose first request was reserved with the claim."""
        free = [claimed]

        def approach(host: str) -> None:
            if host in free:
                free.remove(host)
            else:
                self.approach(host)

        return approach

    def may_read(self, url: str, approach: Callable[[str], None]) -> bool:
        """Whether a host's robots.txt lets us read a page; one that cannot be had forbids it."""
        host, now = host_of(url), self.clock()
        with self.store.read() as connection:
            text = feeds.robots(connection, host, now - ROBOTS_DAYS * 86_400.0)
        if text is None:
            text = self._robots(url, approach)
            with self.store.write() as connection:
                feeds.keep_robots(connection, host, text, now)
        rules = RobotFileParser()
        rules.parse(text.splitlines())
        return rules.can_fetch(NAME, url)

    def _robots(self, url: str, approach: Callable[[str], None]) -> str:
        parts = urlsplit(url)
        limits = Limits(ROBOTS_SECONDS, ROBOTS_BYTES, self.settings.feed_private, SETTING)
        try:
            found = fetch(f"{parts.scheme}://{parts.netloc}/robots.txt", {}, limits, approach)
        except CannotFetch:
            return FORBIDDEN
        if found.status == 200:
            return found.body.decode("utf-8", "replace")
        return "" if 400 <= found.status < 500 else FORBIDDEN


FORBIDDEN = "User-agent: *\nDisallow: /"


def host_of(url: str) -> str:
    """The host of an address, with its port where that is said."""
    return urlsplit(url).netloc.lower()
