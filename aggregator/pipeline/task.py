"""What travels between a worker and its reading processes.

Apart from both ends, so that a worker, which reads nothing itself, loads no parser: 65 ms a start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.model import Clutter, Entry, IdScheme, Page, ReadEntry, ReadFeed


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTask:
    """A body to read, and what is known of its feed."""

    body: bytes
    base_url: str
    content_type: str
    known: frozenset[bytes]
    id_scheme: IdScheme
    now: datetime
    language: str = ""  # that the feed was known to be in
    pieces: bytes | None = None  # of the feed's newest entries; None: its clutter stays
    clutter: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A body that was read. `feed.entries` is empty: they are in `entries`, with features."""

    feed: ReadFeed
    entries: tuple[ReadEntry, ...]
    pieces: bytes | None = None
    clutter: tuple[Clutter, ...] = ()  # newly found


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTask:
    """An entry's own page to find a text in."""

    body: bytes
    url: str  # where it was met
    content_type: str
    entry: Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReading:
    """What came of a page, with the features of the entry as the page tells it."""

    page: Page
    features: bytes | None = None  # None: the page gives no text
