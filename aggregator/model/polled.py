"""What is remembered of a feed, and what comes of asking it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from aggregator.model.configured import FeedSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server gave to ask with next time, byte for byte (RFC 9110 section 8.8)."""

    etag: str = ""
    last_modified: str = ""


class IdScheme(StrEnum):
    """What makes an entry's identity within its feed. A scheme only ever moves downwards."""

    GUID = "guid"  # the feed's own ids are unique
    GUID_AND_LINK = "guid+link"  # an id was repeated for different entries
    LINK = "link"  # ids change at each fetch
    TEXT = "text"  # ids and links change at each fetch


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What is remembered of one feed between polls."""

    feed_id: int
    url: str  # as configured
    moved_to: str = ""  # where permanent redirects lead, once trusted: asked instead of `url`
    redirect_to: str = ""  # where they lead, not yet trusted
    redirects: int = 0  # identical permanent ones in a row, each to a feed with our entries
    hint: str = ""  # what the operator may do about the feed, with the command; "" for nothing
    title: str = ""  # as the feed calls itself
    site_url: str = ""
    language: str = ""
    validators: Validators = Validators()
    body_hash: bytes = b""  # of the last body taken in
    known: frozenset[bytes] = frozenset()  # hashes of the item slices of that body
    pieces: bytes = b""  # what its newest entries consist of, as `read.clutter` packs it
    clutter: frozenset[int] = frozenset()  # fingerprints of what it repeats around its articles
    id_scheme: IdScheme = IdScheme.GUID
    id_reason: str = ""  # why the scheme is not the first, in words
    ttl: timedelta | None = None  # the document's own word, remembered over 304s
    skip_hours: frozenset[int] = frozenset()  # UTC hours in which the document wants no poll
    skip_days: frozenset[int] = frozenset()  # weekdays likewise, Monday is 0
    rhythm: timedelta | None = None  # the usual time between its new entries; None: not known yet
    failures: int = 0  # in a row
    error: str = ""  # the last failure's message, "" while healthy
    failing_since_at: datetime | None = None
    gone: bool = False
    last_polled_at: datetime | None = None
    last_fetched_at: datetime | None = None  # the last body taken in
    last_whole_at: datetime | None = None  # the last request without validators
    next_poll_at: datetime | None = None
    left_alone_until_at: datetime | None = None  # a server's own word: not even by hand before


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """A body that a WebSub hub brought, its signature checked."""

    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PollRequest:
    """One feed to poll: what was configured and what is remembered. Travels to a worker."""

    spec: FeedSpec
    state: FeedState
    now: datetime
    push: Push | None = None  # given: nothing is asked, this is read

    @property
    def url(self) -> str:
        """Return the address that is asked."""
        return self.state.moved_to or self.spec.url


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How long a server or a document asks to be left alone."""

    retry_after: timedelta | None = None  # RFC 9110 section 10.2.3
    max_age: timedelta | None = None  # Cache-Control, else Expires
    ttl: timedelta | None = None  # RSS ttl, sy:updatePeriod: the document's own word


class FailureKind(StrEnum):
    """Why a poll failed, told apart because each wants another mend."""

    NETWORK = "network"  # this machine's own network is down: no fault of the feed
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    REFUSED_ADDRESS = "refused-address"  # the guard said no
    REDIRECT = "redirect"
    TOO_LARGE = "too-large"
    PROTOCOL = "protocol"  # broken HTTP or a coding we cannot decode
    RATE_LIMITED = "rate-limited"  # 429, 503 with Retry-After
    CLIENT_ERROR = "client-error"  # other 4xx
    SERVER_ERROR = "server-error"  # 5xx
    NOT_A_FEED = "not-a-feed"  # an HTML page, an image, JSON of another kind
    EMPTY = "empty"  # no body
    UNPARSABLE = "unparsable"
    TOO_SLOW_TO_READ = "too-slow-to-read"  # the reader passed its time limit
    TOO_BIG_TO_READ = "too-big-to-read"  # the reader passed its memory limit
    INTERNAL = "internal"  # a bug of ours; the traceback is in the log


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A 200 answer: the bytes, decoded, and what is to be remembered of it."""

    url: str  # as asked for
    final_url: str
    status: int
    body: bytes
    content_type: str
    content_location: str
    validators: Validators
    freshness: Freshness
    moved_to: str = ""  # set when every hop was a permanent redirect
    is_partial: bool = False  # a 226: only what is new (RFC 3229)
    hubs: tuple[str, ...] = ()  # Link: rel=hub, absolute
    self_url: str = ""  # Link: rel=self, absolute


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The feed is as it was: a 304, or a 200 whose body is the one already taken in."""

    validators: Validators
    freshness: Freshness = Freshness()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The poll brought nothing; nothing of the feed is changed by it."""

    kind: FailureKind
    message: str  # for the operator: what happened and what to do
    status: int = 0
    offers: tuple[str, ...] = ()  # feeds that the page names which stood in the feed's place
    freshness: Freshness = Freshness()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """The server says that the feed is gone for good (410)."""

    message: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """The feed was not asked: its host wants to be left alone until then."""

    until_at: datetime
    message: str
    seconds: float = 0.0
