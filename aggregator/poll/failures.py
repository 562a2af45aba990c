"""Trouble from outside as `Failed` values, each with what happened and what to do.

No message repeats a password, a header's value or a query string.
"""

from __future__ import annotations

import ssl
from dataclasses import replace
from typing import TYPE_CHECKING

import httpcore
import httpx
from socksio import SOCKSError

from aggregator.model import Failed, FailureKind, Freshness
from aggregator.poll.address import FOREIGN_PORTS
from aggregator.poll.connect import (
    FloodError,
    LookupFailedError,
    NoRouteError,
    RefusedAddressError,
    StaleConnectionError,
)
from aggregator.poll.head import HeadTooLargeError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

# Everything that an exchange may end in through no fault of ours.
TROUBLE = (
    RefusedAddressError,
    LookupFailedError,
    NoRouteError,
    HeadTooLargeError,
    FloodError,
    StaleConnectionError,
    httpcore.ProtocolError,
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProxyError,
    httpx.HTTPError,
    httpx.InvalidURL,
    SOCKSError,
    OSError,
    UnicodeError,  # from a host name that IDNA does not know
)
# Behind a proxy, a connection or a look-up that fails on this side is the proxy's.
PROXY_BLAME = frozenset({FailureKind.CONNECT, FailureKind.DNS, FailureKind.NETWORK})
MAX_REASON_CHARS = 200
TOO_MANY = 429
UNAVAILABLE = 503
CLIENT_ERRORS = range(400, 500)
SERVER_ERRORS = range(500, 600)
EMPTY_ANSWERS = frozenset({204, 205})
HINTS = {
    401: "The feed wants a login: give it in the feed's headers or in its URL.",
    403: "The server does not let us read it: check the URL, or ask whoever runs the server.",
    404: "There is nothing at this URL: check it on the site.",
    407: "The proxy wants a login: give it in the proxy's URL.",
    451: "It is withheld for legal reasons.",
}


def of_trouble(error: Exception, *, host: str, proxied: bool) -> Failed:
    """Return the failure that an exception of `TROUBLE` stands for."""
    causes = list(causes_of(error))
    for kinds, tell in _TELLERS:
        if found := next((cause for cause in causes if isinstance(cause, kinds)), None):
            failed = tell(found, host)
            return _proxy(found, host) if proxied and failed.kind in PROXY_BLAME else failed
    return _broken(error, host)


