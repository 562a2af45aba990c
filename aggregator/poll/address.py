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
# Ports of other protocols, at which a request could be taken for their commands: the "bad ports" of
# the WHATWG's Fetch standard, section "Port blocking".
FOREIGN_PORTS = frozenset(
    {
        0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95,
        101, 102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179,
        389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601,
        636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566,
        6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
    }
)  # fmt: skip

Allowance = bool | tuple[str, ...]  # as `allow_private_addresses` is configured


class AddressPolicy:
    """Says of an address and port whether a connection may be made."""

    __slots__ = ("_endpoints", "_everything", "_networks")

    def __init__(self, *allow: Allowance) -> None:
        """Take what is allowed beside public addresses: the service's setting, and the feed's.

        ValueError where a part of it is no address.
        """
        parts = [part for one in allow if not isinstance(one, bool) for part in one]
        endpoints = {part: endpoint_of(part) for part in parts}
        self._everything = True in allow
        self._endpoints = frozenset(found for found in endpoints.values() if found)
        self._networks = tuple(
            ipaddress.ip_network(part, strict=False) for part in parts if not endpoints[part]
        )

    def allows(self, address: str | IPAddress, port: int) -> bool:
        """Return whether the address is public, or private and allowed by the configuration.

        A port of another protocol is allowed only where the configuration names a private address
        together with this port.
        """
        ip = ipaddress.ip_address(address)
        if port in FOREIGN_PORTS:
            return not is_public(ip) and self._names(ip, port)
        if self._everything or self._lists(ip, port):
            return True
        return all(
            self._lists(form, port) or is_public(form) for form in embedded_addresses(ip) or (ip,)
        )

    def _names(self, ip: IPAddress, port: int) -> bool:
        return all((form, port) in self._endpoints for form in embedded_addresses(ip) or (ip,))

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
