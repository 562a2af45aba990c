"""What the demo newsroom is made of, as frozen values. Holds no behaviour beyond its own values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

FOREVER = 1_000_000  # a round that is never reached


class Kind(StrEnum):
    """What an outlet serves under its feed address."""

    RSS = "rss"
    ATOM = "atom"
    RDF = "rdf"
    JSON = "json"
    HOSTILE = "hostile"  # RSS that tries to harm its readers
    TRUNCATED = "truncated"  # RSS that breaks off in the middle
    HTML = "html"  # a page where a feed should be
    GONE = "gone"  # answers 410


GOOD_KINDS = frozenset({Kind.RSS, Kind.ATOM, Kind.RDF, Kind.JSON})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """An invented outlet: how it is called, what it writes about and how it serves its feed."""

    name: str
    title: str
    kind: Kind
    language: str
    tags: tuple[str, ...]
    path: str  # of the feed, on the outlet's own host
    beats: tuple[str, ...] = ()  # event categories that it covers
    authors: tuple[str, ...] = ()
    weight: float = 1.0
    encoding: str = "utf-8"
    has_guids: bool = True
    is_cluttered: bool = False
    link_suffix: str = ""  # tracking that the outlet hangs on its own links
    delay_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server says to one request."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def header(self, name: str) -> str:
        """Return a header's value, "" where it is not set."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One way to tell an event."""

    headline: str
    paragraphs: tuple[str, ...]  # the first one serves as the summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened in an invented country, in several wordings."""

    label: str
    category: str
    place: str
    language: str
    wordings: tuple[Wording, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One entry of one outlet in one version; it stands in the feed for a span of rounds."""

    outlet: str
    label: str  # entries with the same label belong together
    wording: Wording
    guid: str  # "" where the outlet gives none
    link: str  # path and query below `at`
    at: str  # the outlet whose host the link leads to
    author: str
    categories: tuple[str, ...]
    published_at: datetime | None
    updated_at: datetime | None = None
    picture: str = ""  # an event's label, "" for none
    from_round: int = 0
    until_round: int = FOREVER  # exclusive

    @property
    def key(self) -> str:
        """Return what names the entry within its feed: its guid, else its link without the host."""
        return self.guid or self.link

    @property
    def summary(self) -> str:
        """Return the first paragraph."""
        return self.wording.paragraphs[0]