def causes_of(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and what led to it, also where httpcore hides the cause."""
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or link.__context__


def _refused(error: BaseException, host: str) -> Failed:
    address, port = (
        (error.address, error.port) if isinstance(error, RefusedAddressError) else (host, 0)
    )
    return refused_address(host=host, address=address, port=port)


def refused_address(*, host: str, address: str, port: int) -> Failed:
    """Return the failure of a host whose address is not public, or whose port is not the web's."""
    endpoint = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    if port in FOREIGN_PORTS:
        return refused_port(host=host, port=port)
    where = address if host == address else f"{host} is at {address}, which"
    return Failed(
        kind=FailureKind.REFUSED_ADDRESS,
        message=f"{where} is no public address, so it was not asked. If it is yours, add"
        f' "{endpoint}" to polling.allow_private_addresses, or to the feed\'s own.',
    )


def refused_port(*, host: str, port: int) -> Failed:
    """Return the failure of a port that belongs to another protocol than the web's."""
    return Failed(
        kind=FailureKind.REFUSED_ADDRESS,
        message=f"Port {port} of {host} belongs to another protocol than HTTP, so it was not"
        " asked. Check the URL; if that is right, serve the feed on another port.",
    )


def _unknown_name(error: BaseException, host: str) -> Failed:
    if isinstance(error, LookupFailedError) and error.unanswered:
        return Failed(
            kind=FailureKind.DNS,
            message=f"No name server told where {host} is: its own or this machine's does not"
            " answer. It is tried again later.",
        )
    return Failed(
        kind=FailureKind.DNS,
        message=f"The name {host} was not found. Check the URL, and this machine's name server if"
        " other feeds fail too.",
    )


def _no_route(error: BaseException, host: str) -> Failed:
    """Return whose trouble it is: without IPv6 a machine is well, only the host is out of reach."""
    if isinstance(error, NoRouteError) and ":" in error.address:
        return Failed(
            kind=FailureKind.CONNECT,
            message=f"{host} has IPv6 addresses only, and this machine has no way there. Give it"
            " IPv6, or ask the feed through a proxy that has it.",
        )
    return Failed(
        kind=FailureKind.NETWORK,
        message=f"This machine has no route to {host}, so its own network is down. All is tried"
        " again when it is back.",
    )


def _large_head(error: BaseException, host: str) -> Failed:
    limit = f"{error.limit_bytes:,}" if isinstance(error, HeadTooLargeError) else "too many"
    return Failed(
        kind=FailureKind.TOO_LARGE,
        message=f"{host} sent over {limit} bytes of headers (cookies count for half); the answer"
        " was not read. Tell whoever runs the server, or raise polling.max_headers.",
    )


def _flood(_: BaseException, host: str) -> Failed:
    return Failed(
        kind=FailureKind.TOO_LARGE,
        message=f"{host} sent padding without end around its answer, so it was given up. Tell"
        " whoever runs the server.",
    )


def _tls(error: BaseException, host: str) -> Failed:
    reason = getattr(error, "verify_message", "") or getattr(error, "reason", "") or "no TLS there"
    return Failed(
        kind=FailureKind.TLS,
        message=f"No secure connection to {host}: {str(reason)[:MAX_REASON_CHARS]}. Check the URL"
        " and this machine's clock; else the server's certificate has to be mended.",
    )


def _waited(_: BaseException, host: str) -> Failed:
    return Failed(
        kind=FailureKind.TIMEOUT, message=f"{host} did not answer in time. It is tried again later."
    )


def timed_out(host: str, timeout: timedelta) -> Failed:
    """Return the failure of an exchange that passed its deadline."""
    return Failed(
        kind=FailureKind.TIMEOUT,
        message=f"{host} gave no whole answer within {timeout.total_seconds():g} s. It is tried"
        " again later; if it always is that slow, raise polling.timeout.",
    )


def _proxy(_: BaseException, host: str) -> Failed:
    return Failed(
        kind=FailureKind.CONNECT,
        message=f"The proxy made no connection to {host}. Check polling.proxy or the feed's proxy,"
        " its login and whether it runs.",
    )


def unusable_proxy() -> Failed:
    """Return the failure of a proxy setting that is none."""
    return Failed(
        kind=FailureKind.CONNECT,
        message="The proxy is none that can be used. Give it as http://, https:// or"
        " socks5://host:port in polling.proxy or the feed's proxy.",
    )


def _unreachable(error: BaseException, host: str) -> Failed:
    reasons = [cause.strerror for cause in causes_of(error) if isinstance(cause, OSError)]
    reason = next((f" ({text})" for text in reversed(reasons) if text), "")
    return Failed(
        kind=FailureKind.CONNECT,
        message=f"No connection to {host}{reason[:MAX_REASON_CHARS]}. The server may be down; if"
        " other feeds fail too, check this machine's network.",
    )


def _unsendable(_: BaseException, host: str) -> Failed:
    return Failed(
        kind=FailureKind.PROTOCOL,
        message=f"The request to {host} cannot be sent: a name or value in the feed's headers holds"
        " characters that HTTP does not allow. Check the feed's headers.",
    )


def _broken(_: BaseException, host: str) -> Failed:
    return Failed(
        kind=FailureKind.PROTOCOL,
        message=f"The answer from {host} broke off or is no proper HTTP; none of it was used. It"
        " is tried again later; if that stays, tell whoever runs the server.",
    )


def unusable_url() -> Failed:
    """Return the failure of a URL that cannot be asked for."""
    return Failed(
        kind=FailureKind.PROTOCOL,
        message="The URL is no http or https URL with a host. Check it in the configuration.",
    )


def bad_redirect(host: str, why: str) -> Failed:
    """Return the failure of a redirect that is not followed."""
    return Failed(
        kind=FailureKind.REDIRECT,
        message=f"{host} redirects {why}. Check in a browser where the feed is now.",
    )


def too_many_redirects(host: str, most: int) -> Failed:
    """Return the failure of a redirect beyond the last that is followed."""
    failed = bad_redirect(host, f"more than {most} times")
    return replace(failed, message=f"{failed.message} Or raise polling.max_redirects.")


def _misled(_: BaseException, host: str) -> Failed:
    # The pool's exceptions are httpcore's own: httpx itself only looks where a redirect leads.
    return bad_redirect(host, "to what is no URL")


def unasked_not_modified(host: str) -> Failed:
    """Return the failure of a 304 that answers an unconditional request."""
    return Failed(
        kind=FailureKind.PROTOCOL,
        status=304,
        message=f"{host} says that nothing changed (304) though it was not asked that. Tell whoever"
        " runs the server.",
    )


def of_status(status: int, *, host: str, freshness: Freshness) -> Failed:
    """Return the failure that a status stands for, with the wait that the server asks for."""
    kind, hint = kind_of(status, freshness)
    return Failed(
        kind=kind,
        message=f"{host} answered {status}. {HINTS.get(status, hint)}",
        status=status,
        freshness=freshness,
    )


def kind_of(status: int, freshness: Freshness) -> tuple[FailureKind, str]:
    """Return the kind of a status that brings no feed, and what to do about it."""
    waits = status == UNAVAILABLE and freshness.retry_after is not None
    if status == TOO_MANY or waits:
        return FailureKind.RATE_LIMITED, "It wants fewer requests; it is left alone for a while."
    if status in CLIENT_ERRORS:
        return FailureKind.CLIENT_ERROR, "Check the URL on the site."
    if status in SERVER_ERRORS:
        return FailureKind.SERVER_ERROR, "The server has trouble; it is tried again later."
    if status in EMPTY_ANSWERS:
        return FailureKind.EMPTY, "That means no body; check the URL on the site."
    return FailureKind.PROTOCOL, "That brings no feed; check the URL on the site."


# The first that matches anything in the chain of causes tells: the particular before the general.
_TELLERS = (
    ((RefusedAddressError,), _refused),
    ((LookupFailedError,), _unknown_name),
    ((NoRouteError,), _no_route),
    ((HeadTooLargeError,), _large_head),
    ((FloodError,), _flood),
    ((ssl.SSLError,), _tls),
    ((httpcore.TimeoutException, TimeoutError), _waited),
    ((httpcore.ProxyError, SOCKSError), _proxy),
    ((httpcore.ConnectError,), _unreachable),
    ((httpcore.LocalProtocolError,), _unsendable),
    ((httpx.InvalidURL, httpx.HTTPError, UnicodeError), _misled),
)
