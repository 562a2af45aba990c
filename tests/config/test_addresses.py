from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aggregator.config.addresses import (
    parse_contact,
    parse_listen,
    parse_network,
    parse_private,
    parse_proxy,
    parse_public_url,
    parse_web_url,
    same_url,
)
from aggregator.config.faults import Unfit

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/feed.xml?a=1&b=%20#top",
        "http://127.0.0.1:8099/feed",
        "http://[::1]:80/",
        "https://münchen.example/feed",
        "HTTPS://EXAMPLE.ORG",
    ],
)
def test_web_addresses_stay_as_they_are_written(url: str) -> None:
    assert parse_web_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "", "example.org/feed", "ftp://example.org/", "feed://example.org/", "https://",
        "https:///feed", "https://example.org:0/", "https://example.org:x/", "http://[::1/",
        "https://example.org/a b", "https://example.org/\n", "javascript:alert(1)",
        "https://example.org:99999/", "https://example.org/" + "x" * 5000,
    ],
)  # fmt: skip
def test_what_cannot_be_asked_for_is_no_web_address(url: str) -> None:
    with pytest.raises(Unfit, match="no http or https address"):
        parse_web_url(url)


def test_a_password_in_a_feed_address_is_refused_and_not_shown() -> None:
    """A feed's address is published with its stories."""
    with pytest.raises(Unfit) as caught:
        parse_web_url("https://me:hunter2@example.org/feed")

    assert "hunter2" not in f"{caught.value.what} {caught.value.mend}"
    assert "headers" in caught.value.mend


def test_a_password_in_an_unusable_address_is_not_shown() -> None:
    with pytest.raises(Unfit) as caught:
        parse_web_url("ftp://me:hunter2@example.org/feed")

    assert "hunter2" not in caught.value.what
    assert "example.org" in caught.value.what


def test_secrets_are_filled_into_no_address() -> None:
    with pytest.raises(Unfit, match="only in headers and proxies"):
        parse_web_url("https://example.org/?key=${KEY}")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://Example.org/a", "HTTPS://example.ORG:443/a"),
        ("http://example.org", "http://example.org:80/"),
        ("http://example.org/a#x", "http://example.org/a"),
        ("http://example.org/a?", "http://example.org/a"),
    ],
)
def test_two_spellings_of_an_address_are_the_same(one: str, other: str) -> None:
    assert same_url(one) == same_url(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/a", "http://example.org/a"),
        ("https://example.org/a", "https://example.org/A"),
        ("https://example.org/a?x", "https://example.org/a?y"),
        ("no address", "none either"),
    ],
)
def test_different_addresses_are_not_the_same(one: str, other: str) -> None:
    assert same_url(one) != same_url(other)


def test_a_public_url_has_no_slash_at_its_end() -> None:
    assert parse_public_url("https://example.org/news/") == "https://example.org/news"
    assert parse_public_url("") == ""


@pytest.mark.parametrize("url", ["https://example.org/?a", "https://example.org/#a"])
def test_a_public_url_has_no_query_and_no_fragment(url: str) -> None:
    with pytest.raises(Unfit, match="query or a fragment"):
        parse_public_url(url)


@pytest.mark.parametrize("text", ["", "https://example.org/about", "news@example.org"])
def test_a_contact_is_a_web_or_an_email_address(text: str) -> None:
    assert parse_contact(text) == text


@pytest.mark.parametrize("text", ["me", "a b@example.org", "https://", "x)\r\nHost: y@z.org"])
def test_other_contacts_are_refused(text: str) -> None:
    """It stands in a header, in brackets."""
    with pytest.raises(Unfit, match="neither a web nor an e-mail address"):
        parse_contact(text)


@pytest.mark.parametrize(
    "text", ["127.0.0.1:8080", "0.0.0.0:1", "localhost:65535", "[::1]:8080", "news.example.org:80"]
)
def test_listening_needs_host_and_port(text: str) -> None:
    assert parse_listen(text) == text


@pytest.mark.parametrize(
    "text",
    ["", "8080", ":8080", "localhost", "localhost:", "localhost:0", "localhost:65536", "a:٣",
     "::1:8080", "[::1]", "[1.2.3.4]:80", "256.0.0.1:80", "[zz]:80", "a b:80", "http://a:80"],
)  # fmt: skip
def test_what_is_no_host_and_port_is_refused(text: str) -> None:
    with pytest.raises(Unfit, match="no host and port"):
        parse_listen(text)


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("10.0.0.5", "10.0.0.5/32"),
        ("fd00::/8", "fd00::/8"),
        ("127.0.0.1:8099", "127.0.0.1:8099"),
        ("[::1]:8099", "[::1]:8099"),
    ],
)
def test_networks_and_single_addresses_with_a_port_can_be_allowed(text: str, network: str) -> None:
    assert parse_network(text) == network


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("10.0.0.1/8", 'Write "10.0.0.0/8" for the whole network.'),
        ("localhost:80", "one address and port"),
        ("127.0.0.1:0", "one address and port"),
        ("10.0.0.0/33", "one address and port"),
        ("", "one address and port"),
    ],
)
def test_what_is_no_network_is_refused_with_the_mend(text: str, mend: str) -> None:
    with pytest.raises(Unfit) as caught:
        parse_network(text)

    assert mend in caught.value.mend


def test_private_addresses_are_allowed_all_or_none_or_by_list() -> None:
    assert parse_private(True) is True  # noqa: FBT003 - the value itself
    assert parse_private(False) is False  # noqa: FBT003 - the value itself
    assert parse_private(["10.0.0.0/8", "10.0.0.0/8"]) == ("10.0.0.0/8",)


@pytest.mark.parametrize("value", ["yes", 1, [1], {}])
def test_anything_else_allows_nothing(value: object) -> None:
    with pytest.raises(Unfit, match="true, false or a list"):
        parse_private(value)


@pytest.mark.parametrize(
    "text", ["", "http://proxy:3128", "https://u:p@proxy.example.org:3128", "socks5://[::1]:9050"]
)
def test_proxies_speak_http_or_socks(text: str) -> None:
    assert parse_proxy(text) == text


@pytest.mark.parametrize("text", ["hunter2", "ftp://u:hunter2@proxy", "socks5://hunter2:x"])
def test_an_unusable_proxy_is_never_shown(text: str) -> None:
    with pytest.raises(Unfit) as caught:
        parse_proxy(text)

    assert "no proxy's address" in caught.value.what
    assert "hunter2" not in f"{caught.value.what}{caught.value.mend}"


PARSERS: list[Callable[[str], object]] = [
    parse_web_url, parse_public_url, parse_contact, parse_listen, parse_network, parse_proxy,
]  # fmt: skip


@pytest.mark.parametrize("parse", PARSERS)
def test_signs_that_cannot_be_seen_never_pass(parse: Callable[[str], object]) -> None:
    with pytest.raises(Unfit):
        parse("https://example.org/\x1b[31m")
