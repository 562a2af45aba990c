from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.poll.address import (
    AddressPolicy,
    is_local_host,
    is_loopback_name,
    is_public,
    literal_address,
)

EVERYTHING = True
REFUSED = {
    "loopback": "127.0.0.1",
    "another loopback": "127.9.9.9",
    "private 10": "10.1.2.3",
    "private 172": "172.16.0.1",
    "private 192": "192.168.1.1",
    "link-local, cloud metadata": "169.254.169.254",
    "carrier-grade NAT": "100.64.0.1",
    "multicast": "224.0.0.251",
    "unspecified": "0.0.0.0",
    "this network": "0.1.2.3",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "protocol assignments": "192.0.0.8",
    "documentation": "203.0.113.9",
    "benchmarking": "198.18.0.1",
    "6to4 relay": "192.88.99.1",
    "v6 loopback": "::1",
    "v6 unspecified": "::",
    "v6 link-local": "fe80::1",
    "v6 link-local with zone": "fe80::1%eth0",
    "v6 unique local": "fd12:3456::1",
    "v6 site-local": "fec0::1",
    "v6 multicast": "ff02::1",
    "v6 documentation": "2001:db8::1",
    "v6 documentation, newer": "3fff::1",
    "v6 outside global unicast": "4000::1",
    "discard": "100::1",
    "mapped loopback": "::ffff:127.0.0.1",
    "mapped metadata": "::ffff:a9fe:a9fe",
    "compatible loopback": "::127.0.0.1",
    "NAT64 of loopback": "64:ff9b::7f00:1",
    "NAT64 of private": "64:ff9b::10.0.0.1",
    "NAT64 for local use": "64:ff9b:1::808:808",
    "6to4 of loopback": "2002:7f00:1::1",
    "6to4 of private": "2002:c0a8:101::1",
    "Teredo with private client": "2001:0:808:808::f5ff:fffe",
    "Teredo with private server": "2001:0:a00:1::f7f7:f7f7",
}
PUBLIC = {
    "v4": "93.184.215.14",
    "v6": "2606:2800:220:1:248:1893:25c8:1946",
    "mapped": "::ffff:93.184.215.14",
    "NAT64": "64:ff9b::8.8.8.8",
    "6to4": "2002:808:808::1",
    "Teredo": "2001:0:808:808::f7f7:f7f7",
}


@pytest.mark.parametrize("address", REFUSED.values(), ids=REFUSED.keys())
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not AddressPolicy().allows(address, 80)
    assert AddressPolicy(EVERYTHING).allows(address, 80)


@pytest.mark.parametrize("address", PUBLIC.values(), ids=PUBLIC.keys())
def test_a_public_address_is_allowed(address: str) -> None:
    assert AddressPolicy().allows(address, 80)


@pytest.mark.parametrize(
    ("allow", "address", "port", "expected"),
    [
        pytest.param("10.0.0.0/8", "10.200.0.1", 80, True, id="in the network"),
        pytest.param("10.0.0.0/8", "11.0.0.1", 80, True, id="public stays allowed"),
        pytest.param("10.0.0.0/8", "192.168.0.1", 80, False, id="another network"),
        pytest.param("10.0.0.9/8", "10.1.1.1", 80, True, id="host bits set"),
        pytest.param("10.0.0.5", "10.0.0.5", 80, True, id="one address"),
        pytest.param("10.0.0.5", "10.0.0.6", 80, False, id="not its neighbour"),
        pytest.param("127.0.0.1:8099", "127.0.0.1", 8099, True, id="address and port"),
        pytest.param("127.0.0.1:8099", "127.0.0.1", 8098, False, id="another port"),
        pytest.param("127.0.0.1:8099", "127.0.0.2", 8099, False, id="another address"),
        pytest.param("127.0.0.1:8099", "::ffff:127.0.0.1", 8099, True, id="mapped form"),
        pytest.param("127.0.0.1:8099", "::ffff:127.0.0.1", 8098, False, id="mapped, other port"),
        pytest.param("127.0.0.1:8099", "::1", 8099, False, id="not the v6 loopback"),
        pytest.param("[::1]:8099", "::1", 8099, True, id="v6 address and port"),
        pytest.param("[::1]:8099", "::1", 80, False, id="v6, another port"),
        pytest.param("::1", "::1", 80, True, id="v6 address"),
        pytest.param("fd00::/8", "fd12::1", 80, True, id="v6 network"),
    ],
)
def test_the_configured_list_opens_what_it_names(
    allow: str, address: str, port: int, *, expected: bool
) -> None:
    assert AddressPolicy((allow,)).allows(address, port) is expected


@pytest.mark.parametrize("text", ["nonsense", "example.org:80", "10.0.0.0/99"])
def test_a_list_that_names_no_address_is_misuse(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        AddressPolicy((text,))


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        pytest.param("127.0.0.1", "127.0.0.1", id="usual"),
        pytest.param("127.0.0.1.", "127.0.0.1", id="with a dot at the end"),
        pytest.param("2130706433", "127.0.0.1", id="decimal"),
        pytest.param("0x7f000001", "127.0.0.1", id="hexadecimal"),
        pytest.param("0X7F.1", "127.0.0.1", id="short hexadecimal"),
        pytest.param("0177.0.0.1", "127.0.0.1", id="octal"),
        pytest.param("127.1", "127.0.0.1", id="short"),
        pytest.param("0", "0.0.0.0", id="nothing"),
        pytest.param("[::1]", "::1", id="bracketed v6"),
        pytest.param("::ffff:127.0.0.1", "::ffff:127.0.0.1", id="mapped"),
    ],
)
def test_a_spelling_of_an_address_is_read(host: str, expected: str) -> None:
    assert literal_address(host) == ipaddress.ip_address(expected)


@pytest.mark.parametrize("host", ["example.org", "1.2.3.4.5", "999.1.1.1", "0x.example", "", "٣"])
def test_a_name_is_no_address(host: str) -> None:
    assert literal_address(host) is None


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("example.org", False), ("93.184.215.14", False), ("10.0.0.1", True), ("[::1]", True),
        ("2130706433", True), ("localhost", True), ("nas", True), ("nas.local", True),
        ("printer.home.arpa", True), ("feeds.internal.", True), ("A.LOCALHOST", True),
    ],
)  # fmt: skip
def test_a_local_host_is_told_by_its_spelling(host: str, *, expected: bool) -> None:
    assert is_local_host(host) is expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [("localhost", True), ("a.localhost.", True), ("localhost.example", False)],
)
def test_loopback_names_are_known(host: str, *, expected: bool) -> None:
    assert is_loopback_name(host) is expected


@given(st.ip_addresses(v=4))
def test_an_address_is_as_public_as_the_one_it_embeds(inner: ipaddress.IPv4Address) -> None:
    for prefix, shift in ((0xFFFF << 32, 0), (0x64_FF9B << 96, 0), (0x2002 << 112, 80)):
        outer = ipaddress.IPv6Address(prefix | int(inner) << shift)

        assert is_public(outer) == is_public(inner)
