"""Addresses as written in the file: URLs, listen addresses, networks, proxies.

Nothing is resolved or opened here. Every `parse_…` raises Unfit, and none of them quotes a proxy,
which may hold a password.
"""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from aggregator.config.faults import Unfit, shown

WEB_SCHEMES = ("http", "https")
PROXY_SCHEMES = ("http", "https", "socks5")
DEFAULT_PORTS = {"http": 80, "https": 443}
MAX_URL_CHARACTERS = 4096  # servers refuse longer ones; most of them 8 kB of headers in all
MAX_PORT = 65535
HOST = re.compile(r"\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._-]+")
EMAIL = re.compile(r"[^\s@()<>]+@[^\s@()<>]+\.[^\s@()<>]+")


def parse_web_url(text: str) -> str:
    """Return an http or https URL as it is written, if it can be asked for."""
    if "${" in text:
        raise Unfit(
            what="${…} is filled in only in headers and proxies", mend="Put the secret in a header."
        )
    parts = _split(text)
    if parts is None or parts.scheme not in WEB_SCHEMES:
        raise Unfit(
            what=f"{shown(text)} is no http or https address",
            mend="Write the whole address, beginning with https:// or http://.",
        )
    if parts.username is not None:
        raise Unfit(
            what="the address holds a user name, which would be published with the feed",
            mend='Use headers = { Authorization = "Basic ${NAME}" } instead.',
        )
    return text


def _split(text: str) -> SplitResult | None:
    """Return the URL's parts, or None where it has no usable host."""
    if len(text) > MAX_URL_CHARACTERS or not text.isprintable() or " " in text:
        return None
    try:
        parts = urlsplit(text)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, brackets that do not close
        return None
    return parts if usable else None


def same_url(text: str) -> str:
    """Return a form that is equal for two spellings of one URL (RFC 3986 section 6.2.3)."""
    parts = _split(text)
    if parts is None:
        return text
    host = (parts.hostname or "").lower()
    port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    return f"{parts.scheme}://{host}:{port}{parts.path or '/'}?{parts.query}"


def parse_public_url(text: str) -> str:
    """Return where the published files are reached, without a slash at the end; "" is kept."""
    if not text:
        return text
    parts = urlsplit(parse_web_url(text))
    if parts.query or parts.fragment:
        raise Unfit(
            what=f"{shown(text)} has a query or a fragment",
            mend='Write only "https://host/path" of it.',
        )
    return text.rstrip("/")


def parse_hub(text: str) -> str:
    """Return a WebSub hub's address, which is published with every feed."""
    parts = urlsplit(parse_web_url(text))
    if parts.fragment:
        raise Unfit(what=f"{shown(text)} has a fragment", mend="Write the address without #….")
    return text


def parse_contact(text: str) -> str:
    """Return a web or e-mail address that goes into the User-Agent; "" is kept."""
    if not text or EMAIL.fullmatch(text):
        return text
    try:
        return parse_web_url(text)
    except Unfit as error:
        raise Unfit(
            what=f"{shown(text)} is neither a web nor an e-mail address",
            mend='Write one at which a server\'s operator reaches you, or "".',
        ) from error


def parse_listen(text: str) -> str:
    """Return "host:port"; an IPv6 address stands in brackets."""
    host, _, port = text.rpartition(":")
    if HOST.fullmatch(host) is None or not _is_port(port) or not _is_host(host):
        raise Unfit(
            what=f"{shown(text)} is no host and port",
            mend='Write both, such as "127.0.0.1:8080", "[::1]:8080" or "0.0.0.0:8080".',
        )
    return text


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text) <= MAX_PORT


def _is_host(host: str) -> bool:
    """Return whether what looks like an IP address is one."""
    looks_numeric = host.startswith("[") or host.replace(".", "").isdigit()
    return not looks_numeric or _is_ip(host)


def _is_ip(host: str) -> bool:
    try:
        ip = ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return host.startswith("[") == (ip.version == 6)  # noqa: PLR2004 - the protocol's number


def parse_private(value: object) -> bool | tuple[str, ...]:
    """Return `allow_private_addresses`: true, false, or the networks and addresses listed."""
    if isinstance(value, bool):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(dict.fromkeys(parse_network(item) for item in value))
    raise Unfit(what="expected true, false or a list of texts")


def parse_network(text: str) -> str:
    """Return a network ("10.0.0.0/8") or an address and port ("127.0.0.1:8099", "[::1]:80")."""
    host, _, port = text.rpartition(":")
    if _is_port(port) and _is_ip(host):
        return text
    try:
        return str(ip_network(text))
    except ValueError as error:
        raise Unfit(what=f"{shown(text)} is no network", mend=_network_mend(text)) from error


def _network_mend(text: str) -> str:
    try:
        return f'Write "{ip_network(text, strict=False)}" for the whole network.'
    except ValueError:
        return 'Write a network ("10.0.0.0/8"), or one address and port ("127.0.0.1:8099").'


def parse_proxy(text: str) -> str:
    """Return a proxy's URL, "" for none. It may hold a password, so no message quotes it."""
    parts = _split(text)
    if text and (parts is None or parts.scheme not in PROXY_SCHEMES):
        raise Unfit(
            what="is no proxy's address",
            mend='Write "http://host:port", "https://host:port" or "socks5://host:port".',
        )
    return text
