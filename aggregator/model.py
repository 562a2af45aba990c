"""The field's words as frozen values: what travels from room to room.

Terms follow RFC 4287 (feed, entry), RFC 9110 (validators) and the product's own words (story,
digest, edition). Every moment is an aware UTC datetime named `…_at`; every span is a timedelta.
This module imports no room and holds no behaviour beyond its own values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Literal

# ---------------------------------------------------------------- configured


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with a configuration, placed where a person can mend it."""

    file: str
    line: int  # 1-based; 0 where the trouble has no line
    key: str  # dotted, as in "feeds[2].interval"; "" for the whole file
    what: str
    mend: str

    def __str__(self) -> str:
        """Return one line: place, key, what is wrong, how to mend it."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        key = f" {self.key}:" if self.key else ""
        return f"{place}:{key} {self.what}. {self.mend}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Where things lie and how the service is reached. Paths are absolute."""

    data_dir: str
    public_dir: str
    public_url: str  # without a trailing slash
    listen: str  # "host:port"
    contact: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Polling:
    """The manners and bounds of polling."""

    interval: timedelta
    min_interval: timedelta
    max_interval: timedelta
    timeout: timedelta  # for the whole request, every hop included
    max_body_bytes: int  # after decompression, and on the wire
    allow_private_addresses: bool | tuple[str, ...]  # networks ("10.0.0.0/8") or "127.0.0.1:8099"
    proxy: str = field(repr=False)  # "" for none; may hold a password
    backfill: int  # of a new feed, how many of the newest entries reach its digests


@dataclass(frozen=True, slots=True, kw_only=True)
class Folding:
    """How wide to look for copies and coverage."""

    window: timedelta
    coverage: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSpec:
    """What the person configured for one feed."""

    url: str
    title: str = ""  # "" means: as the feed calls itself
    tags: tuple[str, ...] = ()
    interval: timedelta | None = None
    weight: float = 1.0
    full_text: bool = False
    coverage: bool = True
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    proxy: str = ""

    def __repr__(self) -> str:
        """Name the feed and nothing else: headers and proxy may hold secrets."""
        return f"FeedSpec({self.url!r})"


class DigestKind(StrEnum):
    """How a digest comes out: story by story, or as whole issues at set times."""

    LIVE = "live"
    EDITION = "edition"


class Order(StrEnum):
    """The order of stories in a document."""

    NEWEST = "newest"
    TOP = "top"


class Format(StrEnum):
    """A form in which a digest is published; the value is the file's suffix."""

    ATOM = "atom"
    RSS = "rss"
    JSON = "json"
    HTML = "html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A configured output: which stories, in which order, in which form."""

    name: str
    title: str
    tags: tuple[str, ...] = ()  # none: all feeds
    kind: DigestKind = DigestKind.LIVE
    settle: timedelta = timedelta(minutes=10)
    at: tuple[time, ...] = ()  # local wall-clock times of an edition
    timezone: str = "UTC"  # IANA name
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)  # Monday is 0
    order: Order = Order.NEWEST
    limit: int = 100
    formats: tuple[Format, ...] = tuple(Format)
    retention: timedelta = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A whole configuration, checked: `config.load` makes it or raises ConfigError."""

    path: str
    service: Service
    polling: Polling
    folding: Folding
    feeds: tuple[FeedSpec, ...]
    digests: tuple[Digest, ...]


# -------------------------------------------------------------------- polled


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


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What is remembered of one feed between polls."""

    feed_id: int
    url: str  # as configured
    moved_to: str = ""  # where permanent redirects lead, once trusted
    title: str = ""  # as the feed calls itself
    site_url: str = ""
    language: str = ""
    validators: Validators = Validators()
    body_hash: bytes = b""  # of the last body taken in
    known: frozenset[bytes] = frozenset()  # hashes of the item slices of that body
    id_scheme: IdScheme = IdScheme.GUID
    ttl: timedelta | None = None  # the document's own word, remembered over 304s
    failures: int = 0  # in a row
    error: str = ""  # the last failure's message, "" while healthy
    failing_since_at: datetime | None = None
    gone: bool = False
    last_polled_at: datetime | None = None
    last_fetched_at: datetime | None = None  # the last body taken in
    next_poll_at: datetime | None = None
    left_alone_until_at: datetime | None = None  # a server's own word: not even by hand before


