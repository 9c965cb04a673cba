"""Is nothing fetched that must not be? Private addresses, names that change, redirects to what is refused."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from feed_world import world

from service.network.fetching import CannotFetch, Fetched, Limits, fetch

CAREFUL = Limits(2.0, 100_000, False, "SAMESTORY_FEED_PRIVATE")


def nobody(host: str) -> None:
    """No politeness."""


def resolver(monkeypatch: pytest.MonkeyPatch, answers: list[str]) -> list[str]:
    """Have names of example hosts mean these addresses, one after another; returns what was asked."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def look_up(host: str, port: int, *args: Any, **how: Any) -> list[Any]:
        if not host.endswith(".example"):
            return real(host, port, *args, **how)
        asked.append(host)
        address = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://10.0.0.1/", "http://169.254.169.254/",
        "http://0x7f.1/", "http://2130706433/", "http://[::ffff:127.0.0.1]/", "http://0.0.0.0/",
        "file:///etc/passwd", "ftp://h.example/", "http://u:p@h.example/", "gopher://h.example/", "http:///x",
    ],
)  # fmt: skip
def test_what_is_private_is_refused_before_anything_is_called(url: str) -> None:
    called: list[str] = []
    with pytest.raises(CannotFetch):
        fetch(url, {}, CAREFUL, called.append)
    assert called == []


def test_a_redirect_to_a_private_address_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first hop is allowed, as if its host were public; the second is checked like the first."""
    with world(hosts=2) as made:
        hop = f"http://{made.hosts[0]}/moved/1"
        checked = iter([True, False])
        monkeypatch.setattr("service.network.addresses.is_public", lambda _: next(checked))
        with pytest.raises(CannotFetch, match="private address; SAMESTORY_FEED_PRIVATE"):
            fetch(hop, {}, CAREFUL, nobody)
    assert [path for _, path, *_ in made.requests] == ["/moved/1"]


def test_a_name_that_changes_after_it_was_checked_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address that was looked at is the one that is connected to; the name is asked once."""
    with world(hosts=2) as made:
        port = made.hosts[0].partition(":")[2]
        asked = resolver(monkeypatch, ["127.0.7.1", "127.0.7.2"])
        monkeypatch.setattr("service.network.addresses.is_public", lambda address: address == "127.0.7.1")
        found = fetch(f"http://rebound.example:{port}/rss/1", {}, CAREFUL, nobody)
    assert found.status == 200
    assert asked == ["rebound.example"]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("endless", "longer than 100000"),
        ("bomb", "longer than 100000"),
        ("slow", "within 0.3 seconds"),
        ("loop", "More than 3 redirects"),
        ("truncated", "compression"),
        ("script", "begins with http"),
    ],
)
def test_no_answer_is_read_for_ever(kind: str, reason: str) -> None:
    limits = Limits(0.3 if kind == "slow" else 5.0, 100_000, True, "X")
    with world(hosts=1) as made, pytest.raises(CannotFetch, match=reason):
        fetch(made.url(0, kind), {}, limits, nobody)


def test_retry_after_is_a_number_or_a_date() -> None:
    def pause(value: str) -> float:
        return Fetched(503, "", {"retry-after": value}, b"").pause(1_700_000_000.0)

    assert pause("120") == 120
    assert pause("Tue, 14 Nov 2023 22:15:00 GMT") == 100
    assert pause("9" * 40) == pause("Tue, 14 Nov 2123 22:15:00 GMT") == 86_400
    assert pause("soon") == pause("") == pause("Mon, 01 Jan 0001 00:00:00 +2359") == 0
