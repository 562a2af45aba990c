"""WebSub, the subscriber's side (W3C Recommendation, 23 January 2018): its rules and words. Pure.

Which hub and topic a feed offers, what a hub is asked, how long a lease holds, whether a delivery
is signed, and how polling slows down meanwhile. Nothing here opens a connection, keeps anything or
draws a random number: callers bring secrets and shares of chance.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urldefrag, urlsplit

from aggregator.poll.address import (
    LOOPBACK,
    AddressPolicy,
    is_local_host,
    is_loopback_name,
    literal_address,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.model import FeedState

MAX_URL_CHARS = 2_000  # longer ones fail at many servers anyway
MOST_HUBS = 4  # that one feed may have us ask; real feeds name one or two
SECRET_BYTES = 32  # as wide as SHA-256; the specification allows up to 199 characters
LEASE = timedelta(days=10)  # what is asked for: the common hubs' own default
SHORTEST_LEASE = timedelta(minutes=10)  # renewing more often would be a burden on both sides
LONGEST_LEASE = timedelta(days=30)  # a hub that forgot us is asked again at least so often
MAX_LEASE_CHARS = 12  # digits; int() of a long text would be slow
RENEW_AT = 0.8  # of the lease: what remains leaves time for several tries
RENEW_SPREAD = 0.1  # of the lease, earlier: subscriptions made together part ways
FIRST_RETRY = timedelta(hours=1)
LAST_RETRY = timedelta(days=1)
MAX_DOUBLINGS = 10  # LAST_RETRY has long been reached
RETRY_SPREAD = 0.2  # of the wait, earlier
SLOWER = 4  # times the usual wait: what a lost push costs, at most; the requests saved are 3 of 4
SIGNATURES = {"sha1": "sha1", "sha256": "sha256", "sha384": "sha384", "sha512": "sha512"}
MAX_SIGNATURE_CHARS = 140  # "sha512=" and 128 digits, and some room
DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a feed offers to be told by: its topic and the hubs, the first to be tried first."""

    topic: str
    hubs: tuple[str, ...]


def find_offer(hubs: Sequence[str], self_url: str, *, polled_url: str) -> Offer | None:
    """Return what can be subscribed to, or None.

    The topic is the feed's own word on its address, else the address that is polled. A topic on
    https takes hubs on https alone: a secret sent in the clear would make pushes less to be
    trusted than the feed itself.
    """
    topic = _topic(self_url, polled_url)
    if not topic:
        return None
    secure = urlsplit(polled_url).scheme == "https"
    usable = [hub for hub in dict.fromkeys(hubs) if _is_usable_hub(hub, secure=secure)]
    return Offer(topic=topic, hubs=tuple(usable[:MOST_HUBS])) if usable else None


def _topic(self_url: str, polled_url: str) -> str:
    polled = _parts(polled_url)
    own = _parts(self_url)
    if own and polled and (own.hostname == polled.hostname or not _is_local(own)):
        return urldefrag(self_url).url
    return urldefrag(polled_url).url if polled else ""


def _is_usable_hub(url: str, *, secure: bool) -> bool:
    parts = _parts(url)
    return parts is not None and (parts.scheme == "https" or not secure)


def _parts(url: str) -> SplitResult | None:
    """Return the parts of a URL that can be told to a stranger and be asked; None for others."""
    if not url or len(url) > MAX_URL_CHARS or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port  # checked only when it is asked for
    except ValueError:
        return None
    fits = parts.scheme in DEFAULT_PORTS and parts.hostname and "@" not in parts.netloc
    return parts if fits else None


def _is_local(parts: SplitResult) -> bool:
    return is_local_host(parts.hostname or "")


def is_reachable(public_url: str, allow: bool | tuple[str, ...]) -> bool:  # noqa: FBT001 - as it is configured
    """Return whether a hub can be told to call there.

    `allow` is an `allow_private_addresses` of the configuration: who may be asked on a private
    network may also call back on it.
    """
    parts = _parts(public_url)
    if parts is None:
        return False
    host = parts.hostname or ""
    if not is_local_host(host) or allow is True:
        return True
    literal = literal_address(host) or (LOOPBACK if is_loopback_name(host) else None)
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    return literal is not None and AddressPolicy(allow).allows(literal, port)


def spell(octets: bytes) -> str:
    """Return random octets as text that a URL and a form take as it is: a token or a secret."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def callback_of(public_url: str, token: str) -> str:
    """Return where a hub is to call for the subscription with this token."""
    return f"{public_url.rstrip('/')}/websub/{token}"


def subscription(*, topic: str, callback: str, secret: str) -> dict[str, str]:
    """Return the form that asks a hub to subscribe, or to renew (section 5.1)."""
    return {
        "hub.mode": "subscribe",
        "hub.topic": topic,
        "hub.callback": callback,
        "hub.secret": secret,
        "hub.lease_seconds": str(int(LEASE.total_seconds())),
        "hub.verify": "async",  # PubSubHubbub 0.3, which some hubs still speak
    }


def unsubscription(*, topic: str, callback: str) -> dict[str, str]:
    """Return the form that asks a hub to end a subscription."""
    return {
        "hub.mode": "unsubscribe",
        "hub.topic": topic,
        "hub.callback": callback,
        "hub.verify": "async",
    }


def lease_of(text: str) -> timedelta:
    """Return the lease that a hub grants in seconds, within bounds; ours where it names none."""
    if not text.isascii() or not text.isdigit() or len(text) > MAX_LEASE_CHARS:
        return LEASE
    return min(max(timedelta(seconds=int(text)), SHORTEST_LEASE), LONGEST_LEASE)


def renewal_after(lease: timedelta, *, share: float) -> timedelta:
    """Return how long after its start a lease is to be renewed; `share` of 0 to 1 spreads it."""
    return lease * (RENEW_AT - RENEW_SPREAD * share)


def retry_after(failures: int, *, hubs: int, share: float) -> timedelta:
    """Return the wait after so many failures in a row: none until every hub has been tried."""
    rounds, rest = divmod(failures, max(hubs, 1))
    if rest:
        return timedelta()
    wait = min(FIRST_RETRY * (1 << min(max(rounds - 1, 0), MAX_DOUBLINGS)), LAST_RETRY)
    return wait * (1 - RETRY_SPREAD * share)


def is_signed(body: bytes, signature: str, *, secret: str) -> bool:
    """Return whether an X-Hub-Signature fits the body (section 7.1), compared in constant time."""
    method, _, given = signature.strip().partition("=")
    digest = SIGNATURES.get(method.lower())
    if digest is None or len(signature) > MAX_SIGNATURE_CHARS:
        return False
    expected = hmac.new(secret.encode(), body, digest).hexdigest()
    return hmac.compare_digest(expected.encode(), given.lower().encode("utf-8", "replace"))


def slower(wait: timedelta, *, longest: timedelta) -> timedelta:
    """Return the wait between polls of a feed whose pushes arrive: longer, but never for ever."""
    return max(wait, min(wait * SLOWER, longest))


def soon(state: FeedState, *, min_interval: timedelta, now: datetime) -> datetime:
    """Return when a feed of which a push told something is to be asked itself."""
    asked = state.last_polled_at
    return now if asked is None else max(now, asked + min_interval)