@dataclass(frozen=True, slots=True, kw_only=True)
class PollRequest:
    """One feed to poll: what was configured and what is remembered. Travels to a worker."""

    spec: FeedSpec
    state: FeedState
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How long a server or a document asks to be left alone."""

    retry_after: timedelta | None = None  # RFC 9110 section 10.2.3
    max_age: timedelta | None = None  # Cache-Control, else Expires
    ttl: timedelta | None = None  # RSS ttl, sy:updatePeriod: the document's own word


class FailureKind(StrEnum):
    """Why a poll failed, told apart because each wants another mend."""

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


# ---------------------------------------------------------------------- read


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A file that belongs to an entry: a podcast's sound, a picture."""

    url: str
    type: str = ""
    length_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item of a feed, as published, made safe: plain texts are plain, HTML is sanitised."""

    key: str  # identity within the feed, never empty
    guid: str = ""  # as the feed gave it
    url: str = ""  # absolute http(s), "" where there is none
    title: str = ""  # plain text
    content: str = ""  # sanitised HTML
    summary: str = ""  # plain text of the content or summary, shortened
    published_at: datetime | None = None  # None where missing or implausible
    updated_at: datetime | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    language: str = ""
    image: str = ""
    enclosures: tuple[Enclosure, ...] = ()
    content_hash: bytes = b""  # of title, content, url, enclosures: no dates, nothing volatile
    slice_hash: bytes = b""  # of the bytes that it was read from; b"" where the cut was unsure


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFeed:
    """What a body says: the feed's own words and its entries not yet known, newest first."""

    title: str
    site_url: str
    language: str
    ttl: timedelta | None
    entries: tuple[Entry, ...]
    known: frozenset[bytes]  # hashes of every item slice; empty where the cut was unsure
    id_scheme: IdScheme
    item_count: int  # items in the document, read or already known


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadEntry:
    """An entry with the features that folding compares, encoded by `fold.features`."""

    entry: Entry
    features: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """The feed brought a body: everything needed to take it in, nothing that was known."""

    final_url: str
    moved_to: str
    validators: Validators
    freshness: Freshness
    body_hash: bytes
    feed: ReadFeed  # `feed.entries` is empty here: they are in `entries`, with features
    entries: tuple[ReadEntry, ...]
    seconds: float = 0.0


Outcome = Fetched | NotModified | Failed | Gone | Deferred


# -------------------------------------------------------------------- folded


class Relation(StrEnum):
    """What an entry is to its story."""

    LEAD = "lead"
    COPY = "copy"
    COVERAGE = "coverage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An entry as folding sees it. `entry_id` is the store's."""

    entry_id: int
    feed_id: int
    feed_url: str
    key: str
    guid: str
    url: str
    at: datetime  # published where plausible, else first seen
    features: bytes
    coverage: bool = True  # False: this entry may fold as a copy only


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The entry begins a story of its own."""

    story_id: str
    entry_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The entry joins a story, with the reason in words and a score from 0 to 1."""

    story_id: str
    entry_id: int
    relation: Relation
    reason: str
    score: float
    witness_id: int  # the member that it was matched with


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """Two stories prove to be one; the older id stays."""

    kept_id: str
    absorbed_id: str
    relation: Relation  # what the absorbed story's lead becomes
    reason: str
    score: float


StoryUpdate = Started | Joined | Merged


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An entry in its story, with the feed that it came from."""

    entry_id: int
    feed_id: int
    feed_url: str
    outlet: str  # the feed's title, the person's own where configured
    site_url: str
    entry: Entry
    first_seen_at: datetime
    last_seen_at: datetime
    relation: Relation
    reason: str
    score: float
    held: bool = False  # an old entry of a new feed: kept and folded, never published by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Entries that are copies or coverage of each other, with one lead (members[0])."""

    id: str
    first_seen_at: datetime
    members: tuple[Member, ...]

    @property
    def lead(self) -> Member:
        """Return the member that speaks for the story."""
        return self.members[0]


# ----------------------------------------------------------------- published


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A story's member as a digest lists it: who says it, where."""

    outlet: str
    title: str
    url: str
    feed_url: str
    site_url: str = ""
    relation: Relation = Relation.COVERAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One entry of a digest as it stands published: a story, or a whole edition.

    Everything a document says of it is in here, so documents are rendered from publications alone.
    """

    digest: str
    number: int  # counts up from 1 in each digest, never used twice
    id: str  # the Atom id, for ever
    story_id: str  # "" for an edition
    title: str
    url: str
    html: str  # the entry's body in the feeds: sanitised, coverage listed below it
    summary: str
    source: Mention  # the lead; for an edition, the digest itself
    mentions: tuple[Mention, ...]  # the other members
    published_at: datetime
    updated_at: datetime
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    language: str = ""
    image: str = ""
    enclosures: tuple[Enclosure, ...] = ()
    rank: float = 0.0  # for order = "top"
    stories: tuple[Publication, ...] = ()  # an edition's own stories, in order
    lead_hash: bytes = b""  # of the lead's words, to tell a real change
    lead_id: int = 0  # the store's id of the entry that leads it here, for ever


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """The span that an edition covers: from `since_at` (first seen, exclusive) to `until_at`."""

    digest: str
    due_at: datetime
    since_at: datetime | None
    until_at: datetime
    catch_up: bool = False  # more than one set time was missed


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file to publish: its path below public_dir and its bytes."""

    path: str
    body: bytes


# ------------------------------------------------------------------ reported

PollOutcomeName = Literal["fetched", "not_modified", "failed", "gone", "deferred"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PollReport:
    """What a poll of one feed came to: a row of `newsfold poll`, a line of its JSON."""

    feed: str
    outcome: PollOutcomeName
    new: int = 0
    updated: int = 0
    error: str = ""
    seconds: float = 0.0
