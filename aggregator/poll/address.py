"""Which addresses may be connected to.

Pure rules on addresses and spellings of hosts: no look-up and no connection happens here. Whoever
connects must ask about the address itself, after resolution, and then connect to that address.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from ipaddress import IPv4Address, IPv6Address

IPAddress = IPv4Address | IPv6Address

# RFC 6052: an IPv6-only network reaches IPv4 hosts through these, so the inner address counts.
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# RFC 4291 section 2.4: nothing outside is a public host (mapped and NAT64 are unwrapped first).
GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
# Not public, whatever the running Python's table says of them.
NEVER_PUBLIC = (
    ipaddress.ip_network("192.88.99.0/24"),  # relays of 6to4, withdrawn by RFC 7526
    ipaddress.ip_network("192.0.0.0/24"),  # protocol assignments, RFC 6890
    ipaddress.ip_network("100.64.0.0/10"),  # carrier-grade NAT, RFC 6598
    ipaddress.ip_network("2001::/23"),  # protocol assignments, RFC 2928
    ipaddress.ip_network("2001:db8::/32"),  # documentation, RFC 3849
    ipaddress.ip_network("3fff::/20"),  # documentation, RFC 9637
)
# What the C library reads as an IPv4 address: one to four numbers, decimal, octal or hexadecimal.
NUMBERS_ONLY = re.compile(
    r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+)){0,3}", re.IGNORECASE | re.ASCII
)
LOOPBACK = IPv4Address("127.0.0.1")
# Names that no public host has: RFC 6761, RFC 6762, RFC 8375 and what home routers hand out.
LOCAL_SUFFIXES = (".localhost", ".local", ".lan", ".internal", ".home.arpa")


class AddressPolicy:
    """Says of an address and port whether a connection may be made."""

    __slots__ = ("_endpoints", "_everything", "_networks")

    def __init__(self, allow: bool | tuple[str, ...]) -> None:  # noqa: FBT001 - as it is configured
        """Take `Polling.allow_private_addresses`; ValueError where a part of it is no address."""
        parts = () if isinstance(allow, bool) else allow
        endpoints = {part: endpoint_of(part) for part in parts}
        self._everything = allow is True
        self._endpoints = frozenset(found for found in endpoints.values() if found)
        self._networks = tuple(
            ipaddress.ip_network(part, strict=False) for part in parts if not endpoints[part]
        )

    def allows(self, address: str | IPAddress, port: int) -> bool:
        """Return whether the address is public, or private and allowed by the configuration."""
        ip = ipaddress.ip_address(address)
        if self._everything or self._lists(ip, port):
            return True
        return all(
            self._lists(form, port) or is_public(form) for form in embedded_addresses(ip) or (ip,)
        )

    def _lists(self, ip: IPAddress, port: int) -> bool:
        return (ip, port) in self._endpoints or any(ip in network for network in self._networks)


def endpoint_of(text: str) -> tuple[IPAddress, int] | None:
    """Return what "127.0.0.1:8099" or "[::1]:8099" names, or None for a network."""
    host, colon, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not colon or not port.isdecimal() or (":" in host and not bracketed):
        return None
    return ipaddress.ip_address(host.strip("[]")), int(port)


def is_public(ip: IPAddress) -> bool:
    """Return whether the address is one of the public internet's hosts."""
    if inner := embedded_addresses(ip):
        return all(is_public(form) for form in inner)
    if isinstance(ip, IPv6Address) and ip not in GLOBAL_UNICAST:
        return False
    if ip.is_multicast or not ip.is_global:
        return False
    return not any(ip in network for network in NEVER_PUBLIC)


def embedded_addresses(ip: IPAddress) -> tuple[IPv4Address, ...]:
    """Return the IPv4 addresses that an IPv6 address stands for.

    IPv4-mapped, NAT64 and 6to4 (one address), Teredo (the server's and the client's).
    """
    if isinstance(ip, IPv4Address):
        return ()
    if ip in NAT64:
        return (IPv4Address(int(ip) & 0xFFFF_FFFF),)
    if ip.teredo:
        return ip.teredo
    inner = ip.ipv4_mapped or ip.sixtofour
    return (inner,) if inner else ()


def literal_address(host: str) -> IPAddress | None:
    """Return the address that a host spells, in any spelling, or None when it is a name."""
    bare = host.strip("[]").rstrip(".")
    try:
        return ipaddress.ip_address(bare)
    except ValueError:
        if not NUMBERS_ONLY.fullmatch(bare):
            return None
    try:
        return IPv4Address(socket.inet_aton(bare))
    except OSError:
        return None


def is_loopback_name(host: str) -> bool:
    """Return whether a name means this machine by RFC 6761 section 6.3, whoever resolves it."""
    name = host.rstrip(".").lower()
    return name == "localhost" or name.endswith(".localhost")


def is_local_host(host: str) -> bool:
    """Return whether a host is not on the public internet, as far as its spelling tells."""
    name = host.strip("[]").rstrip(".").lower()
    if literal := literal_address(name):
        return not is_public(literal)
    return "." not in name or name.endswith(LOCAL_SUFFIXES)
