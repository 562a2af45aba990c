"""What the person configured: feeds, digests, manners, places."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import StrEnum

from aggregator.model.filters import Filter


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


class Images(StrEnum):
    """Where the pictures on pages come from."""

    PROXY = "proxy"  # our own host, which fetched each once
    DIRECT = "direct"  # the outlets' hosts, which learn who reads
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Where things lie and how the service is reached. Paths are absolute."""

    data_dir: str
    public_dir: str
    public_url: str  # without a trailing slash
    listen: str  # "host:port"
    contact: str
    hubs: tuple[str, ...] = ()  # WebSub hubs that are told of changes; readers subscribe there
    own_hub: bool = False  # whether the service is a WebSub hub for its own feeds
    images: Images = Images.PROXY
    search: bool = False  # whether the service answers searches, and pages have a form for them


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
    max_redirects: int = 5
    max_headers_bytes: int = 64_000  # of one answer's head
    read_time: timedelta = timedelta(seconds=10)  # for reading one document, in a process apart
    read_memory_bytes: int = 512_000_000  # address space of that process
    connections_per_host: int = 1  # feeds of one host that are asked at a time
    archives: int = 10  # documents of a new feed's history (RFC 5005, next_url); 0: none
    push: bool = True  # subscribe to feeds' WebSub hubs where public_url can be reached


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
    owner: str = ""  # feeds of one owner are one voice when stories are ranked; "": by their site
    full_text: bool = False
    clutter: bool = True  # whether what the feed repeats around its articles is cut
    coverage: bool = True
    include: tuple[Filter, ...] = ()
    exclude: tuple[Filter, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    proxy: str = ""
    allow_private_addresses: bool | tuple[str, ...] = False  # beside `Polling`'s, for this feed

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
    half_life: timedelta = timedelta(hours=8)  # so much later counts like twice the importance
    cap: int = 3  # of any ten stories by rank, how many one feed may lead
    include: tuple[Filter, ...] = ()
    exclude: tuple[Filter, ...] = ()
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
