"""What a document says of itself, before any of it is trusted.

Both parsers (XML and JSON) fill these values; `normalise` makes safe ones of them. Nothing here is
cleaned, resolved or bounded, and nothing here leaves the room.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RawText:
    """A text as the feed gave it. `plain`: the format says that it is no HTML."""

    value: str
    plain: bool = False
    base: str = ""  # xml:base in scope, "" for the document's own address


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEnclosure:
    """A file named by an entry, its length as written."""

    url: str
    type: str = ""
    length: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEntry:
    """One item as a parser found it."""

    guid: str = ""
    links: tuple[str, ...] = ()  # the best first; relative ones only where a link was meant
    title: RawText | None = None
    contents: tuple[RawText, ...] = ()
    summary: RawText | None = None
    published: tuple[str, ...] = ()  # texts to try in order, as written
    updated: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    language: str = ""
    images: tuple[str, ...] = ()  # the best first
    enclosures: tuple[RawEnclosure, ...] = ()
    slice_hash: bytes = b""

    @property
    def is_phantom(self) -> bool:
        """Return whether the parser made an entry of nothing (a truncated or empty item)."""
        return not (self.guid or self.links or self.title or self.contents or self.summary)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawChannel:
    """The feed's own words."""

    title: RawText | None = None
    site_url: str = ""
    base: str = ""  # xml:base in scope of it
    language: str = ""
    ttl_minutes: str = ""  # RSS <ttl>
    update_period: str = ""  # sy:updatePeriod
    update_frequency: str = ""  # sy:updateFrequency
    skip_hours: tuple[str, ...] = ()  # RSS <skipHours>, one text for each <hour>
    skip_days: tuple[str, ...] = ()
    hubs: tuple[str, ...] = ()  # WebSub
    self_url: str = ""
    prev_archive: str = ""
    next_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFeed:
    """A document taken apart: the feed's words, its unseen entries, the hashes of all slices."""

    channel: RawChannel
    entries: tuple[RawEntry, ...]
    known: frozenset[bytes] = frozenset()
    item_count: int = 0
