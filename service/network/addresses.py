"""Which addresses may be called? Public ones. Every address of a name is looked at, and it is these that are
connected to: a name that changes in between changes nothing.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from service.errors import RefusedAddress

PORTS = {"http": 80, "https": 443}
LONGEST = 2000
# IPv6 addresses that a router turns into IPv4 ones, which may be private: NAT64, 6to4, Teredo.
TRANSLATED = tuple(map(IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")))


def read_url(url: str) -> SplitResult:
    """The parts of a url that may be called by its looks. Raises RefusedAddress."""
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        raise RefusedAddress("A url is ASCII, percent-encoded, and not longer than 2,000 letters.")
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise RefusedAddress("That is not a url.") from None
    if parts.scheme not in PORTS or not named:
        raise RefusedAddress("A url begins with http:// or https:// and names a host.")
    if parts.username is not None or parts.password is not None:
        raise RefusedAddress("A url carries no user name or password here.")
    return parts


def port_of(parts: SplitResult) -> int:
    """The port that a url means."""
    return parts.port or PORTS[parts.scheme]


def resolve(host: str, port: int, *, private: bool, setting: str) -> list[str]:
    """The addresses of a host, which may all be called. Raises RefusedAddress; OSError when it has none.

    private: whether private ones may, which `setting` allows.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise RefusedAddress("That is not the name of a host.") from None
    addresses = list(dict.fromkeys(str(item[4][0]) for item in found))
    if not private and not all(is_public(address) for address in addresses):
        raise RefusedAddress(f"The host has a private address; {setting} allows those.")
    return addresses


def is_public(address: str) -> bool:
    """Whether an address belongs to the internet at large, whatever form it is written in."""
    found: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        elif any(found in network for network in TRANSLATED):
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved
