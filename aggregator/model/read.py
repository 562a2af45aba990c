"""What a body says: entries, made safe."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.model.polled import (
    Deferred,
    Failed,
    Freshness,
    Gone,
    IdScheme,
    NotModified,
    Validators,
)


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
    id_reason: str = ""  # why the scheme is not the one that was given, in words
    skip_hours: frozenset[int] = frozenset()  # UTC
    skip_days: frozenset[int] = frozenset()  # Monday is 0
    hubs: tuple[str, ...] = ()  # WebSub hubs that the document names, absolute
    self_url: str = ""  # the document's own word on its address, absolute
    prev_archive: str = ""  # RFC 5005: the next older document, absolute
    next_url: str = ""  # JSON Feed's next_url or RFC 5005's rel=next, absolute


@dataclass(frozen=True, slots=True, kw_only=True)
class Clutter:
    """One thing that a feed repeats around its articles."""

    mark: int  # its fingerprint, 63 bits
    text: str  # how it looked where it was found
    entries: int  # in how many of the remembered entries it stood then


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What came of the one request for an entry's own page."""

    url: str  # after redirects; "" where nothing was met
    content: str = ""  # sanitised HTML of the page's own text; "" where the feed's own stays
    error: str = ""  # why there is no content


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadEntry:
    """An entry with the features that folding compares, encoded by `fold.features`."""

    entry: Entry
    features: bytes
    page: Page | None = None  # None: its page was not asked for


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
    is_partial: bool = False  # what it leaves out is not gone (226, a push, a cut-off body)
    archived: tuple[ReadEntry, ...] = ()  # of older documents: not in the feed's own any more
    pieces: bytes | None = None  # what the newest entries consist of; None: not looked at
    clutter: tuple[Clutter, ...] = ()  # newly found
    seconds: float = 0.0


Outcome = Fetched | NotModified | Failed | Gone | Deferred
